"""`objective: grpo` as `pie finetune run` starts it: a recipe, prompts of pairs, measured speed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

pytest.importorskip("trl")

from finetune import metrics
from pie.flows.finetuning import finetune as flow
from pie.rewards import grpo
from sim.machines.cachegrind import Cachegrind
from tests.unit.finetune.conftest import make_model
from tests.unit.rewards.test_speed import FAST, SLOW, TESTS, WRONG


def recipe(folder: Path, **changes: Any) -> Path:
    row = {"prompt": "### Program:\n", "problem_id": "sums", "src_code": SLOW, "tests": TESTS}
    (folder / "prompts.jsonl").write_text(json.dumps(row) + "\n")
    document = {
        "objective": "grpo", "model": str(make_model(folder / "tiny")), "method": "lora",
        "train": str(folder / "prompts.jsonl"), "output": str(folder / "run"),
        "batch": 4, "micro_batch": 4, "answers": 4, "max_new_tokens": 4, "epochs": 2,
        "learning_rate": 1e-2, "warmup_steps": 0, "precision": "fp32", "lora": {"rank": 2},
        "reward": {"machine": "counts", "jobs": 1}, "launch": {"device": "cpu"},
    }  # fmt: skip
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump({**document, **changes}))
    return path


def test_the_line_starts_the_script_that_has_the_reward(tmp_path: Path) -> None:
    planned = flow.plan(str(recipe(tmp_path)), {}, [], None)
    assert "--module pie.rewards.grpo" in planned.line
    dpo = flow.plan("dpo-lora", {"model": "m", "train": "t", "output": "o"}, [], None)
    assert "--module finetune.dpo dpo-lora" in dpo.line


def test_a_reward_that_cannot_be_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = recipe(tmp_path, reward={"machine": "abacus"})
    assert grpo.main([str(path)]) == 1
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith("finetune: ")
    assert "abacus" in said


@pytest.mark.slow
@pytest.mark.prove
@pytest.mark.skipif(not Cachegrind().check().ok, reason="valgrind is not installed")
def test_answers_are_measured_and_steps_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The tiny model writes no program, so answers are put in the place of what it wrote."""
    from pie.rewards.speed import SpeedReward

    monkeypatch.setenv("PIE_CACHE", str(tmp_path / "cache"))
    original = SpeedReward.__call__

    def answered(self: SpeedReward, completions: Any, *given: Any, **rest: Any) -> Any:
        return original(self, [FAST, SLOW, WRONG, "nothing"], *given, **rest)

    monkeypatch.setattr(SpeedReward, "__call__", answered)
    assert grpo.main([str(recipe(tmp_path))]) == 0, capsys.readouterr().err
    lines = metrics.read(tmp_path / "run/metrics.jsonl")
    assert [line["step"] for line in lines] == [1, 2]
    assert all(line["speed/accepted"] == 0.5 for line in lines), "two of four"
    assert all(line["speed/speedup"] > 1 for line in lines)
    assert (tmp_path / "run/adapter/adapter_model.safetensors").is_file()
