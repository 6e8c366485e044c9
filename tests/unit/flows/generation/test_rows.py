"""`pie generate` on the rows of `pie finetune data --sampling`: each is asked as it says."""

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pie.core.problem import InputError
from pie.core.prompting.prompt_plan import plan_prompts, read_prompt
from pie.core.prompting.prompts import Form, Strategy
from pie.core.training.formats import Format
from pie.flows.finetuning.data import Request, run
from pie.flows.generation.options import open_asked
from pie.flows.generation.settings import Settings
from tests.unit.flows.finetuning.test_data import pair, write

TAGS = (10, 9, 8)


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    return write(tmp_path / "pairs.jsonl", [pair(number) for number in range(4)])


def chosen(rows: Path, **changes: Any) -> Settings:
    return replace(Settings(rows, model=f"replay:{rows}", samples=1, max_new_tokens=8), **changes)


def prompts(rows: Path, **changes: Any) -> list[Any]:
    asked = open_asked(chosen(rows, **changes))
    out = io.BytesIO()
    plan = plan_prompts(asked.pairs, asked.prompting, out, limit=asked.limit)
    assert not plan.left_out
    return [read_prompt(line)[0] for line in out.getvalue().splitlines()]


@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize("kind", [Format.PLAIN, Format.PERF_CONDITIONED, Format.ECCO])
def test_rows_are_asked_with_their_own_prompt(
    pairs: Path, tmp_path: Path, form: Form, kind: Format
) -> None:
    tags = TAGS if kind is Format.PERF_CONDITIONED else ()
    rows = tmp_path / "rows.jsonl"
    run(Request(pairs, rows, kind, tags, sampling=True, form=form))
    held = [json.loads(line) for line in rows.read_text().splitlines()]
    asked = prompts(rows)
    assert len(asked) == len(held) == 4 * max(1, len(tags))
    for prompt, row in zip(asked, held, strict=True):
        messages = [{"role": one.role, "content": one.content} for one in prompt.messages]
        assert (messages or prompt.text) == row["prompt"]
        assert list(prompt.stop) == row["stop"]
    assert len(prompts(rows, limit=2)) == 2


def test_the_strategy_is_that_of_the_rows_and_contradictions_are_refused(
    pairs: Path, tmp_path: Path
) -> None:
    rows = tmp_path / "rows.jsonl"
    run(Request(pairs, rows, Format.PERF_CONDITIONED, TAGS, sampling=True))
    strategy = open_asked(chosen(rows)).prompting.strategy
    assert strategy is Strategy.PERF_CONDITIONED
    assert open_asked(chosen(rows, strategy="rows")).prompting.strategy is strategy
    for changes, told in (
        ({"strategy": "instruction"}, "hold prompts for perf-conditioned"),
        ({"form": "chat"}, "in plain form, and --form says chat"),
        ({"score": 9}, "--score cannot change these"),
    ):
        with pytest.raises(InputError, match=told):
            open_asked(chosen(rows, **changes))
    with pytest.raises(InputError, match="holds no prompt"):
        open_asked(chosen(pairs, strategy="rows"))
    assert open_asked(chosen(pairs)).prompting.strategy is Strategy.INSTRUCTION


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"prompt": 3}, "is no text"),
        ({"form": "spoken"}, "neither plain nor chat"),
        ({"form": "chat"}, "no list of messages"),
        ({"stop": "x"}, "stop is no list"),
        ({"prompt": "\ud800"}, "half a character"),
    ],
)
def test_a_row_with_a_broken_prompt_is_left_out_with_the_reason(
    pairs: Path, tmp_path: Path, change: dict[str, Any], told: str
) -> None:
    rows = tmp_path / "rows.jsonl"
    run(Request(pairs, rows, sampling=True))
    held = [json.loads(line) for line in rows.read_text().splitlines()]
    write(rows, [held[0], {**held[1], **change}])
    asked = open_asked(chosen(rows))
    plan = plan_prompts(rows, asked.prompting, io.BytesIO())
    (left_out,) = plan.left_out
    assert told in left_out.reason
