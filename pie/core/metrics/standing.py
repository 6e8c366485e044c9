"""What each verdict counts as in a score; docs/rewards.md holds the same as a table."""

from __future__ import annotations

from enum import StrEnum

from sim.verdict import Verdict


class UnsupportedAs(StrEnum):
    """What a generated program counts as that the machine cannot measure (`--unsupported`)."""

    FAILED = "failed"
    """A failure of the program, worth nothing: it could have done without."""
    LEFT_OUT = "left-out"
    """No score at all: for a machine that lacks what honest programs need."""


class Standing(StrEnum):
    """How a generated program with a verdict counts."""

    SCORED = "scored"
    """By its speed."""
    FAILED = "failed"
    """As no improvement: worth nothing, and in every denominator."""
    LEFT_OUT = "left out"
    """In no number; how often is said beside each."""


def standing(verdict: Verdict, unsupported: UnsupportedAs = UnsupportedAs.FAILED) -> Standing:
    """Return how a generated program with this verdict counts."""
    if verdict is Verdict.ACCEPTED:
        return Standing.SCORED
    if verdict is Verdict.NOT_MEASURED:
        return Standing.LEFT_OUT
    if verdict is Verdict.UNSUPPORTED and unsupported is UnsupportedAs.LEFT_OUT:
        return Standing.LEFT_OUT
    return Standing.FAILED
