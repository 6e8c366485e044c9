"""Where the tests of a row come from, and what happens when they are not there."""

import os
from pathlib import Path

import pytest

from pie.core import test_cases
from pie.core.problem import InputError, RowProblem
from pie.core.rows import InlineTest
from pie.core.test_cases import TestCases, test_folder, text_case
from sim.checker import Checker
from sim.program import Language, Program, TestCase


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PIE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    problem = tmp_path / "test_cases" / "p1"
    problem.mkdir(parents=True)
    for index in (0, 1):
        (problem / f"input.{index}.txt").write_text(f"in {index}")
        (problem / f"output.{index}.txt").write_text(f"out {index}")
    return problem.parent


def test_files_are_found_by_index_and_known_by_their_content(folder: Path) -> None:
    first, second = TestCases(folder).resolve("p1", [1, 0])
    assert (first.name, second.name) == ("1", "0")
    assert first.input_path.read_text() == "in 1"
    assert first.expected_path is not None
    assert first.expected_path.read_text() == "out 1"
    assert len({first.input_digest, first.expected_digest, second.input_digest}) == 3


def test_equal_texts_have_equal_digests_wherever_they_come_from(folder: Path) -> None:
    (from_file,) = TestCases(folder).resolve("p1", [0])
    (inline,) = TestCases(None).resolve("any", [InlineTest(input="in 0", output="out 0")])
    assert inline.input_digest == from_file.input_digest
    assert inline.expected_digest == from_file.expected_digest
    assert inline.name == "inline.0"


def test_inline_tests_need_no_folder_and_keep_their_bytes(folder: Path) -> None:
    test = InlineTest(input="é\r\n", output="")
    TestCases(None).check("../any/name", [test])
    (case,) = TestCases(None).resolve("../any/name", [test])
    assert case.input_path.read_bytes() == "é\r\n".encode()
    assert case.expected_path is not None
    assert case.expected_path.read_bytes() == b""


@pytest.mark.parametrize(
    ("problem", "index", "reason"),
    [
        ("p1", 2, r"test 2 is not there \(.*p1/input\.2\.txt\)"),
        ("p9", 0, r"the problem has no test cases \(.*p9: No such file or directory\)"),
        ("../p1", 0, "is not a folder name"),
        ("..", 0, "is not a folder name"),
        (".", 0, "is not a folder name"),
        ("/etc", 0, "is not a folder name"),
        ("p1/../p1", 0, "is not a folder name"),
        ("p\0", 0, "is not a folder name"),
        ("x" * 5000, 0, "File name too long"),
    ],
)
def test_what_is_not_there_or_elsewhere_is_a_problem_of_the_row(
    folder: Path, problem: str, index: int, reason: str
) -> None:
    with pytest.raises(RowProblem, match=reason):
        TestCases(folder).check(problem, [0, index] if index else [index])


def test_an_expected_output_alone_is_not_a_test(folder: Path) -> None:
    (folder / "p1" / "input.0.txt").unlink()
    with pytest.raises(RowProblem, match=r"input\.0\.txt"):
        TestCases(folder).check("p1", [0])


def test_an_input_alone_is_not_a_test(folder: Path) -> None:
    (folder / "p1" / "output.0.txt").unlink()
    with pytest.raises(RowProblem, match=r"output\.0\.txt"):
        TestCases(folder).check("p1", [0])


def test_indices_without_any_folder_are_a_problem_of_the_row() -> None:
    with pytest.raises(RowProblem, match="no folder of test cases is known"):
        TestCases(None).check("p1", [0])


def test_a_file_that_vanishes_after_the_check_is_a_problem_of_the_row(folder: Path) -> None:
    tests = TestCases(folder)
    tests.check("p1", [0])
    (folder / "p1" / "output.0.txt").unlink()
    with pytest.raises(RowProblem, match="test 0 cannot be read"):
        tests.resolve("p1", [0])


def test_a_test_is_read_once_for_all_rows_that_share_it(folder: Path) -> None:
    tests = TestCases(folder)
    (before,) = tests.resolve("p1", [0])
    (folder / "p1" / "input.0.txt").write_text("changed")
    assert tests.resolve("p1", [0]) == [before]


def test_only_so_many_problems_and_tests_are_remembered(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(test_cases, "_REMEMBERED", 300)
    tests = TestCases(folder)
    for number in range(400):
        problem = folder / f"q{number}"
        problem.mkdir()
        (problem / "input.0.txt").touch()
        (problem / "output.0.txt").touch()
        tests.check(problem.name, [0])
        tests.resolve(problem.name, [0])
    assert len(tests._listed) <= 3
    assert len(tests._resolved) <= 300
    tests.check("q0", [0])
    assert tests.resolve("q0", [0])[0].input_path == folder / "q0" / "input.0.txt"


def test_the_folder_is_the_one_beside_the_file_unless_another_is_given(folder: Path) -> None:
    pairs = folder.parent / "test.jsonl"
    other = folder / "p1"
    assert test_folder(None, pairs) == folder
    assert test_folder(other, pairs) == other
    assert test_folder(None, folder / "test.jsonl") is None


def test_a_given_folder_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere does not exist; .*--testcases"):
        test_folder(tmp_path / "nowhere", tmp_path / "test.jsonl")


def test_a_text_that_was_cut_short_in_the_cache_is_written_again(cache: Path) -> None:
    case = text_case("t", b"whole", None)
    assert case.expected_path is None
    case.input_path.write_bytes(b"who")
    assert text_case("t", b"whole", None).input_path.read_bytes() == b"whole"
    assert [path.name for path in (cache / "texts").iterdir()] == [case.input_digest]


def test_a_named_pipe_is_a_problem_of_the_row_and_nobody_waits_for_it(folder: Path) -> None:
    os.mkfifo(folder / "p1" / "input.77.txt")
    (folder / "p1" / "output.77.txt").write_text("")
    with pytest.raises(RowProblem, match="is not a plain file"):
        TestCases(folder).resolve("p1", [77])


def test_a_checker_beside_the_tests_decides_and_is_in_the_digest(folder: Path) -> None:
    def taken() -> tuple[str, TestCase]:
        tests = TestCases(folder)
        tests.take("p1", [0])
        tests.take("p1", [0, 1])
        return tests.digest, tests.resolve("p1", [0])[0]

    digest, case = taken()
    assert case.comparison is None
    seen = {digest}
    for text in ("def check(i, e, o): return True", "def check(i, e, o): return False"):
        (folder / "p1" / "checker.py").write_text(text)
        digest, case = taken()
        assert isinstance(case.comparison, Checker)
        assert case.comparison.program == Program(Language.PYTHON, text)
        seen.add(digest)
    assert len(seen) == 3
    (folder / "p1" / "checker.cpp").write_text("int main() {}")
    with pytest.raises(RowProblem, match=r"two checkers \(checker.cpp and checker.py\)"):
        taken()
    (folder / "p1" / "checker.py").unlink()
    assert taken()[1].comparison == Checker(Program(Language.CPP, "int main() {}"))


def test_a_checker_that_cannot_be_read_costs_its_rows(folder: Path) -> None:
    os.mkfifo(folder / "p1" / "checker.py")
    with pytest.raises(RowProblem, match=r"the checker .* cannot be read"):
        TestCases(folder).resolve("p1", [0])
    (folder / "p1" / "checker.py").unlink()
    (folder / "p1" / "checker.py").write_bytes(b"\xff")
    with pytest.raises(RowProblem, match=r"the checker .* cannot be read"):
        TestCases(folder).take("p1", [0])
