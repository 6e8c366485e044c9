"""Scores that place a program among reference solutions: EvalPerf, ENAMEL, COFFE and ECCO.

A mean of speedups is ruled by the few tasks with large gaps. These scores are bounded by task
instead: a rung of a ladder of references, a share of the time that a limit leaves, a yes or no
against the best reference, a place among people. All take costs of any machine (cycles,
instructions, seconds), as long as both sides have the same.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

ENAMEL_HARDNESS = (0.0, 3.0, 3.0, 4.0)
"""Weights of ENAMEL's four levels of input sizes: level 0 only judges."""

ENAMEL_LIMIT_FACTOR = 2.0
"""ENAMEL's time limit over the slowest run of the expert's reference."""


@dataclass(frozen=True, slots=True)
class DifferentialScore:
    """EvalPerf's score of one program on one task, both within 0 to 100."""

    dps: float
    """The published share of solutions that the reached reference is at least as fast as."""
    normalised: float
    """The reached reference's place among the references, whatever their shares."""


def differential_score(
    cost: float, reference_costs: Sequence[float], scores: Sequence[float]
) -> DifferentialScore:
    """EvalPerf's DPS: the score of the fastest reference that the program is not slower than.

    `reference_costs` go from the slowest reference to the fastest, `scores` are theirs, cumulative
    and ascending to 100. From the fastest down, the first with cost <= its cost counts; none is 0.
    Scores (20, 60, 100) at (900, 500, 100): a cost of 450 gives 60 (66.7), 100 gives 100, 1000
    gives 0. Source: Liu et al. 2024, evalplus/evalperf.py. ValueError for lists that do not fit.
    """
    if len(reference_costs) != len(scores) or not scores:
        raise ValueError("a ladder of references needs as many costs as scores, and at least one")
    _check_cost(cost)
    for place in range(len(scores) - 1, -1, -1):
        if cost <= reference_costs[place]:
            return DifferentialScore(scores[place], 100 * (place + 1) / len(scores))
    return DifferentialScore(0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Level:
    """One size of ENAMEL's inputs: the costs of a program and of the reference by case.

    A cost of the program is None where it met its limit: a censored number, not a missing one.
    """

    costs: Sequence[float | None]
    reference_costs: Sequence[float]


def censored_efficiency(
    levels: Sequence[Level],
    hardness: Sequence[float] = ENAMEL_HARDNESS,
    limit_factor: float = ENAMEL_LIMIT_FACTOR,
) -> float | None:
    """ENAMEL's efficiency of one correct program: 1 is as fast as the expert, above 1 faster.

    The limit T is `limit_factor` x the reference's largest cost over the levels that weigh
    something. A level scores max(0, T - t) / (T - r), with t and r the program's and the
    reference's largest cost on its cases; a level on which a case met the limit scores 0, and so
    do all later ones, which a program of that growth would not reach either. The result is the mean
    weighted by `hardness`. None when level 0 meets the limit: such a program counts as wrong.
    Source: Qiu et al. 2024 (eff@k), enam/evaluate.py. ValueError for lists that do not fit.
    """
    if len(levels) != len(hardness) or not math.fsum(hardness) > 0 or min(hardness) < 0:
        raise ValueError("each level needs a weight of at least 0, and one a weight above 0")
    if any(not level.costs or not level.reference_costs for level in levels):
        raise ValueError("each level needs at least one case of program and reference")
    weighed = [level for level, weight in zip(levels, hardness, strict=True) if weight]
    limit = limit_factor * max(max(level.reference_costs) for level in weighed)
    if not limit_factor > 1:
        raise ValueError(f"the limit must be above the reference's cost, not {limit_factor} x it")
    shares: list[float] = []
    for number, level in enumerate(levels):
        costs = [cost for cost in level.costs if cost is not None]
        if len(costs) < len(level.costs) or max(costs) > limit:
            if number == 0:
                return None
            break
        shares.append(max(0.0, limit - max(costs)) / (limit - max(level.reference_costs)))
    shares += [0.0] * (len(levels) - len(shares))
    return math.fsum(s * w for s, w in zip(shares, hardness, strict=True)) / math.fsum(hardness)


def expected_best(values: Sequence[float], k: int) -> float:
    """Mean over all choices of k of n values of the largest one: eff@k from n samples.

    Unbiased, and of the least variance among such, since all subsets count (Rao-Blackwell): the
    sum over r = k..n of C(r-1, k-1) / C(n, k) times the r-th smallest value. With zeros and ones
    it is pass@k. ValueError unless 1 <= k <= n.
    """
    n = len(values)
    if not 1 <= k <= n:
        raise ValueError(f"the best of k needs 1 <= k <= n, not n={n}, k={k}")
    total = math.comb(n, k)
    ordered = sorted(values)
    return math.fsum(math.comb(r - 1, k - 1) / total * ordered[r - 1] for r in range(k, n + 1))


def is_efficient(cost: float, reference_cost: float) -> bool:
    """COFFE's test of one correct program: it costs less than the best reference.

    efficient@k is pass@k over the programs for which this holds, so it never exceeds pass@k.
    Source: Peng et al. 2025, who count instructions. An equal cost is not more efficient.
    """
    _check_cost(cost)
    _check_cost(reference_cost)
    return cost < reference_cost


def share_beaten(cost: float, population: Sequence[float]) -> float:
    """ECCO's percentile: the share of people's programs that cost more than this one.

    (5, 4, 3, 2) and 3.5 give 0.5; 6 gives 0: the released code made 1, the best score, of that 0.
    Equal costs are not beaten (the code counted them). ValueError for an empty population.
    """
    if not population:
        raise ValueError("a percentile needs programs of people to compare with")
    _check_cost(cost)
    ordered = sorted(-one for one in population)
    return bisect_left(ordered, -cost) / len(ordered)


def _check_cost(cost: float) -> None:
    if not (math.isfinite(cost) and cost > 0):
        raise ValueError(f"a cost of {cost}; it must be finite and above zero")
