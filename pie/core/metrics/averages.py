"""Ways to make one number of many, each named, since papers and their code often disagree on which.

Sums are exactly rounded (`math.fsum`), so no order of the values and no Python version changes a
digit. All raise ValueError when there is no value.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence


def ratio_of_sums(before: Sequence[float], after: Sequence[float]) -> float:
    """Sum of before / sum of after: every second weighs the same.

    Source: PerfCodeGen's paper; ECCO's speedup over the tests of one program. g=(1, 100) and
    y=(0.1, 100) give 1.009.
    """
    if len(before) != len(after) or not before:
        raise ValueError("a ratio of sums needs as many times before as after, and at least one")
    return math.fsum(before) / math.fsum(after)


def mean(values: Sequence[float]) -> float:
    """Arithmetic mean, the same for every order of the values; ValueError when there is none."""
    if not values:
        raise ValueError("no value to average")
    return math.fsum(values) / len(values)


def median(values: Sequence[float]) -> float:
    """Middle value, or the mean of the two middle ones; ValueError when there is none."""
    if not values:
        raise ValueError("no value to take the median of")
    return float(statistics.median(values))


def geometric_mean(values: Sequence[float]) -> float:
    """exp of the mean logarithm: the fitting mean of ratios, since f and 1/f cancel."""
    return math.exp(mean([math.log(value) for value in values]))


def pass_at_k(n: int, c: int, k: int) -> float:
    """Unbiased chance that one of k drawn from n samples, c of them correct, is correct.

    1 - C(n-c, k) / C(n, k); n=20, c=5, k=1 gives 0.25. Source: Codex (Chen et al. 2021); used by
    PerfCodeGen with n fixed at 20. Not the same as "correct among the first k" of PIE.
    """
    if not (0 <= c <= n and 1 <= k <= n):
        raise ValueError(f"pass@k needs 0 <= c <= n and 1 <= k <= n, not n={n}, c={c}, k={k}")
    total = math.comb(n, k)
    return (total - math.comb(n - c, k)) / total
