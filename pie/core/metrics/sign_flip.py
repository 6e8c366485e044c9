"""Whether a paired difference could be chance: a sign-flip permutation test over problems.

If two runs were alike, each problem's difference would as soon have the other sign. The p-value is
the share of all ways to draw the signs that give a sum at least as far from zero (Fisher 1935).
Rows of one problem keep one sign, since they are not independent. It assumes no distribution.

Always the same: all ways for few problems, else draws from a constant seed.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from itertools import compress

EXACT_PROBLEMS = 12
"""Up to so many problems all ways are counted; 4,096 for 12."""
DRAWS = 10_000
_SEED = 978  # as of the bootstrap


def sign_flip_p_value(sums: Sequence[float]) -> float | None:
    """Return the two-sided p-value of the problems' sums; None where nothing differs.

    Of draws, the one that was observed counts as one, so that it is never 0.
    """
    values = [value for value in sums if value]
    if not values:
        return None
    total = math.fsum(values)
    # What rounding alone makes of the same sum is as far from zero.
    least = abs(total) * (1 - 1e-12)
    if len(values) <= EXACT_PROBLEMS:
        ways = range(1 << len(values))
        far = sum(abs(_flipped(values, total, way)) >= least for way in ways)
        return far / len(ways)
    bits = random.Random(_SEED).getrandbits
    draws = (bits(len(values)) for _ in range(DRAWS))
    far = sum(abs(_flipped(values, total, way)) >= least for way in draws)
    return (far + 1) / (DRAWS + 1)


def _flipped(values: Sequence[float], total: float, way: int) -> float:
    """Return the sum with the sign of each value turned whose bit is not set."""
    kept = map(int, bin(way)[:1:-1])
    return 2 * math.fsum(compress(values, kept)) - total
