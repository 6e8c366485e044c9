"""Preferences by TRL's trainer, started from a recipe."""

import json
import os
import random
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("trl")

from finetune import checkpoint, dpo, metrics, tokens
from finetune.errors import Ended, FinetuneError
from finetune.kinds import Dpo
from finetune.merge import merge
from finetune.recipe import parse
from finetune.rows import Row
from finetune.train import train as supervised
from tests.unit.finetune.test_train import weights

Make = Callable[..., Dpo]


def preference(n: int, **changes: Any) -> dict[str, Any]:
    row = {
        "prompt": f"### Program:\na{n};\n### Optimized Version:\n",
        "chosen": f"fast{n};\n",
        "rejected": f"slow{n};\n",
        "form": "plain",
    }
    return {**row, **changes}


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def make(tmp_path: Path, tiny: Path) -> Make:
    def made(**changes: Any) -> Any:
        document = {
            "objective": "dpo",
            "model": str(tiny),
            "train": str(write(tmp_path / "preferences.jsonl", [preference(n) for n in range(8)])),
            "output": str(tmp_path / "run"),
            "method": "lora",
            "lora": {"rank": 4},
            "batch": 4,
            "micro_batch": 2,
            "epochs": 2,
            "learning_rate": 1e-2,
            "warmup_steps": 0,
            "max_tokens": 120,
            "precision": "fp32",
            "launch": {"device": "cpu"},
        }
        return parse({**document, **changes})

    return made


def test_a_few_steps_raise_the_margin_and_the_adapter_merges(make: Make, tmp_path: Path) -> None:
    recipe = make(eval=make().train, evaluate_every=2)
    said: list[str] = []
    steps: list[int] = []
    folder = dpo.train(recipe, said.append, lambda step, loss: steps.append(step))
    assert folder == tmp_path / "run/adapter"
    assert steps == [1, 2, 3, 4]
    assert "training: 8 preferences of up to 120 tokens" in said
    lines = metrics.read(tmp_path / "run/metrics.jsonl")
    margins = [one["rewards/margins"] for one in lines if "rewards/margins" in one]
    assert margins[-1] > margins[0]
    assert any("eval_loss" in one for one in lines)
    assert all("lora_" in name for name in weights(folder))
    assert max(float(v.abs().max()) for n, v in weights(folder).items() if "lora_B" in n) > 0
    merged = merge(tmp_path / "run", tmp_path / "merged")
    assert (merged.folder / "prompt_form.json").is_file()
    again: list[str] = []
    dpo.train(recipe, again.append)
    assert "going on after step 4" in again


def test_the_trainer_reads_the_tokens_of_supervised_training(
    make: Make, tiny: Path, tmp_path: Path
) -> None:
    from finetune.model import load_tokenizer

    special = preference(0, prompt="### Program:\n</s>x\n", chosen="y</s>;\n")
    path = write(tmp_path / "special.jsonl", [special])
    tokenizer = load_tokenizer(tiny)
    _, (made,) = dpo._read(path, tokenizer, make(), "training", lambda _: None)
    ((wanted, _),) = tokens.encode([Row(special["prompt"], special["chosen"])], tokenizer)
    assert made["prompt_ids"] + made["chosen_ids"] == wanted.ids.tolist()
    assert len(made["prompt_ids"]) == wanted.prompt
    assert made["chosen_ids"].count(tokenizer.eos_token_id) == 1, "its end, not what it spells"


def test_sigterm_saves_and_the_resumed_run_is_the_uninterrupted_one(
    make: Make, tmp_path: Path
) -> None:
    dpo.train(make(output=str(tmp_path / "through"), method="full", save_every=99))

    def told(step: int, _: float) -> None:
        if step == 1:
            os.kill(os.getpid(), signal.SIGTERM)

    broken = make(output=str(tmp_path / "broken"), method="full", save_every=99)
    with pytest.raises(Ended, match="after step 2, whose checkpoint is written"):
        dpo.train(broken, after_step=told)
    said: list[str] = []
    dpo.train(broken, said.append)
    assert "going on after step 2" in said
    curves = [
        [one["loss"] for one in metrics.read(tmp_path / name / "metrics.jsonl") if "loss" in one]
        for name in ("broken", "through")
    ]
    assert len(curves[0]) == 4
    assert curves[0] == pytest.approx(curves[1], abs=1e-6)


def test_a_checkpoint_that_was_cut_off_or_of_another_recipe_is_not_gone_on_from(
    make: Make, tmp_path: Path
) -> None:
    dpo.train(make(save_every=2, epochs=2))
    last = checkpoint.all_of(tmp_path / "run")[-1]
    assert last.name == "checkpoint-4"
    (last / checkpoint.MANIFEST).unlink()
    said: list[str] = []
    with pytest.raises(FinetuneError, match=r"checkpoint-2 was trained with beta = 0\.1"):
        dpo.train(make(save_every=2, beta=0.2))
    dpo.train(make(save_every=2), said.append)
    assert "going on after step 2" in said


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"prompt": "a", "completion": "b"}, "has no chosen and rejected"),
        (preference(0, rejected=None), ":1 has no rejected"),
        (preference(0, rejected="fast0;\n"), "the same chosen and rejected"),
        (preference(0, chosen=3), "a chosen that is not a string"),
        (preference(0, form="chat"), "says that its form is 'chat'"),
    ],
)
def test_a_row_that_is_no_preference_is_one_sentence(
    make: Make, tmp_path: Path, row: dict[str, Any], told: str
) -> None:
    path = write(tmp_path / "odd.jsonl", [row])
    with pytest.raises(FinetuneError, match=told) as raised:
        dpo.train(make(train=str(path)))
    assert "\n" not in str(raised.value)


def test_rows_that_are_too_long_are_left_out_whole(make: Make, tmp_path: Path) -> None:
    numbers = random.Random(0)
    long = preference(9, chosen="".join(f"x{numbers.random()};\n" for _ in range(40)))
    path = write(tmp_path / "long.jsonl", [preference(0), long])
    said: list[str] = []
    dpo.train(make(train=str(path), batch=2, micro_batch=1, max_steps=1), said.append)
    assert "training: 1 preferences of up to 120 tokens; 1 longer ones were left out whole" in said
    only = write(tmp_path / "only.jsonl", [long])
    with pytest.raises(FinetuneError, match="none of the 1 rows"):
        dpo.train(make(train=str(only)))


def test_a_recipe_of_another_objective_is_refused(make: Make, make_recipe: Any) -> None:
    with pytest.raises(FinetuneError, match="objective is not dpo"):
        dpo.train(make_recipe())
    with pytest.raises(FinetuneError, match="objective is dpo, and this trains by sft"):
        supervised(make())
