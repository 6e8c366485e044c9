"""How much better one run is than another on the same rows: paired differences, with intervals.

Two runs of the same rows share the rows' difficulty, so the interval of the difference is not to
be had from the intervals of the two. A row counts only where both runs have a number for it; the
bootstrap is that of the reports (`pie.core.metrics.bootstrap`): whole problems are drawn again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import zip_longest

from pie.core.metrics.bootstrap import Cluster, mean_interval
from pie.core.metrics.estimate import Estimate
from pie.core.metrics.metrics import (
    exclusion_at_k,
    is_correct_at_k,
    is_judged_at_k,
    is_optimised_at_k,
    speedup_at_k,
)
from pie.core.metrics.pair_result import PairResult
from pie.core.problem import InputError


@dataclass(frozen=True)
class PairedDifference:
    """The first run's mean minus the second's, at one k. None where no row has both numbers."""

    k: int
    rows: int
    """Rows of the speed differences."""
    left_out: int
    """Rows that one of the runs has no speedup for."""
    optimised: Estimate | None
    """Of the shares, within -1 to 1."""
    speedup: Estimate | None
    correct: Estimate | None
    """Over the rows that both runs judged."""


def paired_difference(
    first: Iterable[PairResult], second: Iterable[PairResult], k: int
) -> PairedDifference:
    """Compare two runs of the same rows at k; InputError when they are not the same rows.

    Rows are paired by their order, and must agree in problem and name.
    """
    pairs = list(zip_longest(first, second))
    for one, other in pairs:
        if one is None or other is None:
            raise InputError(
                "the runs have different numbers of rows", "compare finished runs of one file"
            )
        if (one.problem_id, one.name) != (other.problem_id, other.name):
            raise InputError(
                f"the runs have different rows ({one.name} and {other.name})",
                "compare runs of the same pairs file",
            )
    scored = [pair for pair in pairs if all(exclusion_at_k(one, k) is None for one in pair)]
    judged = [pair for pair in pairs if all(is_judged_at_k(one, k) for one in pair)]
    return PairedDifference(
        k=k,
        rows=len(scored),
        left_out=len(pairs) - len(scored),
        optimised=_difference(scored, lambda one: is_optimised_at_k(one, k)),
        speedup=_difference(scored, lambda one: speedup_at_k(one, k)),
        correct=_difference(judged, lambda one: is_correct_at_k(one, k)),
    )


def _difference(
    pairs: list[tuple[PairResult, PairResult]], number: Callable[[PairResult], float]
) -> Estimate | None:
    if not pairs:
        return None
    by_problem: dict[str, list[float]] = {}
    for one, other in pairs:
        by_problem.setdefault(one.problem_id, []).append(number(one) - number(other))
    clusters = {
        problem: Cluster(math.fsum(values), len(values)) for problem, values in by_problem.items()
    }
    total = math.fsum(cluster.total for cluster in clusters.values())
    return Estimate(total / len(pairs), mean_interval(clusters))
