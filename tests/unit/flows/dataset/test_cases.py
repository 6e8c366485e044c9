"""`pie dataset tests`: which tests of which sources stay, with verdicts as programs would give."""

import json
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pie.core.problem import InputError
from pie.flows.dataset import cases
from pie.flows.dataset.cases import Request
from pie.flows.dataset.measuring import Measuring
from sim.machines import machine
from sim.procedure import Outcome
from sim.setting import Setting
from sim.verdict import Verdict
from tests.unit.flows.dataset.codenet import Sent, rows_of, write_codenet

SUBMISSION = {
    "problem_id": "p00001",
    "user_id": "u1",
    "submission_id": "s1",
    "date": 1,
    "language": "cpp",
    "code": "int main() {}",
    "cpu_time_ms": None,
}


def contest(problem: str, *tests: tuple[str, str]) -> dict[str, Any]:
    inputs, outputs = [one[0] for one in tests], [one[1] for one in tests]
    return {"name": f"{problem} Name", "generated_tests": {"input": inputs, "output": outputs}}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the step with programs that end as `verdicts` says of a test's expected output."""

    def go(verdicts: Callable[[bytes], list[Verdict]], *rows: Any, **more: Any) -> dict[str, Any]:
        def outcomes(
            _on: Any, work: Iterable[tuple[Any, Any]], _scratch: Path, _show: Any
        ) -> Iterator[tuple[Any, list[Outcome]]]:
            for item, procedure in work:
                made = verdicts(item.test.output) if procedure is not None else []
                yield item, [Outcome(one) for one in made]

        monkeypatch.setattr(cases, "outcomes", outcomes)
        monkeypatch.setattr(Measuring, "label", lambda _self, _language: "fake:1")
        monkeypatch.setenv("PIE_CACHE", str(tmp_path / "cache"))
        folder = tmp_path / "codenet"
        if not folder.exists():
            write_codenet(folder, {"p00001": [Sent("s1", "u1", 1, "x")]})
        (tmp_path / "contests.jsonl").write_text(
            "".join(one if isinstance(one, str) else json.dumps(one) + "\n" for one in rows)
        )
        submissions = tmp_path / "submissions.jsonl"
        if not submissions.exists():
            submissions.write_text(json.dumps(SUBMISSION) + "\n")
        given: dict[str, Any] = {
            "codenet": folder,
            "contests": (tmp_path / "contests.jsonl",),
            **more,
        }
        on = Measuring(Setting(machine("cachegrind")))
        return cases.run(Request(submissions, tmp_path / "tests", on, **given), lambda _p: None)

    return go


def accepted(_expected: bytes) -> list[Verdict]:
    return [Verdict.ACCEPTED]


def test_sources_are_merged_and_numbered_in_their_order(run: Any, tmp_path: Path) -> None:
    manifest = run(
        accepted, contest("p00001", ("4", "5"), ("7\n", "8\n"), ("7", "9"), ("", "0")), "broken\n"
    )
    folder = tmp_path / "tests" / "p00001"
    texts = {path.name: path.read_text() for path in folder.iterdir()}
    assert texts == {
        "input.0.txt": "4\n",
        "output.0.txt": "5\n",
        "input.1.txt": "7\n",
        "output.1.txt": "8\n",
        "input.2.txt": "",
        "output.2.txt": "0",
    }
    tests, problems, rows = manifest["counts"]
    assert (tests["in"], tests["out"]) == (5, 3)
    assert tests["left_out"] == {"conflicting_output": 1, "duplicate_input": 1}
    assert (problems["in"], problems["out"]) == (1, 1)
    assert rows["left_out"] == {"broken_row": 1}
    sources = rows_of(tmp_path / "tests.sources.jsonl")
    assert [(one["test"], one["source"], one["source_index"]) for one in sources] == [
        (0, "codenet", 0),
        (1, "code_contests.generated_tests", 1),
        (2, "code_contests.generated_tests", 3),
    ]


