"""The plan of a pairs file: usable rows, rows left out, and how much work there is."""

import json
from pathlib import Path
from typing import Any

import pytest

from pie.core.plan import Plan, plan
from pie.core.problem import InputError
from pie.core.test_cases import TestCases
from sim.program import Language


def row(**changes: Any) -> dict[str, Any]:
    made = {
        "src_id": "s1",
        "tgt_id": "s2",
        "problem_id": "p1",
        "src_code": "slow",
        "tgt_code": "fast",
        "tests": [{"input": "1", "output": "2"}, {"input": "2", "output": "4"}],
    }
    return {**made, **changes}


def planned(tmp_path: Path, *rows: dict[str, Any] | str, tests: Path | None = None) -> Plan:
    path = tmp_path / "test.jsonl"
    lines = [one if isinstance(one, str) else json.dumps(one) for one in rows]
    path.write_text("".join(f"{one}\n" for one in lines))
    return plan(path, TestCases(tests))


def test_programs_and_runs_are_counted_once_each(tmp_path: Path) -> None:
    made = planned(
        tmp_path,
        row(),
        row(src_id="s3"),
        row(src_id="s4", src_code="slower", generated_answers=["fast", "faster"]),
    )
    assert made.rows == 3
    assert made.programs == 4  # slow, fast, slower, faster
    assert made.runs == 8
    assert made.most_generations == 2
    assert made.left_out == []


def test_the_same_program_on_other_tests_is_the_same_program_but_other_runs(tmp_path: Path) -> None:
    other = [{"input": "3", "output": "6"}]
    made = planned(tmp_path, row(), row(src_id="s3", tests=other))
    assert (made.programs, made.runs) == (2, 4 + 2)


def test_the_same_input_with_another_expected_output_is_another_test(tmp_path: Path) -> None:
    other = [{"input": "1", "output": "3"}]
    first = [{"input": "1", "output": "2"}]
    made = planned(tmp_path, row(tests=first), row(src_id="s3", tests=other))
    assert made.runs == 4


def test_the_same_source_in_another_language_is_another_program(tmp_path: Path) -> None:
    made = planned(tmp_path, row(), row(src_id="s3", language="python"))
    assert made.programs == 4
    assert made.languages == [Language.CPP, Language.PYTHON]


def test_rows_are_read_again_in_order(tmp_path: Path) -> None:
    made = planned(tmp_path, row(src_id="a"), "broken", "", row(src_id="b"), row(src_id="c"))
    assert [one.src_id for one in made.read()] == ["a", "b", "c"]


def test_a_file_with_a_byte_order_mark_is_read_again(tmp_path: Path) -> None:
    made = planned(tmp_path, "\ufeff" + json.dumps(row(src_id="a")), row(src_id="b"))
    assert [one.src_id for one in made.read()] == ["a", "b"]


def test_what_cannot_be_used_is_left_out_with_line_and_reason(tmp_path: Path) -> None:
    made = planned(
        tmp_path,
        "broken",
        row(),
        "",
        row(src_id="s3", tests=[]),
        row(src_id="s4", tests=[0]),
        row(src_id="s5", language="rust"),
    )
    assert made.rows == 1
    assert [one.line for one in made.left_out] == [1, 4, 5, 6]
    assert "not JSON" in made.left_out[0].reason
    assert "no folder of test cases" in made.left_out[2].reason


def test_an_unknown_test_index_is_left_out_with_the_missing_file(tmp_path: Path) -> None:
    problem = tmp_path / "cases" / "p1"
    problem.mkdir(parents=True)
    (problem / "input.0.txt").touch()
    (problem / "output.0.txt").touch()
    made = planned(tmp_path, row(tests=[0]), row(src_id="s3", tests=[0, 7]), tests=problem.parent)
    assert made.rows == 1
    assert made.left_out[0].reason == f"test 7 is not there ({problem / 'input.7.txt'})"


@pytest.mark.parametrize(("code", "what"), [("slow", "the same"), ("slower", "other")])
def test_a_second_row_with_the_same_ids_is_left_out(tmp_path: Path, code: str, what: str) -> None:
    made = planned(tmp_path, row(), row(src_code=code))
    assert made.rows == 1
    assert made.left_out[0].line == 2
    reason = made.left_out[0].reason
    assert reason == f"the ids s1 and s2 stand on line 1 already, with {what} code"


def test_the_same_ids_of_another_problem_or_with_other_answers_are_another_row(
    tmp_path: Path,
) -> None:
    made = planned(
        tmp_path,
        row(),
        row(problem_id="p2"),
        row(generated_answers=["a"]),
        row(generated_answers=["b"]),
    )
    assert made.rows == 4


