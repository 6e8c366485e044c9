"""A run and measured submissions: what is compared, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pie.cli.app import app
from pie.core.problem import InputError
from pie.core.report.pair_rows import ReportError
from pie.flows.upper_bound import read_upper_bound

LABEL = "cachegrind:f00d"
ROW = {
    "problem_id": "p1",
    "src_id": "s1",
    "tgt_id": "s2",
    "tests": [0, 1],
    "src_verdict": "accepted",
    "src_agg_runtime": 8.0,
    "tgt_verdict": "accepted",
    "tgt_agg_runtime": 4.0,
    "generations": [{"verdict": "accepted", "agg_runtime": 1.0}],
}
SUBMISSION = {
    "problem_id": "p1",
    "submission_id": "s1",
    "verdict": "accepted",
    "agg_runtime": 8.0,
    "tests": [0, 1],
    "measured_on": LABEL,
}
BEST = {**SUBMISSION, "submission_id": "s9", "agg_runtime": 2.0}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    folder.mkdir()
    machine = {"name": "cachegrind", "fingerprint": "f00d", "deterministic": True}
    (folder / "manifest.json").write_text(json.dumps({"machine": machine}))
    (folder / "pairs.jsonl").write_text(json.dumps(ROW) + "\n")
    return folder


def submissions(tmp_path: Path, *rows: Any) -> Path:
    path = tmp_path / "submissions.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_the_fastest_of_both_sides_are_compared(run: Path, tmp_path: Path) -> None:
    other = {**SUBMISSION, "problem_id": "p2", "measured_on": "gem5:1"}
    bound = read_upper_bound(run, submissions(tmp_path, SUBMISSION, BEST, other)).bound
    assert bound.human is not None
    assert bound.model is not None
    assert (bound.human.value, bound.model.value) == (4.0, 8.0)
    assert bound.problems[0].human_id == "s9"
    assert bound.solutions == 2


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"measured_on": "table"}, "were measured on table, the run on cachegrind:f00d"),
        ({"measured_on": "cachegrind:beef"}, "cannot be compared"),
        ({"agg_runtime": None}, "accepted submission without a runtime"),
        ({"tests": None}, "tests is not a list"),
        ({"agg_runtime": 10**400}, "accepted submission without a runtime"),
        ({"agg_runtime": 1e-320}, "accepted submission without a runtime"),
        ({"tests": [[0]]}, "tests is not a list of numbers"),
        ({"language": "Rust"}, "language is 'Rust'"),
        ({"verdict": "Accepted"}, "line 2: the verdict 'Accepted' is not known"),
        ({"verdict": ["accepted"]}, "is not known"),
        ({"verdict": None}, "the verdict 'None' is not known"),
        ({"tests": [0]}, "not all measured on the same tests"),
    ],
)
def test_submissions_that_do_not_compare_are_refused(
    run: Path, tmp_path: Path, change: dict[str, Any], what: str
) -> None:
    with pytest.raises(InputError, match=what):
        read_upper_bound(run, submissions(tmp_path, BEST, {**SUBMISSION, **change}))


def test_submissions_that_nobody_measured_are_refused(run: Path, tmp_path: Path) -> None:
    bare = {name: BEST[name] for name in ("problem_id", "submission_id")}
    with pytest.raises(InputError, match="the column verdict is missing; give submissions that"):
        read_upper_bound(run, submissions(tmp_path, bare))


def test_a_folder_that_is_no_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="is not a run folder"):
        read_upper_bound(tmp_path, submissions(tmp_path, BEST))


@pytest.mark.parametrize("form", ["table", "markdown", "csv", "json"])
def test_the_report_is_printed_in_every_format(run: Path, tmp_path: Path, form: str) -> None:
    path = submissions(tmp_path, SUBMISSION, BEST)
    done = CliRunner().invoke(app, ["report", str(run), "--upper-bound", str(path), "-f", form])
    assert done.exit_code == 0
    if form == "json":
        assert json.loads(done.stdout)["model_beats_every_human"] == ["p1"]
    elif form == "csv":
        assert done.stdout.splitlines()[1].startswith("p1,1,s9,2.0,2,")
    else:
        assert "the model beats every human in: p1" in done.stdout
        assert "8.000x" in done.stdout


def test_a_report_on_nothing_measured_is_one_sentence(run: Path) -> None:
    done = CliRunner().invoke(app, ["report", str(run), "--upper-bound", "nowhere.jsonl"])
    assert done.exit_code == 1
    assert "the table nowhere.jsonl does not exist" in done.stderr


def test_people_who_wrote_in_another_language_set_no_limit(run: Path, tmp_path: Path) -> None:
    python = {**BEST, "submission_id": "py", "agg_runtime": 0.5, "language": "python"}
    bound = read_upper_bound(run, submissions(tmp_path, BEST, python)).bound
    assert bound.problems[0].human_id == "s9"
    bound = read_upper_bound(run, submissions(tmp_path, python)).bound
    assert bound.excluded == {"human submissions in another language": 1}


def test_a_problem_in_two_languages_has_no_one_limit(run: Path, tmp_path: Path) -> None:
    rows = [ROW, {**ROW, "language": "python"}]
    (run / "pairs.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows))
    with pytest.raises(InputError, match="the rows of p1 are in cpp and in python"):
        read_upper_bound(run, submissions(tmp_path, BEST))


def test_a_submission_that_stands_twice_is_not_counted_twice(run: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="two submissions of p1 have the same submission_id"):
        read_upper_bound(run, submissions(tmp_path, BEST, SUBMISSION, BEST))


def test_peoples_programs_in_a_run_of_their_own_are_the_limit(run: Path, tmp_path: Path) -> None:
    human = tmp_path / "human"
    human.mkdir()
    (human / "manifest.json").write_text((run / "manifest.json").read_text())
    fastest = {"verdict": "accepted", "agg_runtime": 2.0}
    rows = [
        {**ROW, "measured_on": LABEL, "src_code": "a", "tgt_code": "b",
         "generated_answers": ["fastest"], "generations": [fastest], "src_id": name}
        for name in ("s1", "s3")
    ]  # fmt: skip
    rows[1]["src_code"] = "c"
    rows[1]["tgt_id"] = "s4"
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (human / "pairs.jsonl").write_text(text)
    bound = read_upper_bound(run, human).bound
    assert bound.human is not None
    assert (bound.human.value, bound.solutions) == (4.0, 4), "two sources, a target, the fastest"
    inside = {**ROW, "tests": [{"input": "1", "output": "2"}]}
    (run / "pairs.jsonl").write_text(json.dumps(inside) + "\n")
    assert read_upper_bound(run, human).bound.excluded == {"measured on other tests": 1}
    other = text.replace(LABEL, "cachegrind:beef")
    (human / "pairs.jsonl").write_text(other)
    with pytest.raises(InputError, match="cannot be compared: what is behind"):
        read_upper_bound(run, human)


def test_a_comparison_of_no_row_at_all_is_an_error(run: Path, tmp_path: Path) -> None:
    path = submissions(tmp_path, {**BEST, "tests": [0]})
    done = CliRunner().invoke(app, ["report", str(run), "--upper-bound", str(path)])
    assert done.exit_code == 1
    assert "none of 1 rows could be compared (measured on other tests 1)" in done.stderr
