"""Preferences among the answers to one prompt: a faster accepted program over a slower one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from pie.core.marks import WORTHLESS
from pie.core.metrics.metrics import OPTIMISED_THRESHOLD, RATIO_TOLERANCE
from pie.core.metrics.pair_result import Generation
from pie.core.metrics.standing import Standing, UnsupportedAs, standing
from sim.verdict import Verdict


@dataclass(frozen=True)
class Answer:
    """One answer's program and what was measured of it."""

    code: str
    result: Generation


@dataclass(frozen=True)
class Preference:
    """`chosen` is accepted; `rejected` is accepted and slower, or failed."""

    chosen: Answer
    rejected: Answer

    @property
    def ratio(self) -> float | None:
        """How many times faster the chosen one is; None beside one that failed."""
        slower, faster = self.rejected.result.seconds, self.chosen.result.seconds
        return None if slower is None or faster is None else slower / faster


@dataclass(frozen=True)
class Rules:
    """Which preferences are made of a row's answers."""

    min_ratio: float = OPTIMISED_THRESHOLD
    """Least ratio of the two programs' times."""
    per_row: int = 4
    """At most so many of a row, so that easy rows do not outweigh the rest."""
    failed: bool = False
    """Also the fastest accepted program over failed ones, where there is room left."""
    unsupported: UnsupportedAs = UnsupportedAs.FAILED
    """Whether a program that the machine cannot measure is among those."""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.min_ratio) and self.min_ratio > 1):
            raise ValueError(f"the least ratio must be above 1, not {self.min_ratio}")
        if self.per_row < 1:
            raise ValueError(f"a row has at least one preference, not {self.per_row}")


def _earned(answer: Answer) -> Answer:
    """Return an answer, as a wrong one if it has a mark that earns nothing."""
    if not answer.result.marks & WORTHLESS:
        return answer
    failed = Generation(Verdict.WRONG_ANSWER, None, None, answer.result.marks)
    return replace(answer, result=failed)


def preferences(answers: Sequence[Answer], rules: Rules) -> list[Preference]:
    """Return the preferences of one row, the largest ratio first, each program text once a side.

    Programs that could not be measured, and answers without one, take no part. One with a mark that
    earns nothing counts as failed. Ties are decided by the order of the answers.
    """
    distinct = [_earned(one) for one in {one.code: one for one in reversed(answers)}.values()][::-1]
    accepted = sorted(
        (one for one in distinct if one.result.seconds is not None),
        key=lambda one: one.result.seconds or 0.0,
    )
    made = [
        Preference(faster, slower)
        for faster, slower in combinations(accepted, 2)
        if (slower.result.seconds or 0.0)
        >= rules.min_ratio * (faster.result.seconds or 0.0) * (1 - RATIO_TOLERANCE)
    ]
    made.sort(key=lambda one: -(one.ratio or 0.0))
    if rules.failed and accepted:
        made += [
            Preference(accepted[0], one)
            for one in distinct
            if one.result.verdict is not Verdict.NO_CODE
            and standing(one.result.verdict, rules.unsupported) is Standing.FAILED
        ]
    return made[: rules.per_row]
