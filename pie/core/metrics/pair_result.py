"""What was measured of one row, and how many programs got which verdict."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sim.verdict import Verdict

ROLES = ("source", "target", "generation")


@dataclass(frozen=True, slots=True)
class Generation:
    """One program that a model wrote: what became of it, and its seconds over all tests."""

    verdict: Verdict
    seconds: float | None
    net: float | None = None
    """Seconds without the start of the process; None where nothing is left, or it is not known."""
    marks: frozenset[str] = frozenset()
    """By `pie.core.marks`."""
    made_inputs: int = 0
    """Made inputs that it was run on beside its source."""


@dataclass(frozen=True, slots=True)
class PairResult:
    """What was measured of one row: the slow source, the fast target, and the generations.

    A runtime is the sum over the row's tests, and is there exactly when the verdict is `accepted`.
    ValueError, naming the row, when it is not, or when a runtime is not finite and above zero.
    """

    problem_id: str
    src_verdict: Verdict
    src_seconds: float | None
    tgt_verdict: Verdict
    tgt_seconds: float | None
    generations: tuple[Generation, ...] = ()
    name: str = "(unnamed)"
    src_net: float | None = None
    """Seconds without the start of the process, as `tgt_net`."""
    tgt_net: float | None = None
    src_marks: frozenset[str] = frozenset()
    tgt_marks: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self._check("the source", self.src_verdict, self.src_seconds)
        self._check("the target", self.tgt_verdict, self.tgt_seconds)
        self._check_net("the source", self.src_seconds, self.src_net)
        self._check_net("the target", self.tgt_seconds, self.tgt_net)
        for number, generation in enumerate(self.generations, start=1):
            self._check(f"generation {number}", generation.verdict, generation.seconds)
            self._check_net(f"generation {number}", generation.seconds, generation.net)

    def _check_net(self, role: str, seconds: float | None, net: float | None) -> None:
        if net is not None and not (seconds is not None and 0 < net <= seconds):
            raise ValueError(
                f"row {self.name}: the net runtime of {role} is {net} s of {seconds} s; "
                "it must be above zero and no more than the whole"
            )

    def _check(self, role: str, verdict: Verdict, seconds: float | None) -> None:
        accepted = verdict == Verdict.ACCEPTED
        if accepted and seconds is None:
            raise ValueError(f"row {self.name}: {role} is accepted but has no runtime")
        if not accepted and seconds is not None:
            raise ValueError(f"row {self.name}: {role} is {verdict} but has a runtime")
        if seconds is not None and not (math.isfinite(seconds) and seconds > 0):
            raise ValueError(
                f"row {self.name}: the runtime of {role} is {seconds} s; "
                "a runtime must be finite and above zero"
            )


def add_marks(counts: Counter[tuple[str, str]], pair: PairResult) -> None:
    """Add one row's marks to the counts by role and mark."""
    counts.update(("source", mark) for mark in pair.src_marks)
    counts.update(("target", mark) for mark in pair.tgt_marks)
    for generation in pair.generations:
        counts.update(("generation", mark) for mark in generation.marks)


def no_verdicts() -> dict[str, dict[str, int]]:
    """The counts of no program at all: every verdict by role, in display order."""
    return {role: {verdict.value: 0 for verdict in Verdict} for role in ROLES}


def add_verdicts(counts: Mapping[str, dict[str, int]], pair: PairResult) -> None:
    """Add one row's programs to the counts."""
    counts["source"][pair.src_verdict.value] += 1
    counts["target"][pair.tgt_verdict.value] += 1
    for generation in pair.generations:
        counts["generation"][generation.verdict.value] += 1
