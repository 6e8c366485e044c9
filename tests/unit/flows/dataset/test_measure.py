"""`pie dataset measure`: a verdict and a runtime for every submission, or a reason."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pie.core.problem import InputError
from pie.flows.dataset import measure
from pie.flows.dataset.measure import Request, indices_of, run
from pie.flows.dataset.measuring import Measuring
from sim.machines import machine
from sim.procedure import Outcome
from sim.setting import Setting
from sim.verdict import Verdict
from tests.unit.flows.dataset.codenet import rows_of


def submission(name: str, problem: str, cpu: float | None = 20.0) -> dict[str, Any]:
    return {
        "problem_id": problem,
        "user_id": "u1",
        "submission_id": name,
        "date": 1,
        "language": "cpp",
        "code": name,
        "cpu_time_ms": cpu,
    }


@pytest.fixture
def source(tmp_path: Path) -> Path:
    rows = [submission("a", "p1"), submission("b", "p1", None), submission("c", "p2")]
    path = tmp_path / "submissions.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def testcases(tmp_path: Path) -> Path:
    folder = tmp_path / "tests"
    (folder / "p1").mkdir(parents=True)
    for name in ("input.10", "output.10", "input.2", "output.2", "input.3", "output.4"):
        (folder / "p1" / f"{name}.txt").write_text(name)
    return folder


ON = Measuring(Setting(machine("cachegrind")))


@pytest.fixture
def verdicts(monkeypatch: pytest.MonkeyPatch) -> dict[str, Verdict]:
    """Programs end as told here by their names, without a machine."""
    ends = {"a": Verdict.ACCEPTED, "b": Verdict.NOT_MEASURED}

    def outcomes(
        _on: Any, work: Iterable[tuple[Any, Any]], _scratch: Path, _show: Any, _planned: int
    ) -> Iterator[tuple[Any, list[Outcome]]]:
        for item, _procedure in work:
            yield item, [Outcome(ends[item.record.fields["submission_id"]], "why")]

    monkeypatch.setattr(measure, "outcomes", outcomes)
    monkeypatch.setattr(Measuring, "label", lambda _self, _language: "fake:1")
    return ends


def test_only_whole_tests_count_in_the_order_of_their_numbers(testcases: Path) -> None:
    assert indices_of(testcases, "p1") == (2, 10)
    assert indices_of(testcases, "p2") == ()


def test_every_submission_has_a_verdict_or_a_reason(
    source: Path, testcases: Path, tmp_path: Path, verdicts: dict[str, Verdict]
) -> None:
    out = tmp_path / "out.jsonl"
    manifest = run(Request(source, out, testcases, ON), lambda _p: None)
    assert manifest["counts"][0] == {
        "unit": "submissions",
        "in": 3,
        "out": 2,
        "left_out": {"problem_without_tests": 1},
    }
    rows = rows_of(out)
    assert [(row["submission_id"], row["verdict"]) for row in rows] == [
        ("a", "accepted"),
        ("b", "not_measured"),
    ]
    assert rows[0]["tests"] == [2, 10]
    assert rows[0]["measured_on"] == "fake:1"
    assert manifest["verdicts"]["not_measured"] == 1
    assert manifest["measured"] is True


def test_tests_lie_beside_the_submissions_unless_told(
    source: Path, testcases: Path, tmp_path: Path, verdicts: dict[str, Verdict]
) -> None:
    request = Request(source, tmp_path / "out.jsonl", None, ON)
    with pytest.raises(InputError, match="no test_cases/ lies beside"):
        run(request, lambda _p: None)
    testcases.rename(tmp_path / "test_cases")  # where `pie dataset tests` makes them
    run(request, lambda _p: None)
    assert [row["tests"] for row in rows_of(request.out)] == [[2, 10], [2, 10]]


def test_what_we_failed_to_measure_is_tried_again_by_the_same_command(
    source: Path, testcases: Path, tmp_path: Path, verdicts: dict[str, Verdict]
) -> None:
    request = Request(source, tmp_path / "out.jsonl", testcases, ON)
    run(request, lambda _p: None)
    verdicts["b"] = Verdict.WRONG_ANSWER
    assert run(request, lambda _p: None)["verdicts"]["wrong_answer"] == 1
    verdicts["b"] = Verdict.ACCEPTED
    assert run(request, lambda _p: None)["verdicts"]["wrong_answer"] == 1, "it is done"


def test_runtimes_of_the_table_are_marked_in_every_row_and_in_the_manifest(
    source: Path, testcases: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    manifest = run(Request(source, out, testcases, None), lambda _p: None)
    assert manifest["measured"] is False
    assert manifest["parameters"] == {"runtimes_from": "table"}
    assert manifest["counts"][0]["left_out"] == {"no_cpu_time": 1}
    found = [(row["submission_id"], row["agg_runtime"], row["measured_on"]) for row in rows_of(out)]
    assert found == [("a", 0.02, "table"), ("c", 0.02, "table")]


@pytest.mark.parametrize("cpu", [5e-324, 1e-98, 1e300])
def test_a_runtime_of_the_table_that_cannot_be_one_is_left_out(tmp_path: Path, cpu: float) -> None:
    path = tmp_path / "s.jsonl"
    rows = [submission("a", "p1", cpu), submission("b", "p1", 2.0)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    manifest = run(Request(path, tmp_path / "out.jsonl", None, None), lambda _p: None)
    assert manifest["counts"][0]["left_out"] == {"runtime_out_of_range": 1}


def test_a_step_that_leaves_out_every_row_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    path.write_text(json.dumps(submission("a", "p1", 1e300)) + "\n")
    for _again in range(2):
        with pytest.raises(InputError, match=r"none of 1 submissions of .*runtime_out_of_range 1"):
            run(Request(path, tmp_path / "out.jsonl", None, None), lambda _p: None)


def test_tests_that_are_not_there_are_one_sentence(source: Path, tmp_path: Path) -> None:
    for folder, what in ((tmp_path / "none", "does not exist"), (None, "measured on tests")):
        with pytest.raises(InputError, match=what):
            run(Request(source, tmp_path / "out.jsonl", folder, ON), lambda _p: None)
