"""Rewards by TRL's trainer, started from a recipe; the reward here is the length of an answer."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("trl")

from finetune import grpo, metrics
from finetune.errors import FinetuneError
from finetune.recipe import parse
from finetune.tokens import encode
from tests.unit.finetune.test_dpo import write
from tests.unit.finetune.test_train import weights

Make = Callable[..., Any]
COLUMNS = ("problem_id", "tests", "language?")
ROWS = [
    {"prompt": "### Program:\n</s>a;\n", "problem_id": "p1", "tests": [0, 2], "form": "plain"},
    {"prompt": "### Program:\nb;\n", "problem_id": "p2", "language": "python",
     "tests": [{"input": "1", "output": "2"}, 7]},
]  # fmt: skip


@pytest.fixture
def make(tmp_path: Path, tiny: Path) -> Make:
    def made(**changes: Any) -> Any:
        document = {
            "objective": "grpo",
            "model": str(tiny),
            "train": str(write(tmp_path / "prompts.jsonl", ROWS)),
            "output": str(tmp_path / "run"),
            "method": "lora",
            "lora": {"rank": 4},
            "batch": 8,
            "micro_batch": 8,
            "answers": 4,
            "max_new_tokens": 6,
            "epochs": 2,
            "learning_rate": 1e-2,
            "warmup_steps": 0,
            "precision": "fp32",
            "launch": {"device": "cpu"},
        }
        return parse({**document, **changes})

    return made


def test_the_reward_gets_a_rows_fields_as_they_stand_and_some_steps_are_taken(
    make: Make, tmp_path: Path, tiny: Path
) -> None:
    calls: list[dict[str, Any]] = []

    def reward(completions: Any, log_metric: Any, **columns: Any) -> list[float | None]:
        calls.append(columns)
        log_metric("speed/accepted", 0.5)
        return [None, *(float(len(one)) for one in completions[1:])]

    said: list[str] = []
    folder = grpo.train(make(), reward, COLUMNS, said.append)
    assert "training: 2 prompts, 4 answers to each" in said
    assert folder == tmp_path / "run/adapter"
    seen = {
        (name, json.dumps(tests), language)
        for one in calls
        for name, tests, language in zip(
            one["problem_id"], one["tests"], one["language"], strict=True
        )
    }
    assert seen == {
        ("p1", "[0, 2]", None),
        ("p2", '[{"input": "1", "output": "2"}, 7]', "python"),
    }
    lines = metrics.read(tmp_path / "run/metrics.jsonl")
    assert [line["step"] for line in lines] == [1, 2]
    assert all(line["reward"] > 0 and line["speed/accepted"] == 0.5 for line in lines)
    assert max(float(v.abs().max()) for n, v in weights(folder).items() if "lora_B" in n) > 0


def test_a_prompt_is_the_tokens_of_supervised_training(tiny: Path) -> None:
    from finetune.model import load_tokenizer
    from finetune.rows import Row

    tokenizer = load_tokenizer(tiny)
    for row in ROWS:
        ((wanted, _),) = encode([Row(row["prompt"], "x")], tokenizer)
        assert grpo.ids(tokenizer, row["prompt"]) == wanted.ids[: wanted.prompt].tolist()
    tokenizer.chat_template = (
        "{% for m in messages %}<s>{{ m.role }}\n{{ m.content }}</s>\n{% endfor %}"
        "{% if add_generation_prompt %}<s>assistant\n{% endif %}"
    )
    messages = (("user", "make </s> fast"),)
    ((wanted, _),) = encode([Row("", "x", "", messages)], tokenizer)
    asked = [{"role": role, "content": said} for role, said in messages]
    assert grpo.ids(tokenizer, asked) == wanted.ids[: wanted.prompt].tolist()


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"prompt": "a", "tests": [0]}, ":1 has no problem_id, which the reward needs"),
        ({"problem_id": "p", "tests": [0]}, ":1 has no prompt"),
        ({"prompt": [{"role": "user"}], "problem_id": "p", "tests": [0]}, "role and content"),
    ],
)
def test_a_row_that_cannot_be_asked_is_one_sentence(
    make: Make, tmp_path: Path, row: dict[str, Any], told: str
) -> None:
    path = write(tmp_path / "odd.jsonl", [row])
    with pytest.raises(FinetuneError, match=told):
        grpo.train(make(train=str(path)), lambda *_, **__: [], COLUMNS)


def test_a_batch_holds_whole_groups_of_answers(make: Make, make_recipe: Any) -> None:
    with pytest.raises(FinetuneError, match="batch 6 is no multiple of answers 4"):
        make(batch=6, micro_batch=3)
    with pytest.raises(FinetuneError, match=r"did you mean reward\.cap"):
        make(reward={"cpa": 3})
    with pytest.raises(FinetuneError, match="objective is not grpo"):
        grpo.objective(make_recipe())
