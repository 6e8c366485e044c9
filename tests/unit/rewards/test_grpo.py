"""The reward within TRL's own trainer: its columns come in, its rewards go out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pie.rewards import speed_reward
from sim.machines.cachegrind import Cachegrind
from tests.unit.finetune.conftest import make_model
from tests.unit.rewards.test_speed import FAST, SLOW, TAMPERING, TESTS, WRONG

pytestmark = [
    pytest.mark.slow,
    pytest.mark.prove,
    pytest.mark.skipif(not Cachegrind().check().ok, reason="valgrind is not installed"),
]


def test_trls_trainer_takes_the_reward_and_leaves_out_what_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tiny model writes no program, so answers are put in the place of what it wrote."""
    trl = pytest.importorskip("trl")
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer

    monkeypatch.setenv("PIE_CACHE", str(tmp_path / "cache"))
    folder = make_model(tmp_path / "tiny")
    row = {"prompt": "### Program:\n", "problem_id": "sums", "src_code": SLOW, "tests": TESTS}
    no_source = {**row, "problem_id": "wrong-source", "src_code": WRONG}
    answers = {"sums": [FAST, SLOW, WRONG, TAMPERING], "wrong-source": [FAST] * 4}
    returned: list[tuple[str, float | None]] = []

    with speed_reward(machine="cachegrind", trust_programs=True, jobs=2) as reward:

        def rewarded(completions: Sequence[str], problem_id: list[str], **rest: Any) -> Any:
            waiting = {name: iter(texts) for name, texts in answers.items()}
            texts = [next(waiting[name]) for name in problem_id]
            found = reward(texts, problem_id=problem_id, **rest)
            returned.extend(zip(problem_id, found, strict=True))
            return found

        trainer = trl.GRPOTrainer(
            model=AutoModelForCausalLM.from_pretrained(folder),
            processing_class=AutoTokenizer.from_pretrained(folder, padding_side="left"),
            reward_funcs=[rewarded],
            train_dataset=Dataset.from_list([row, no_source]),
            args=trl.GRPOConfig(
                output_dir=str(tmp_path / "out"),
                max_steps=1,
                per_device_train_batch_size=8,
                num_generations=4,
                max_completion_length=4,
                use_cpu=True,
                bf16=False,
                gradient_checkpointing=False,
                logging_steps=1,
                save_strategy="no",
                report_to="none",
                disable_tqdm=True,
            ),
        )
        with pytest.warns(RuntimeWarning, match="wrong-source is not accepted"):
            trainer.train()

    fast, *others = [one for name, one in returned if name == "sums"]
    assert fast is not None
    assert fast > 1.5
    assert others == [1.0, 0.0, 0.0], "as fast, wrong, tampering"
    assert [one for name, one in returned if name == "wrong-source"] == [None] * 4
    (logged,) = [line for line in trainer.state.log_history if "reward" in line]
    assert logged["reward"] == pytest.approx((fast + 1) / 4), "without those that have none"
    assert logged["speed/accepted"] == pytest.approx(2 / 4), "of those that have a reward"
    assert math.isfinite(logged["grad_norm"])
