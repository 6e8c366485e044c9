"""Which programs are outliers in length."""

from __future__ import annotations

import math
from collections import Counter

PERCENTILE = 99.5
"""Of the lengths in characters; the pairs of PIE's first version were cut there."""


def cutoff(lengths: Counter[int], percentile: float = PERCENTILE) -> int | None:
    """Return the largest length that is kept: the smallest that so many percent do not exceed.

    Nearest rank, so that of fewer than 200 programs none is above the 99.5th percentile. None
    when there is no program.
    """
    total = lengths.total()
    rank = math.ceil(percentile / 100 * total)
    below = 0
    for length in sorted(lengths):
        below += lengths[length]
        if below >= rank:
            return length
    return None
