"""Tests as CodeNet, PIE and code_contests lay them out."""

from pathlib import Path
from typing import Any

import pytest

from pie.core.dataset.test_sources import codenet_tests, contest_tests, folder_tests, problem_of
from pie.core.problem import RowProblem


def test_codenets_own_test_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "derived" / "input_output" / "data" / "p00001"
    folder.mkdir(parents=True)
    (folder / "input.txt").write_text("4\n")
    assert [one.output for one in codenet_tests(tmp_path, "p00001")] == [None]
    (folder / "output.txt").write_text("5\n")
    (one,) = codenet_tests(tmp_path, "p00001")
    assert (one.source, one.index, one.input, one.output) == ("codenet", 0, b"4\n", b"5\n")
    assert list(codenet_tests(tmp_path, "p00002")) == []


def test_numbered_tests_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for number in (10, 2):
        (tmp_path / "p1").mkdir(exist_ok=True)
        (tmp_path / "p1" / f"input.{number}.txt").write_text(str(number))
        (tmp_path / "p1" / f"output.{number}.txt").write_text("x")
    assert [one.index for one in folder_tests(tmp_path, "p1")] == [2, 10]


def test_all_groups_of_code_contests_are_read_in_order() -> None:
    row = {
        "public_tests": {"input": ["1"], "output": ["2"]},
        "private_tests": {"input": [], "output": []},
        "generated_tests": {"input": ["3", "4"], "output": ["5", "6"]},
    }
    assert [(one.source, one.index, one.input, one.output) for one in contest_tests(row)] == [
        ("code_contests.public_tests", 0, b"1", b"2"),
        ("code_contests.generated_tests", 0, b"3", b"5"),
        ("code_contests.generated_tests", 1, b"4", b"6"),
    ]


def test_a_list_of_objects_is_read_as_well() -> None:
    row = {"public_tests": [{"input": "1", "output": "2"}]}
    assert [one.input for one in contest_tests(row)] == [b"1"]


@pytest.mark.parametrize(
    ("group", "what"),
    [
        ({"input": ["1"], "output": []}, "1 inputs but 0 outputs"),
        ({"input": "1", "output": "2"}, "no lists"),
        ({"input": [1], "output": ["2"]}, "not a text"),
        (5, "neither an object"),
    ],
)
def test_a_group_of_another_form_is_told(group: Any, what: str) -> None:
    with pytest.raises(RowProblem, match=what):
        list(contest_tests({"public_tests": group}))


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"name": "p02549 AtCoder Beginner Contest 179 - Leaping Tak"}, "p02549"),
        ({"name": "p02549"}, "p02549"),
        ({"name": "1549_A. Gregor and Cryptography"}, "1549_A. Gregor and Cryptography"),
        ({"name": "x", "problem_id": "p00001"}, "p00001"),
        ({"name": "p0254987 other"}, "p0254987 other"),
    ],
)
def test_the_problem_is_codenets_where_the_name_says_it(row: Any, problem: str) -> None:
    assert problem_of(row) == problem


@pytest.mark.parametrize("row", [{}, {"name": ""}, {"name": "../x"}, {"problem_id": ".."}])
def test_a_row_without_a_usable_name_is_told(row: Any) -> None:
    with pytest.raises(RowProblem, match="usable name"):
        problem_of(row)
