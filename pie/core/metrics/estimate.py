"""A number over problems with its interval, for values that need not be PIE's.

Each function takes values by problem and draws whole problems again (`pie.core.metrics.bootstrap`),
since tasks of one problem share tests and authors. A data set of functions has one task a problem.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pie.core.metrics.averages import mean
from pie.core.metrics.bootstrap import (
    LEVEL,
    RESAMPLES,
    Cluster,
    Interval,
    draws,
    mean_interval,
)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number, and its interval over problems (None with a single problem)."""

    value: float
    interval: Interval | None


def mean_estimate(by_problem: Mapping[str, Sequence[float]]) -> Estimate | None:
    """Mean over all values; None when there is none. Problems without values are ignored."""
    filled = {problem: values for problem, values in by_problem.items() if values}
    if not filled:
        return None
    clusters = {
        problem: Cluster(math.fsum(values), len(values)) for problem, values in filled.items()
    }
    return Estimate(
        mean([value for values in filled.values() for value in values]), mean_interval(clusters)
    )


def ratio_of_sums_estimate(
    by_problem: Mapping[str, Sequence[tuple[float, float]]],
    *,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
) -> Estimate | None:
    """Sum of the first numbers over the sum of the second; None when there is no pair.

    ValueError when a second number is not above zero, since a resample could then divide by zero.
    """
    filled = {problem: pairs for problem, pairs in by_problem.items() if pairs}
    if not filled:
        return None
    if any(not below > 0 for pairs in filled.values() for _, below in pairs):
        raise ValueError("a ratio of sums needs denominators above zero")
    above = [math.fsum(one for one, _ in filled[problem]) for problem in sorted(filled)]
    below = [math.fsum(two for _, two in filled[problem]) for problem in sorted(filled)]
    value = math.fsum(above) / math.fsum(below)
    if len(filled) < 2:
        return Estimate(value, None)
    ratios = sorted(
        math.fsum(map(above.__getitem__, draw)) / math.fsum(map(below.__getitem__, draw))
        for draw in draws(len(filled), resamples)
    )
    outside = int(resamples * (1 - level) / 2)
    return Estimate(value, Interval(ratios[outside], ratios[-1 - outside], level))
