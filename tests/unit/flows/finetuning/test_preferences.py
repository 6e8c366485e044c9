"""`pie finetune preferences`: rows of a run to rows for DPO."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pie.cli.app import app
from pie.core.problem import InputError
from pie.core.prompting.prompts import Form, Strategy, render
from pie.core.training.formats import Format
from pie.core.training.preferences import Rules
from pie.flows.finetuning.preferences import Request, build


def measured(codes: list[str | None], seconds: list[float | None], **fields: Any) -> dict[str, Any]:
    generations = [
        {"verdict": "accepted" if time else "wrong_answer", "agg_runtime": time} for time in seconds
    ]
    made = {
        "src_id": "s",
        "tgt_id": "t",
        "problem_id": "p",
        "src_code": "int main() {}\n",
        "tgt_code": "",
        "tests": [0],
        "src_verdict": "accepted",
        "src_agg_runtime": 8.0,
        "tgt_verdict": "accepted",
        "tgt_agg_runtime": 1.0,
        "generated_answers": codes,
        "generations": generations,
        "sampling": {"strategy": "finetuned"},
    }
    return {**made, **fields}


def run_folder(path: Path, *rows: dict[str, Any]) -> Path:
    path.mkdir()
    (path / "pairs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (path / "manifest.json").write_text(json.dumps({"machine": {"name": "cachegrind"}}))
    return path


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("answers", [{"a": 1, "b": 2}, [1, 2]])
def test_answers_that_are_no_texts_are_told_with_their_line(tmp_path: Path, answers: Any) -> None:
    run = run_folder(tmp_path / "run", measured(["slow", "fast"], [4.0, 1.0]))
    row = measured(answers, [4.0, 1.0])
    (run / "pairs.jsonl").write_text(json.dumps(row) + "\n")
    with pytest.raises(InputError, match=r"pairs\.jsonl:1: "):
        build(Request(run, tmp_path / "out.jsonl", Rules()))


@pytest.mark.parametrize("source", [None, 5])
def test_a_row_without_its_source_is_told_with_its_line(tmp_path: Path, source: Any) -> None:
    row = measured(["slow", "fast"], [4.0, 1.0], src_code=source)
    with pytest.raises(InputError, match=r"pairs\.jsonl:1: src_code is not a text"):
        build(Request(run_folder(tmp_path / "run", row), tmp_path / "out.jsonl", Rules()))


def test_a_run_without_its_manifest_is_told_before_anything_is_written(tmp_path: Path) -> None:
    run = run_folder(tmp_path / "run", measured(["slow", "fast"], [4.0, 1.0]))
    (run / "manifest.json").unlink()
    with pytest.raises(InputError, match=r"manifest\.json cannot be read"):
        build(Request(run, tmp_path / "out.jsonl", Rules()))
    assert not (tmp_path / "out.jsonl").exists()


def test_somebody_elses_file_is_not_written_over(tmp_path: Path) -> None:
    run = run_folder(tmp_path / "run", measured(["slow", "fast"], [4.0, 1.0]))
    before = (run / "pairs.jsonl").read_bytes()
    with pytest.raises(InputError, match="an input of this step"):
        build(Request(run, run / "pairs.jsonl", Rules()))
    (tmp_path / "mine.jsonl").write_text("mine\n")
    with pytest.raises(InputError, match="was not made by this command"):
        build(Request(run, tmp_path / "mine.jsonl", Rules()))
    assert (run / "pairs.jsonl").read_bytes() == before
    assert (tmp_path / "mine.jsonl").read_text() == "mine\n"


def test_the_prompt_is_the_one_that_the_answers_were_sampled_with(tmp_path: Path) -> None:
    run = run_folder(tmp_path / "run", measured(["slow", "fast", "wrong"], [4.0, 1.0, None]))
    manifest = build(Request(run, tmp_path / "out.jsonl", Rules()))
    (row,) = read(tmp_path / "out.jsonl")
    assert row["prompt"] == render(Strategy.FINETUNED, Form.PLAIN, "int main() {}\n").text
    assert (row["chosen"], row["rejected"], row["ratio"]) == ("fast", "slow", 4.0)
    assert manifest["preferences"] == 1
    assert manifest["machine"] == {"name": "cachegrind"}


def test_the_tagged_prompt_can_be_asked_for(tmp_path: Path) -> None:
    run = run_folder(tmp_path / "run", measured(["slow", "fast"], [4.0, 1.0]))
    out = tmp_path / "out.jsonl"
    build(Request(run, out, Rules(), Format.PERF_CONDITIONED, score=9))
    assert "score 9/10" in read(out)[0]["prompt"]


def test_rows_without_a_preference_are_counted(tmp_path: Path) -> None:
    rows = [measured(["a", "b"], [1.0, 1.05]), measured(["a", "b"], [1.0, 3.0])]
    run = run_folder(tmp_path / "run", *rows)
    manifest = build(Request(run, tmp_path / "out.jsonl", Rules()))
    (counts,) = manifest["counts"]
    assert (counts["in"], counts["out"]) == (2, 1)
    assert counts["left_out"] == {"no_two_answers_far_enough_apart": 1}


def test_an_answer_without_a_program_is_never_a_side(tmp_path: Path) -> None:
    run = run_folder(tmp_path / "run", measured([None, "fast", "wrong"], [None, 1.0, None]))
    build(Request(run, tmp_path / "out.jsonl", Rules(failed=True)))
    assert [row["rejected"] for row in read(tmp_path / "out.jsonl")] == ["wrong"]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (measured(["a", "b"], [1.0, 1.0]), "has a faster answer"),
        (measured(["a"], [1.0, 3.0]), "1 answers, but 2 were measured"),
        (measured(["a", "b"], [1.0, 3.0], sampling={}), "does not say how"),
        (measured(["a", "b"], [1.0, 3.0], sampling={"strategy": "cot"}), "strategy cot"),
        (measured(["a", "b"], [1.0, 3.0], language="Rust"), "Rust"),
        (measured(["a", "b"], [1.0, 3.0], src_verdict="fine"), "not a verdict"),
    ],
)
def test_a_run_that_gives_none_is_told_why(tmp_path: Path, row: dict[str, Any], told: str) -> None:
    run = run_folder(tmp_path / "run", row)
    with pytest.raises(InputError, match=told):
        build(Request(run, tmp_path / "out.jsonl", Rules()))
    assert not (tmp_path / "out.jsonl").exists()


def test_the_command_says_what_it_wrote(tmp_path: Path) -> None:
    run = run_folder(tmp_path / "run", measured(["slow", "fast"], [4.0, 1.0]))
    words = ["finetune", "preferences", str(run), "--out", str(tmp_path / "out.jsonl")]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0
    assert "wrote 1 preferences of 1 rows" in result.stdout
    assert json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)["preferences"] == 1


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--min-ratio", "1"], "not above 1"),
        (["--format", "ecco"], "plain or perf-conditioned"),
        (["--format", "poem"], "not known"),
    ],
)
def test_options_that_mean_nothing_end_with_one_sentence(
    tmp_path: Path, more: list[str], told: str
) -> None:
    run = run_folder(tmp_path / "run", measured(["slow", "fast"], [4.0, 1.0]))
    words = ["finetune", "preferences", str(run), "--out", str(tmp_path / "out.jsonl"), *more]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 1
    assert told in result.stderr


def test_a_folder_that_is_no_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no run of `pie simulate`"):
        build(Request(tmp_path, tmp_path / "out.jsonl", Rules()))


def test_preferences_are_in_the_form_and_with_the_prompt_of_the_sampling(tmp_path: Path) -> None:
    sampling = {"strategy": "finetuned", "form": "chat"}
    chat = measured(["slow", "fast"], [4.0, 1.0], sampling=sampling)
    held = {"prompt": "its own prompt", "form": "plain", "format": "ecco", "stop": []}
    own = measured(["slow", "fast"], [4.0, 1.0], sampling={"strategy": "rows"}, **held)
    out = tmp_path / "out.jsonl"
    build(Request(run_folder(tmp_path / "run", chat, own), out, Rules()))
    first, second = read(out)
    assert [one["role"] for one in first["prompt"]] == ["system", "user"]
    assert first["chosen"] == [{"role": "assistant", "content": "fast"}]
    assert (second["prompt"], second["chosen"]) == ("its own prompt", "fast")
