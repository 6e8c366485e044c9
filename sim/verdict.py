"""What became of a program on a test, and which of several verdicts stands for the whole."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Verdict(StrEnum):
    """One outcome; the order of the members is the order of display."""

    ACCEPTED = "accepted"
    WRONG_ANSWER = "wrong_answer"
    RUNTIME_ERROR = "runtime_error"
    TIME_LIMIT = "time_limit"
    MEMORY_LIMIT = "memory_limit"
    OUTPUT_LIMIT = "output_limit"
    COMPILE_ERROR = "compile_error"
    NO_CODE = "no_code"
    NONDETERMINISTIC = "nondeterministic"
    TAMPERING = "tampering"
    UNSUPPORTED = "unsupported"
    NOT_MEASURED = "not_measured"


# From the mildest to the gravest: what a reader must hear first about a program with several.
# `unsupported` is the program's own: it does what the machine cannot measure. `not_measured` is
# above all of a program's failings, since a program that we failed to run has no proven verdict;
# tampering is above everything, since it was proven.
_GRAVITY = (
    Verdict.ACCEPTED,
    Verdict.NONDETERMINISTIC,
    Verdict.WRONG_ANSWER,
    Verdict.OUTPUT_LIMIT,
    Verdict.MEMORY_LIMIT,
    Verdict.TIME_LIMIT,
    Verdict.RUNTIME_ERROR,
    Verdict.COMPILE_ERROR,
    Verdict.NO_CODE,
    Verdict.UNSUPPORTED,
    Verdict.NOT_MEASURED,
    Verdict.TAMPERING,
)
_RANK = {verdict: rank for rank, verdict in enumerate(_GRAVITY)}


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the gravest of one or more verdicts; ValueError when there is none."""
    return max(verdicts, key=_RANK.__getitem__)
