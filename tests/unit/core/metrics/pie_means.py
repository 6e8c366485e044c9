"""PIE's three numbers as the paper writes them: what reports, made in one pass, must agree with."""

from __future__ import annotations

from collections.abc import Iterable

from pie.core.metrics.averages import mean
from pie.core.metrics.metrics import (
    OPTIMISED_THRESHOLD,
    exclusion_at_k,
    is_correct_at_k,
    is_judged_at_k,
    is_optimised_at_k,
    speedup_at_k,
)
from pie.core.metrics.pair_result import PairResult


def mean_speedup_at_k(pairs: Iterable[PairResult], k: int) -> float:
    """PIE's SPEEDUP: mean of `speedup_at_k` over the rows that have one."""
    return mean([speedup_at_k(p, k) for p in pairs if exclusion_at_k(p, k) is None])


def optimised_share_at_k(
    pairs: Iterable[PairResult], k: int, threshold: float = OPTIMISED_THRESHOLD
) -> float:
    """PIE's %OPT: share of the rows with a speedup whose `is_optimised` holds."""
    return mean([is_optimised_at_k(p, k, threshold) for p in pairs if exclusion_at_k(p, k) is None])


def correct_share_at_k(pairs: Iterable[PairResult], k: int) -> float:
    """PIE's %Correct: share of the judged rows with a correct one among the first k."""
    return mean([is_correct_at_k(p, k) for p in pairs if is_judged_at_k(p, k)])
