"""The loop's programs: what is asked about is never what was trained on."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

LOOP = Path(__file__).resolve().parents[3] / "examples" / "loop"


@pytest.fixture
def families(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.syspath_prepend(str(LOOP))
    import families

    yield families
    sys.modules.pop("families", None)


def test_a_problem_has_ten_different_solutions_and_they_are_always_the_same(families: Any) -> None:
    for problem in families.problems(families.FAMILIES + families.HELD_OUT, 3, seed=1):
        solutions = problem.solutions()
        assert len(set(solutions)) == 10
        assert solutions == problem.solutions()
        assert not any(mark in text for text in solutions for mark in "@$")


def test_no_two_problems_share_a_program(families: Any) -> None:
    chosen = families.problems(families.FAMILIES, 14, seed=1)
    every = [text for problem in chosen for text in problem.solutions()]
    assert len(set(every)) == len(every)
    assert len({problem.id for problem in chosen}) == len(chosen)


def test_the_held_out_family_is_none_that_is_trained_on(families: Any) -> None:
    names = {one.name for one in families.FAMILIES}
    assert not names & {one.name for one in families.HELD_OUT}


def test_the_expected_output_is_worked_by_hand(families: Any) -> None:
    by_name = {one.name: one for one in families.FAMILIES + families.HELD_OUT}

    def answer(name: str, *lines: list[int]) -> list[int]:
        return list(by_name[name].answer(lines, 2, 3, 11))

    assert answer("line_sum", [3]) == [(5 + 7 + 9) % 11]
    assert answer("recurrence", [2]) == [(2 * 2 + 3 * 1) % 11]
    assert answer("multiples", [9]) == [(2 + 4 + 6 + 8 + 3) % 11]
    assert answer("powers", [4]) == [3 * 16 % 11]
    assert answer("running", [2], [5, 1]) == [13 % 11, 15 % 11]
    assert answer("table_sums", [1], [6]) == [3 + 2 + 4 + 6 + 8 + 10 + 1]
