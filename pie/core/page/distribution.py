"""What the page draws: how speedups are distributed, and %Opt at every threshold."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field

from pie.core.metrics.metrics import (
    best_at_k,
    exclusion_at_k,
    human_as_generation,
    is_optimised_at_k,
)
from pie.core.metrics.pair_result import PairResult
from pie.core.metrics.standing import UnsupportedAs

THRESHOLDS = (
    *(round(1 + tenth / 10, 1) for tenth in range(1, 11)),
    *(round(2 + half / 2, 1) for half in range(1, 17)),
)
"""Where %Opt is told: each tenth from 1.1 to 2, then each half up to 10."""

_STEPS = 8
"""Bins of the distribution in each doubling of the speedup."""
_DOUBLINGS = (-3, 10)
"""The bins go from 1/8 to 1,024; what lies beyond is in the outer ones."""
EDGES = tuple(
    2.0 ** (step / _STEPS) for step in range(_DOUBLINGS[0] * _STEPS, _DOUBLINGS[1] * _STEPS + 1)
)


@dataclass
class Line:
    """One kind of program over all rows: the targets, or the best of the generations."""

    name: str
    k: int
    unsupported: UnsupportedAs
    scored: int = 0
    """Rows with a speedup; the others are in neither number."""
    none_accepted: int = 0
    """Those of them without an accepted program: not in the distribution, 1 in PIE's speedup."""
    counts: list[int] = field(default_factory=lambda: [0] * (len(EDGES) - 1))
    """Rows by bin of `EDGES`, of source / fastest accepted program, not clamped."""
    optimised: list[int] = field(default_factory=lambda: [0] * len(THRESHOLDS))
    """Rows by threshold."""

    def add(self, pair: PairResult) -> None:
        """Add one row."""
        if exclusion_at_k(pair, self.k, self.unsupported) is not None:
            return
        self.scored += 1
        ratio = ratio_at_k(pair, self.k, self.unsupported)
        if ratio is None:
            self.none_accepted += 1
        else:
            self.counts[bin_of(ratio)] += 1
        for index, threshold in enumerate(THRESHOLDS):
            self.optimised[index] += is_optimised_at_k(pair, self.k, threshold)

    def as_dict(self) -> dict[str, object]:
        """Everything as JSON has it; shares between 0 and 1, None where no row is scored."""
        return {
            "name": self.name,
            "scored": self.scored,
            "none_accepted": self.none_accepted,
            "counts": self.counts,
            "optimised": [
                number / self.scored if self.scored else None for number in self.optimised
            ],
        }


def bin_of(ratio: float) -> int:
    """Return the bin of a speedup; the outer ones hold what lies beyond."""
    return min(max(bisect_right(EDGES, ratio) - 1, 0), len(EDGES) - 2)


def ratio_at_k(pair: PairResult, k: int, unsupported: UnsupportedAs) -> float | None:
    """Return source / fastest accepted of the first k, not clamped; None where there is none."""
    if exclusion_at_k(pair, k, unsupported) is not None or pair.src_seconds is None:
        return None
    best = best_at_k(pair.generations, k)
    return None if best is None else pair.src_seconds / best


def lines_of(pairs: Iterable[PairResult], most: int, unsupported: UnsupportedAs) -> list[Line]:
    """Go through the rows once: the targets, the first generations, the best of all `most`."""
    lines = [Line("human@1", 1, UnsupportedAs.LEFT_OUT)]
    lines += [Line(f"best@{k}", k, unsupported) for k in sorted({1, most}) if 1 <= k <= most]
    for pair in pairs:
        lines[0].add(human_as_generation(pair))
        for line in lines[1:]:
            line.add(pair)
    return lines
