"""From a user's accepted programs for a problem to the pairs in which the later one is faster."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

IMPROVEMENT = 0.10
"""PIE 2: a pair is kept when (time(src) - time(tgt)) / time(src) > 10 %."""
_SLACK = 1e-12
"""Relative; binary floats cannot hold exactly 10 %, and such a pair is no improvement."""
_NUMBER = re.compile(r"([0-9]+)")

LEAST, MOST = 1e-100, 1e100
"""Of a runtime in any unit: ratios of two, and their sums, are finite floats then."""


def in_range(cost: float) -> bool:
    """Whether a runtime can be one, and its ratio to another be computed."""
    return LEAST <= cost <= MOST


@dataclass(frozen=True, slots=True)
class Solution:
    """A program that was accepted and measured."""

    submission_id: str
    user_id: str
    date: int
    code: str
    cost: float
    """Cycles where all have them, else seconds; over all tests of the problem."""
    seconds: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.cost) and self.cost > 0):
            raise ValueError(f"{self.submission_id}: the cost {self.cost} is not above zero")


@dataclass(frozen=True, slots=True)
class Pair:
    """A slower program and a later, faster one of the same user."""

    src: Solution
    tgt: Solution

    @property
    def speedup(self) -> float:
        return self.src.cost / self.tgt.cost


def moment(one: Solution) -> tuple[int, list[int | str], str]:
    """Return what orders submissions in time; at one date (of days, say) by id, 9 before 10."""
    parts = _NUMBER.split(one.submission_id)
    named = [int(part) if at % 2 else part for at, part in enumerate(parts)]
    return one.date, named, one.submission_id


def trajectories(solutions: Iterable[Solution]) -> list[list[Solution]]:
    """Return each user's programs in the order of submission, users by name (one problem)."""
    by_user: dict[str, list[Solution]] = {}
    for one in solutions:
        by_user.setdefault(one.user_id, []).append(one)
    order = sorted(by_user)
    return [sorted(by_user[u], key=moment) for u in order]


def improves(pair: Pair, improvement: float = IMPROVEMENT) -> bool:
    """Whether the relative gain in time is above `improvement`; exactly as much is not."""
    gain = pair.src.cost - pair.tgt.cost
    return gain > improvement * pair.src.cost * (1 + _SLACK)
