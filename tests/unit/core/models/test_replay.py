"""Recorded answers: by prompt or by row, and what is said when there is none."""

import json
from pathlib import Path
from typing import Any

import pytest

from pie.core.models import Answer, Failure, ModelError, ModelOptions, Request, Sampling, open_model
from pie.core.models.replay import identity_of, row_identity
from pie.core.prompting.prompts import Form, Strategy, render
from pie.core.rows import parse_row

PROMPT = render(Strategy.INSTRUCTION, Form.PLAIN, "int main() {}")
ROW = row_identity("p1", "s1", None, "int main() {}")


def ask(path: Path, *lines: Any, samples: int = 2) -> list[Answer | Failure]:
    path.write_text("\n".join(json.dumps(one) for one in lines) + "\n")
    model = open_model(f"replay:{path}", ModelOptions())
    wanted = [Request(f"{k:032x}", PROMPT, k, k, ROW) for k in range(samples)]
    return [one for batch in model.answers(wanted, Sampling()) for one in batch]


def test_the_answers_of_an_earlier_run_are_found_by_prompt_and_sample(tmp_path: Path) -> None:
    line = {"prompt_sha": PROMPT.digest, "sample": 1, "text": "hello", "finish_reason": "length"}
    missing, found = ask(tmp_path / "a.jsonl", line)
    assert isinstance(missing, Failure)
    assert isinstance(found, Answer)
    assert (found.text, found.finish_reason) == ("hello", "length")


@pytest.mark.parametrize("answers", [["a", "b"], "['a', 'b']"])
def test_the_answers_of_a_row_are_found_by_its_ids(tmp_path: Path, answers: Any) -> None:
    row = {"problem_id": "p1", "src_id": "s1", "src_code": "x", "generated_answers": answers}
    got = ask(tmp_path / "a.jsonl", row)
    assert [one.text for one in got if isinstance(one, Answer)] == ["a", "b"]


def test_rows_of_two_models_under_the_same_ids_are_not_answered_by_the_first_one(
    tmp_path: Path,
) -> None:
    row = {"problem_id": "p1", "src_id": "s1", "src_code": "x"}
    lines = [{**row, "generated_answers": answers} for answers in (["a", "b"], ["a", "c"])]
    same, other = ask(tmp_path / "a.jsonl", *lines, lines[0])
    assert isinstance(same, Answer)
    assert same.text == "a"
    assert isinstance(other, Failure)
    assert other.reason == "the file has several different answers to it"


def test_of_rows_of_several_models_the_one_that_asks_gets_its_own_models_answers(
    tmp_path: Path,
) -> None:
    row = {"problem_id": "p1", "src_id": "s1", "src_code": "x", "tgt_code": "y", "tests": []}
    lines = [{**row, "model": name, "generated_answers": [f"by {name}"]} for name in ("a", "b")]
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)) + "\n")
    model = open_model(f"replay:{path}", ModelOptions())
    for line in lines:
        asks = identity_of(parse_row(json.dumps({**line, "tests": [0]}).encode()))
        (batch,) = model.answers([Request("0" * 32, PROMPT, 0, 0, asks)], Sampling())
        assert [one.text for one in batch if isinstance(one, Answer)] == [f"by {line['model']}"]


def test_answers_of_two_runs_to_the_same_prompt_are_not_mixed_up(tmp_path: Path) -> None:
    line = {"prompt_sha": PROMPT.digest, "sample": 0}
    one, other = {**line, "text": "a"}, {**line, "text": "b"}
    assert isinstance(ask(tmp_path / "a.jsonl", one, other, samples=1)[0], Failure)
    assert isinstance(ask(tmp_path / "a.jsonl", one, {**one}, samples=1)[0], Answer)


def test_of_rows_with_one_prompt_each_gets_the_answer_that_was_recorded_for_it(
    tmp_path: Path,
) -> None:
    line = {"prompt_sha": PROMPT.digest, "sample": 0}
    lines = [{**line, "row": "another", "text": "a"}, {**line, "row": ROW, "text": "b"}]
    (got,) = ask(tmp_path / "a.jsonl", *lines, samples=1)
    assert isinstance(got, Answer)
    assert got.text == "b"


@pytest.mark.parametrize("line", [[], {"generated_answers": ["x"]}, {"text": "x"}, "x"])
def test_a_line_that_is_no_recorded_answer_is_named(tmp_path: Path, line: Any) -> None:
    with pytest.raises(ModelError, match=r"a.jsonl:1: not a line of recorded answers"):
        ask(tmp_path / "a.jsonl", line)


@pytest.mark.parametrize("answers", [5, {"a": "b"}, ["x", 5], [["x"]]])
def test_a_row_whose_answers_are_no_texts_is_named(tmp_path: Path, answers: Any) -> None:
    line = {"problem_id": "p", "src_code": "", "generated_answers": answers}
    with pytest.raises(ModelError, match=r"a.jsonl:1: not a line of recorded answers"):
        ask(tmp_path / "a.jsonl", line)


@pytest.mark.parametrize(
    "wrong",
    [{"text": None}, {"text": 5}, {"tokens_in": "7"}, {"tokens_out": -1}, {"finish_reason": []}],
)
def test_a_recorded_answer_with_values_of_another_type_is_refused_and_no_text_is_made_of_them(
    tmp_path: Path, wrong: dict[str, Any]
) -> None:
    line = {"prompt_sha": PROMPT.digest, "sample": 0, "text": "x", "finish_reason": None}
    assert isinstance(ask(tmp_path / "a.jsonl", line, samples=1)[0], Answer)
    with pytest.raises(ModelError, match="not a line of recorded answers"):
        ask(tmp_path / "a.jsonl", {**line, **wrong})


@pytest.mark.parametrize("spec", ["gpt-4", "openai:", "unknown:x", ":x"])
def test_a_model_is_named_by_backend_and_name(spec: str) -> None:
    with pytest.raises(ModelError, match="not of the form backend:name"):
        open_model(spec, ModelOptions())
