"""How good a program is among all solutions of its problem, from 1 to 10."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

FIELD = "target_reward_updated_pct_bin"
"""PIE's name for the tag of a row's target; 10 is the best."""


def score_tag(cost: float, population: Sequence[float]) -> int:
    """Return 10 for the fastest tenth of a problem's solutions, 9 for the next, ... 1.

    `population` is the sorted costs of all solutions. The tag is 10 - floor(10 * b / n), with b
    the number of strictly faster ones of n: equal costs have equal tags, the fastest always has
    10, and in a small problem the tags are spread: three solutions have 10, 7 and 4. A cost that
    no solution has (a program from elsewhere) is placed among them; slower than all gives 1.
    Source: PIE 3.2, which says neither how ties nor how problems with fewer than ten solutions
    are tagged. ValueError for an empty population.
    """
    if not population:
        raise ValueError("a score tag needs the costs of the problem's solutions")
    faster = bisect_left(population, cost)
    return max(1, 10 - 10 * faster // len(population))
