"""Marks: what is said of an accepted program beside its verdict; docs/rewards.md has the table."""

from __future__ import annotations

from enum import StrEnum


class Mark(StrEnum):
    """What speaks against a number. A mark never changes a verdict."""

    SUSPICIOUS = "suspicious"
    """The host's processor does not agree with the speedup (`sim.agreement`)."""
    DIFFERS = "differs"
    """It prints something else than its source on an input that was made for this."""
    MEMORISED = "memorised"
    """It differs, and its text holds expected outputs, or constants shrunk to the tests."""
    BELOW_START = "below_start"
    """It costs no more than an empty program, so that nothing is left of it without the start."""


WORTHLESS = frozenset((Mark.DIFFERS, Mark.MEMORISED, Mark.BELOW_START))
"""Marks of answers that earn nothing, whatever their speedup."""
