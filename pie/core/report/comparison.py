"""Two runs of the same rows: which rows got better, by how much, and whether it could be chance."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from pie.core.metrics.bootstrap import Cluster, exponential, mean_interval
from pie.core.metrics.estimate import Estimate
from pie.core.metrics.metrics import (
    exclusion_at_k,
    human_as_generation,
    is_correct_at_k,
    speedup_at_k,
)
from pie.core.metrics.pair_result import PairResult
from pie.core.metrics.paired_difference import PairedDifference, paired_difference
from pie.core.metrics.sign_flip import sign_flip_p_value
from pie.core.problem import InputError

SCHEMA_VERSION = 1
FACTOR = 1.05
"""A row is improved or worse from this factor between its speedups on."""


class Change(StrEnum):
    """What became of a row from the first run to the second."""

    IMPROVED = "improved"
    SAME = "same"
    WORSE = "worse"
    NOT_COMPARED = "not compared"
    """One of the runs has no speedup for it."""


@dataclass(frozen=True)
class RowChange:
    """One row in both runs."""

    row: int
    """From 1 on, in the order of the file."""
    problem_id: str
    name: str
    first: float | None
    """PIE's speedup at k in the first run, at least 1; None where it has none."""
    second: float | None
    change: Change

    @property
    def factor(self) -> float | None:
        """The second speedup over the first."""
        return self.second / self.first if self.first and self.second else None


@dataclass(frozen=True)
class RunsCompared:
    """The second run against the first."""

    first: str
    second: str
    k: int
    of_targets: bool
    """Whether the targets were compared, since the runs have no generations."""
    least_factor: float
    rows: tuple[RowChange, ...]
    factor: Estimate | None
    """Geometric mean of the rows' factors, with its interval over problems."""
    p_value: float | None
    """Of the sign-flip test over problems; None where no row differs."""
    difference: PairedDifference
    """Means of the second run minus those of the first."""
    newly_correct: int
    """Rows with an accepted program in the second run only."""
    no_longer_correct: int
    settings_differ: str = ""
    """What differs between what the runs were measured on; empty where nothing does."""

    def count(self, change: Change) -> int:
        """Return how many rows changed so."""
        return sum(row.change is change for row in self.rows)

    @property
    def won(self) -> int:
        """Rows whose speedup is higher in the second run, by however little."""
        return sum((row.factor or 1) > 1 for row in self.rows)

    @property
    def lost(self) -> int:
        """Rows whose speedup is lower in the second run."""
        return sum((row.factor or 1) < 1 for row in self.rows)

    def as_dict(self) -> dict[str, Any]:
        """Everything as JSON has it."""
        plain = {key: value for key, value in asdict(self).items() if key != "rows"}
        counts = {change.value.replace(" ", "_"): self.count(change) for change in Change}
        rows = [{**asdict(row), "factor": row.factor} for row in self.rows]
        return {
            "schema_version": SCHEMA_VERSION,
            **plain,
            **counts,
            "won": self.won,
            "lost": self.lost,
            "rows": rows,
        }


def compare_runs(
    first: Sequence[PairResult],
    second: Sequence[PairResult],
    names: tuple[str, str],
    *,
    k: int | None = None,
    least_factor: float = FACTOR,
    settings_differ: str = "",
) -> RunsCompared:
    """Compare two runs of the same rows at k, by default the most that both have.

    Runs without generations are compared by their targets. InputError for other rows, a k that a
    run has not got, and where one run has generations and the other none.
    """
    most = [max((len(pair.generations) for pair in pairs), default=0) for pairs in (first, second)]
    of_targets = not any(most)
    if of_targets:
        first = [human_as_generation(pair) for pair in first]
        second = [human_as_generation(pair) for pair in second]
        most = [1, 1]
    if not all(most):
        without = names[most.index(0)]
        raise InputError(f"{without} has no generations and the other run has", "compare alike")
    chosen = k or min(most)
    if chosen > min(most):
        raise InputError(
            f"a run has at most {min(most)} generations a row, not {chosen}", "give a smaller --k"
        )
    # The second run is the one that is asked about: positive where it is better.
    difference = paired_difference(second, first, chosen)
    rows = tuple(
        _row(number, one, other, chosen, least_factor)
        for number, (one, other) in enumerate(zip(first, second, strict=True), start=1)
    )
    correct = [
        (is_correct_at_k(one, chosen), is_correct_at_k(other, chosen))
        for one, other in zip(first, second, strict=True)
    ]
    by_problem = _logarithms(rows)
    return RunsCompared(
        first=names[0],
        second=names[1],
        k=chosen,
        of_targets=of_targets,
        least_factor=least_factor,
        rows=rows,
        factor=_factor(by_problem),
        p_value=sign_flip_p_value([math.fsum(values) for values in by_problem.values()]),
        difference=difference,
        newly_correct=correct.count((False, True)),
        no_longer_correct=correct.count((True, False)),
        settings_differ=settings_differ,
    )


def _row(number: int, one: PairResult, other: PairResult, k: int, least_factor: float) -> RowChange:
    speedups = [
        speedup_at_k(pair, k) if exclusion_at_k(pair, k) is None else None for pair in (one, other)
    ]
    first, second = speedups
    change = Change.NOT_COMPARED
    if first is not None and second is not None:
        change = Change.SAME
        if second >= first * least_factor:
            change = Change.IMPROVED
        elif first >= second * least_factor:
            change = Change.WORSE
    return RowChange(number, one.problem_id, one.name, first, second, change)


def _logarithms(rows: Iterable[RowChange]) -> dict[str, list[float]]:
    by_problem: dict[str, list[float]] = {}
    for row in rows:
        if row.factor is not None:
            by_problem.setdefault(row.problem_id, []).append(math.log(row.factor))
    return by_problem


def _factor(by_problem: dict[str, list[float]]) -> Estimate | None:
    values = [value for logarithms in by_problem.values() for value in logarithms]
    if not values:
        return None
    clusters = {
        problem: Cluster(math.fsum(logarithms), len(logarithms))
        for problem, logarithms in by_problem.items()
    }
    mean = math.fsum(values) / len(values)
    return Estimate(math.exp(mean), exponential(mean_interval(clusters)))
