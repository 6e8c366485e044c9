"""From a measured speedup to a number that a policy is trained on."""

from __future__ import annotations

import math
from enum import StrEnum

from pie.core.metrics.standing import Standing, UnsupportedAs, standing
from sim.verdict import Verdict

NOTHING = 0.0
"""What a program is worth that is not accepted: a wrong one no less than one that cheats."""


class Scale(StrEnum):
    """How a speedup s = source / answer becomes a reward, for an accepted program.

    Both are 1 for a program as fast as its source, s itself for a slower one, and rise with s.
    """

    LOG2 = "log2"
    """1 + log2(s) from 1 on: each doubling of speed is worth the same, and no single row with a
    thousandfold speedup outweighs all others."""
    RATIO = "ratio"
    """s itself: the mean reward is PIE's mean speedup, with wrong programs as 0 instead of 1."""


class Cost(StrEnum):
    """What a speedup is of."""

    NET = "net"
    """The cost without the start of the process, which no answer can be paid for leaving out."""
    GROSS = "gross"
    """The whole cost, as PIE has it."""


def reward_of(
    verdict: Verdict,
    speedup: float | None,
    scale: Scale = Scale.LOG2,
    cap: float = 64.0,
    unsupported: UnsupportedAs = UnsupportedAs.FAILED,
) -> float | None:
    """Return an answer's reward: above 0 exactly when it is accepted, and never above `cap`'s.

    None when it could not be measured through our own failure, or does what the machine cannot
    measure and `unsupported` leaves that out: TRL then leaves the sample out.
    `cap` is the speedup from which on more is worth no more. ValueError for an accepted program
    without a speedup above 0, and for a cap below 1.
    """
    if not cap >= 1:
        raise ValueError(f"the cap of a reward is a speedup of at least 1, not {cap}")
    counts = standing(verdict, unsupported)
    if counts is Standing.LEFT_OUT:
        return None
    if counts is Standing.FAILED:
        return NOTHING
    if speedup is None or not (math.isfinite(speedup) and speedup > 0):
        raise ValueError(f"an accepted program has a speedup above 0, not {speedup}")
    counted = min(speedup, cap)
    if scale is Scale.RATIO or counted <= 1:
        return counted
    return 1 + math.log2(counted)
