"""Whether a simulated speedup agrees with the real processor: the mark `suspicious`. Pure.

The mark depends on the host. It stands in `native.jsonl` and in the report, and changes no verdict.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

FACTOR = 4.0
"""Simulated and native speedup may differ by so much, in either direction."""
LEAST_SECONDS = 0.005
"""Native CPU time of source and answer, both without start-up, below which nothing is said."""
_NEAR = 2.0
"""A first run that is nearer than this to a bound does not decide; it is repeated."""


@dataclass(frozen=True)
class Cost:
    """One program of a row, summed over the row's tests."""

    native_seconds: float
    """CPU time on the host, start-up included."""
    simulated_seconds: float
    """Start-up included."""


@dataclass(frozen=True)
class Start:
    """An empty program, once."""

    native_seconds: float = 0.0
    simulated_seconds: float = 0.0


@dataclass(frozen=True)
class Agreement:
    """One answer against its source, on the processor and on the machine."""

    src_native_seconds: float
    """CPU time without start-up, summed over the tests."""
    answer_native_seconds: float
    startup_native_seconds: float
    """Of one start."""
    repeats: int
    """How often each program was run natively; the least counts."""
    native_speedup: float | None
    """Source over answer, without start-up; None where one of them takes no time."""
    simulated_speedup: float | None
    eligible: bool
    """Both native times are over `LEAST_SECONDS`."""
    suspicious: bool
    """Eligible, and the two speedups differ by more than `FACTOR`."""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def agreement(source: Cost, answer: Cost, start: Start, tests: int, repeats: int) -> Agreement:
    """Compare two speedups of a pair, both without the start of the process, which is no work.

    A simulated time that start-up explains whole counts as a millionth of it: work of more than
    `LEAST_SECONDS` was then seen by the processor and not by the machine.
    """
    native = [
        max(0.0, one.native_seconds - tests * start.native_seconds) for one in (source, answer)
    ]
    simulated = [
        max(
            one.simulated_seconds - tests * start.simulated_seconds,
            1e-6 * one.simulated_seconds,
        )
        for one in (source, answer)
    ]
    eligible = min(native) > LEAST_SECONDS
    here, there = _ratio(*native), _ratio(*simulated)
    apart = distance(here, there)
    return Agreement(
        src_native_seconds=native[0],
        answer_native_seconds=native[1],
        startup_native_seconds=start.native_seconds,
        repeats=repeats,
        native_speedup=here,
        simulated_speedup=there,
        eligible=eligible,
        suspicious=eligible and (apart is None or apart > FACTOR),
    )


def distance(one: float | None, other: float | None) -> float | None:
    """Return by what factor two speedups differ, 1 or more; None where one is missing."""
    if one is None or other is None:
        return None
    return max(one / other, other / one)


def may_be_eligible(source: Cost, answer: Cost) -> bool:
    """Tell whether first native times, with start-up, leave room for two eligible programs."""
    return min(source.native_seconds, answer.native_seconds) > LEAST_SECONDS / _NEAR


def must_be_repeated(first: Agreement) -> bool:
    """Tell whether the first native run is too near to a bound to decide alone."""
    if min(first.src_native_seconds, first.answer_native_seconds) <= LEAST_SECONDS / _NEAR:
        return False
    apart = distance(first.native_speedup, first.simulated_speedup)
    return apart is None or apart > FACTOR / _NEAR


def _ratio(over: float, under: float) -> float | None:
    return over / under if over > 0 and under > 0 else None
