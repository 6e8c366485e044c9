"""How cost grows with the input: an exponent for each program, and whether they differ in it.

The model is cost = factor * size ** exponent, of net costs, fitted by least squares of logarithms.
A linear program with a logarithm in it has an exponent a little above 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pie.core.metrics.bootstrap import LEVEL, RESAMPLES, Interval, draws

LEAST_SIZES = 4
"""Different sizes below which nothing is fitted."""
LEAST_RANGE = 4.0
"""The largest size must be so many times the smallest."""


@dataclass(frozen=True)
class Point:
    """One input: its size in tokens, and each program's net cycles."""

    size: int
    cycles: tuple[int, ...]


@dataclass(frozen=True)
class Growth:
    """What was fitted of one program."""

    exponent: float
    interval: Interval
    factor: float
    """Cycles at size 1, by the fit."""


@dataclass(frozen=True)
class Compared:
    """The growth of each program, and of two the difference of their exponents."""

    growths: tuple[Growth, ...]
    difference: Interval | None = None
    """Of the first less the second; None unless there are two."""

    @property
    def another_order(self) -> bool:
        """Whether the two grow in different orders, as far as these sizes tell."""
        return self.difference is not None and not self.difference.low <= 0 <= self.difference.high


def fit(points: Sequence[Point]) -> Compared | None:
    """Fit every program; None where there are too few sizes, or a cost is below the start.

    Of many sizes the larger half counts (by logarithm): small ones show what is linear in every
    program, as reading. Intervals: 95 %, percentile bootstrap over inputs. All programs share each
    resample.
    """
    points = sorted(points, key=lambda one: one.size)
    larger = [one for one in points if one.size**2 >= points[0].size * points[-1].size]
    if _is_enough(larger):
        points = larger
    elif not _is_enough(points):
        return None
    if any(cycles <= 0 for one in points for cycles in one.cycles):
        return None
    x = [math.log(one.size) for one in points]
    ys = [[math.log(one.cycles[k]) for one in points] for k in range(len(points[0].cycles))]
    resampled: list[list[float]] = [[] for _ in ys]
    for draw in draws(len(points), RESAMPLES):
        chosen = [x[k] for k in draw]
        if max(chosen) - min(chosen) < math.log(2):
            continue  # of a single size there is no slope
        for k, y in enumerate(ys):
            resampled[k].append(_line(chosen, [y[at] for at in draw])[0])
    growths = []
    for y, slopes in zip(ys, resampled, strict=True):
        slope, offset = _line(x, y)
        growths.append(Growth(slope, _interval(slopes), math.exp(offset)))
    difference = None
    if len(ys) == 2:
        pairs = zip(*resampled, strict=True)
        difference = _interval([first - second for first, second in pairs])
    return Compared(tuple(growths), difference)


def _is_enough(points: Sequence[Point]) -> bool:
    sizes = {one.size for one in points}
    return len(sizes) >= LEAST_SIZES and min(sizes) >= 1 and max(sizes) >= LEAST_RANGE * min(sizes)


def _line(x: Sequence[float], y: Sequence[float]) -> tuple[float, float]:
    """Return slope and offset by least squares."""
    middle_x, middle_y = math.fsum(x) / len(x), math.fsum(y) / len(y)
    spread = math.fsum((one - middle_x) ** 2 for one in x)
    slope = math.fsum((a - middle_x) * (b - middle_y) for a, b in zip(x, y, strict=True)) / spread
    return slope, middle_y - slope * middle_x


def _interval(values: Sequence[float]) -> Interval:
    ordered = sorted(values)
    outside = int(len(ordered) * (1 - LEVEL) / 2)
    return Interval(ordered[outside], ordered[-1 - outside], LEVEL)
