"""Submissions of any order come out in one, and of equal ids the first stays."""

import random
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from pie.core.dataset.sorting import ORDER, Sorter
from pie.core.dataset.submission import Submission
from pie.core.problem import InputError


def submissions(size: int, code: int = 10) -> Iterator[Submission]:
    chance = random.Random(3)
    for number in range(size):
        yield Submission(
            f"p{chance.randrange(9)}",
            chance.choice(["ü", "u", "U", "u1", "é'", "\U0001f600", "\uffff"]),
            f"s{number if chance.random() < 0.9 else chance.randrange(size)}",
            chance.randrange(-5, 50),
            "cpp",
            f"{number} {chance.randbytes(code // 2).hex()}",
            chance.choice([None, 1.5]),
        )


def test_the_order_is_pythons_and_of_equal_ids_the_first_stays(tmp_path: Path) -> None:
    first: dict[str, Submission] = {}
    with Sorter(tmp_path / "it's here") as sorter:
        for one in submissions(3000):
            assert sorter.add(one) is (one.submission_id not in first)
            first.setdefault(one.submission_id, one)
        made = list(sorter.ordered())
    assert made == sorted(first.values(), key=lambda one: [getattr(one, key) for key in ORDER])
    assert len(made) < 3000
    assert list(tmp_path.iterdir()) == []


def test_programs_are_not_held_in_memory(tmp_path: Path) -> None:
    tracemalloc.start()
    try:
        with Sorter(tmp_path / "sort") as sorter:
            taken = sum(sorter.add(one) for one in submissions(2000, code=20_000))
            assert sum(1 for _one in sorter.ordered()) == taken
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4_000_000 < 2000 * 20_000


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="could not be sorted"):
        Sorter(tmp_path / "none" / "sort")