def test_tests_that_programs_do_not_bear_out_go_with_a_reason(run: Any, tmp_path: Path) -> None:
    ends = {
        b"5\n": [Verdict.ACCEPTED, Verdict.ACCEPTED, Verdict.TIME_LIMIT],
        b"slow": [Verdict.ACCEPTED, Verdict.TIME_LIMIT, Verdict.TIME_LIMIT],
        b"wrong": [Verdict.WRONG_ANSWER, Verdict.WRONG_ANSWER, Verdict.ACCEPTED],
        b"ours": [Verdict.NOT_MEASURED, Verdict.ACCEPTED, Verdict.ACCEPTED],
    }
    manifest = run(
        ends.__getitem__, contest("p00001", ("1", "slow"), ("2", "wrong"), ("3", "ours"))
    )
    assert manifest["counts"][0]["left_out"] == {
        "not_measured": 1,
        "over_budget": 1,
        "programs_disagree": 1,
    }
    told = rows_of(tmp_path / "tests.left_out.jsonl")
    assert [(one["source_index"], one["reason"]) for one in told] == [
        (0, "over_budget"),
        (1, "programs_disagree"),
        (2, "not_measured"),
    ]


def test_problems_without_tests_are_counted(run: Any, tmp_path: Path) -> None:
    rows = [
        SUBMISSION,
        {**SUBMISSION, "problem_id": "p00002"},
        {**SUBMISSION, "problem_id": "p00003"},
    ]
    (tmp_path / "submissions.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows))

    def ends(expected: bytes) -> list[Verdict]:
        return [Verdict.WRONG_ANSWER if expected == b"bad" else Verdict.ACCEPTED]

    manifest = run(ends, contest("p00003", ("1", "bad")))
    assert manifest["counts"][1] == {
        "unit": "problems",
        "in": 3,
        "out": 1,
        "left_out": {"no_test_left": 1, "no_tests": 1},
    }
    assert [path.name for path in (tmp_path / "tests").iterdir()] == ["p00001"]


def test_a_folder_that_somebody_else_made_is_never_deleted(run: Any, tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "mine").write_text("precious")
    with pytest.raises(InputError, match="was not made by this command"):
        run(accepted)
    assert (tmp_path / "tests" / "mine").read_text() == "precious"


def test_the_same_again_does_nothing_and_a_changed_source_does(run: Any, tmp_path: Path) -> None:
    asked: list[bytes] = []

    def ends(expected: bytes) -> list[Verdict]:
        asked.append(expected)
        return [Verdict.ACCEPTED]

    first = run(ends, contest("p00001", ("1", "x")))
    assert run(ends, contest("p00001", ("1", "x"))) == first
    assert asked == [b"5\n", b"x"]
    run(ends, contest("p00001", ("1", "y")))
    assert asked == [b"5\n", b"x", b"5\n", b"y"]
    assert (tmp_path / "tests" / "p00001" / "output.1.txt").read_text() == "y"


def test_no_source_is_one_sentence(run: Any) -> None:
    with pytest.raises(InputError, match="no source of tests is given"):
        run(accepted, codenet=None, contests=())


def test_a_source_that_is_a_named_pipe_is_one_sentence(run: Any, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jsonl")
    with pytest.raises(InputError, match=r"pipe\.jsonl is not a file"):
        run(accepted, contests=(tmp_path / "pipe.jsonl",))
    with pytest.raises(InputError, match=r"pipe\.jsonl is not a folder"):
        run(accepted, folders=(tmp_path / "pipe.jsonl",))


def test_a_source_in_the_folder_that_is_made_anew_is_never_deleted(
    run: Any, tmp_path: Path
) -> None:
    run(accepted, contest("p00001", ("1", "1")))
    before = sorted((tmp_path / "tests").rglob("*"))
    with pytest.raises(InputError, match="which is made anew"):
        run(accepted, contest("p00001", ("2", "2")), folders=(tmp_path / "tests",))
    assert sorted((tmp_path / "tests").rglob("*")) == before