def test_rows_without_ids_are_duplicates_when_they_are_the_same_all_over(tmp_path: Path) -> None:
    nameless = row(src_id=None, tgt_id=None)
    others = [
        {**nameless, "problem_id": "p2"},
        {**nameless, "language": "python"},
        {**nameless, "tests": [{"input": "1", "output": "2"}]},
        {**nameless, "src_code": "slower"},
        {**nameless, "generated_answers": ["a"]},
    ]
    made = planned(tmp_path, nameless, *others, nameless)
    assert made.rows == 6
    assert [(one.line, one.reason) for one in made.left_out] == [
        (7, "the same row stands on line 1 already")
    ]


def test_the_digest_of_the_tests_is_of_the_contents_of_the_files_used(tmp_path: Path) -> None:
    problem = tmp_path / "cases" / "p1"
    problem.mkdir(parents=True)
    for name in ("input.0.txt", "output.0.txt", "input.700.txt", "output.700.txt"):
        (problem / name).write_text("1")
    rows = [row(tests=[700]), row(src_id="s3", tests=[700])]

    def digest(*rows: dict[str, Any]) -> str:
        return planned(tmp_path, *rows, tests=problem.parent).tests_digest

    before = digest(*rows)
    (problem / "input.0.txt").write_text("2")
    assert digest(*rows) == before, "nobody uses it"
    assert digest(rows[0]) == before, "each file counts once"
    assert digest(row(tests=[700, 0])) != before
    (problem / "output.700.txt").write_text("2")
    assert digest(*rows) != before


def test_a_row_left_out_for_another_reason_does_not_claim_its_ids(tmp_path: Path) -> None:
    made = planned(tmp_path, row(tests=[5]), row())
    assert [one.line for one in made.left_out] == [1]


@pytest.mark.parametrize("text", ["", "\n", " \n\n"])
def test_an_empty_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "test.jsonl"
    path.write_text(text)
    with pytest.raises(InputError, match=r"test\.jsonl is empty; give a JSONL file"):
        plan(path, TestCases(None))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.jsonl does not exist"):
        plan(tmp_path / "gone.jsonl", TestCases(None))


def test_a_file_without_one_usable_row_is_refused_with_the_first_reason(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none of the 2 rows .* \(line 1: the line is not JSON"):
        planned(tmp_path, "broken", row(tests=[]))


def test_the_digest_is_of_the_rows(tmp_path: Path) -> None:
    first = planned(tmp_path, row()).sha256
    assert planned(tmp_path, row()).sha256 == first
    assert planned(tmp_path, row(src_code="slower")).sha256 != first


@pytest.mark.parametrize("text", ["", "broken\n" * 50])
def test_a_file_that_changes_after_the_plan_is_noticed(tmp_path: Path, text: str) -> None:
    made = planned(tmp_path, row(), row(src_id="s3"))
    made.path.write_text(text)
    with pytest.raises(InputError, match="changed while it was measured"):
        list(made.read())


def test_with_a_limit_the_file_ends_after_so_many_rows(tmp_path: Path) -> None:
    planned(tmp_path, row(), row(src_id="s3", src_code="other"), "broken")
    whole = plan(tmp_path / "test.jsonl", TestCases(None))
    first = plan(tmp_path / "test.jsonl", TestCases(None), limit=1)
    assert (whole.rows, len(whole.left_out)) == (2, 1)
    assert (first.rows, len(first.left_out), first.programs) == (1, 0, 2)
    assert first.sha256 == planned(tmp_path, row()).sha256, "as if it held no more"


def test_the_programs_of_another_field_are_the_answers(tmp_path: Path) -> None:
    base = {"problem_id": "p", "src_code": "a", "tgt_code": "b", "generated_answers": ["x", "y"]}
    tests = [{"input": "", "output": ""}]
    rows = [
        {**base, "src_id": "1", "tests": tests, "fastest_code": "['no', 'list']"},
        {**base, "src_id": "2", "tests": tests, "fastest_code": ["c", "d"]},
        {**base, "src_id": "3", "tests": tests},
    ]
    path = tmp_path / "pairs.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in rows))
    usual = plan(path, TestCases(None))
    made = plan(path, TestCases(None), answers="fastest_code")
    found = [row.generations for row in made.read()]
    assert found == [("['no', 'list']",), ("c", "d"), ()]
    assert next(iter(made.read())).fields["generated_answers"] == ["['no', 'list']"]
    assert made.sha256 != usual.sha256
    with pytest.raises(InputError, match=r"no row of .* has programs in 'fast'; check --answers"):
        plan(path, TestCases(None), answers="fast")
