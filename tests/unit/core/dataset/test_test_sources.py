"""Tests as CodeNet, PIE and code_contests lay them out."""

import os
from pathlib import Path
from typing import Any

import pytest

from pie.core.dataset import test_sources
from pie.core.dataset.test_sources import codenet_tests, contest_tests, folder_tests, problem_of
from pie.core.dataset.verification import merge
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


def test_only_plain_files_of_the_folder_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(test_sources, "LONGEST_TEST", 1000)
    folder = tmp_path / "tests" / "p1"
    folder.mkdir(parents=True)
    (tmp_path / "secret").write_text("secret")
    for number in range(6):
        (folder / f"input.{number}.txt").write_text("in")
        (folder / f"output.{number}.txt").write_text("out")
    for name in ("input.0.txt", "output.1.txt", "input.2.txt", "input.3.txt", "output.4.txt"):
        (folder / name).unlink()
    (folder / "input.0.txt").symlink_to(tmp_path / "secret")
    (folder / "output.1.txt").symlink_to("/dev/zero")
    os.mkfifo(folder / "input.2.txt")
    (folder / "input.3.txt").write_bytes(bytes(1001))
    (folder / "output.4.txt").symlink_to("output.5.txt")
    found = [(one.index, one.input, one.problem) for one in folder_tests(tmp_path / "tests", "p1")]
    assert found == [
        (0, b"", "not_a_plain_file"),
        (1, b"", "not_a_plain_file"),
        (2, b"", "not_a_plain_file"),
        (3, b"", "too_large"),
        (4, b"in", ""),
        (5, b"in", ""),
    ]
    assert [reason for _test, reason in merge(folder_tests(tmp_path / "tests", "p1"))] == [
        *("not_a_plain_file",) * 3,
        *("too_large", "", "duplicate_input"),
    ]
    (tmp_path / "tests" / "p2").symlink_to(tmp_path)
    (tmp_path / "input.0.txt").write_text("secret")
    assert {one.problem for one in folder_tests(tmp_path / "tests", "p2")} == {"not_a_plain_file"}


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
