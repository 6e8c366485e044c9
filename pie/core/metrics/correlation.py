"""How two numbers of the same rows go together: Pearson's and Spearman's coefficients.

The intervals are those of the reports: whole problems are drawn again
(`pie.core.metrics.bootstrap`).
Spearman's coefficient is Pearson's of the ranks, equal values with their mean rank; in a resample
the ranks stay those of all rows.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pie.core.metrics.bootstrap import LEVEL, RESAMPLES, Interval, draws
from pie.core.metrics.estimate import Estimate

Point = tuple[str, float, float]
"""A problem and the two numbers of one of its rows."""


@dataclass(frozen=True, slots=True)
class Correlation:
    """Both coefficients, within -1 to 1; None where a number is the same in every row."""

    rows: int
    problems: int
    pearson: Estimate | None
    spearman: Estimate | None


def correlation(points: Iterable[Point]) -> Correlation:
    """Correlate the two numbers of the points."""
    given = list(points)
    problems = [problem for problem, _x, _y in given]
    left, right = [x for _p, x, _y in given], [y for _p, _x, y in given]
    return Correlation(
        len(given),
        len(set(problems)),
        _estimate(problems, left, right),
        _estimate(problems, ranks(left), ranks(right)),
    )


def ranks(values: Sequence[float]) -> list[float]:
    """Return the rank of each value, 1 the smallest; equal ones have the mean of their ranks."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranked = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end < len(order) and values[order[end]] == values[order[start]]:
            end += 1
        for at in order[start:end]:
            ranked[at] = (start + 1 + end) / 2
        start = end
    return ranked


def _estimate(
    problems: Sequence[str], left: Sequence[float], right: Sequence[float]
) -> Estimate | None:
    if not left:
        return None
    # About the means, so that sums of squares lose no digits.
    mean_x, mean_y = math.fsum(left) / len(left), math.fsum(right) / len(right)
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0] * 6)
    for problem, x, y in zip(problems, left, right, strict=True):
        dx, dy = x - mean_x, y - mean_y
        for at, part in enumerate((1.0, dx, dy, dx * dx, dy * dy, dx * dy)):
            sums[problem][at] += part
    clusters = [sums[problem] for problem in sorted(sums)]
    value = _pearson(clusters)
    return None if value is None else Estimate(value, _interval(clusters))


def _pearson(clusters: Sequence[Sequence[float]]) -> float | None:
    n, x, y, xx, yy, xy = (math.fsum(column) for column in zip(*clusters, strict=True))
    spread = (xx - x * x / n) * (yy - y * y / n)
    if spread <= 1e-18 * xx * yy:
        return None
    return max(-1.0, min(1.0, (xy - x * y / n) / math.sqrt(spread)))


def _interval(clusters: Sequence[Sequence[float]]) -> Interval | None:
    """Return the percentile interval; None for one problem, or where resamples are constant."""
    if len(clusters) < 2:
        return None
    drawn = [_pearson([clusters[at] for at in draw]) for draw in draws(len(clusters), RESAMPLES)]
    values = sorted(one for one in drawn if one is not None)
    if len(values) < RESAMPLES * LEVEL:
        return None
    outside = int(len(values) * (1 - LEVEL) / 2)
    return Interval(values[outside], values[-1 - outside], LEVEL)
