"""What a table is made of: the programs of one task, or of one row of pairs, as they were measured.

A run of tasks has the answers of each model, a refinement those after each iteration, a run of
pairs one group of answers. Tables see no difference between them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import chain

from sim.verdict import Verdict

MEGABYTE = 1e6
FIRST = "iteration 0"
"""The group of a refinement's first programs."""


@dataclass(frozen=True, slots=True)
class TestRun:
    """One program on one test. Numbers are None where nothing was measured."""

    __test__ = False

    verdict: Verdict
    cost: float | None = None
    """Cycles where the machine counts them, else seconds: what programs are compared by."""
    seconds: float | None = None
    peak_bytes: float | None = None
    byte_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """One program on the tests of its task."""

    verdict: Verdict
    tests: Mapping[str, TestRun] = field(default_factory=dict)
    """By name, in the order of the task; up to the first that met a limit of time."""
    repeats: tuple[float, ...] = ()
    """On the machine native: seconds over all tests, by repetition."""

    @property
    def accepted(self) -> bool:
        return self.verdict is Verdict.ACCEPTED

    def cost(self, chosen: Callable[[str], bool] = lambda _name: True) -> float | None:
        """Sum of the cost over the chosen tests; None unless accepted, and for no test."""
        return self._sum(lambda run: run.cost, chosen)

    @property
    def seconds(self) -> float | None:
        """Seconds over all tests; None unless accepted."""
        return self._sum(lambda run: run.seconds)

    @property
    def peak_megabytes(self) -> float | None:
        """Most memory in use on any test; None unless accepted, and where it is not known."""
        peaks = [run.peak_bytes for run in self.tests.values()]
        known = [peak for peak in peaks if peak]
        if not self.accepted or not known or len(known) < len(peaks):
            return None
        return max(known) / MEGABYTE

    @property
    def megabyte_seconds(self) -> float | None:
        """Memory over time, summed over all tests; None unless accepted and known."""
        total = self._sum(lambda run: run.byte_seconds)
        return None if total is None else total / MEGABYTE

    def _sum(
        self,
        number: Callable[[TestRun], float | None],
        chosen: Callable[[str], bool] = lambda _name: True,
    ) -> float | None:
        numbers = [number(run) for name, run in self.tests.items() if chosen(name)]
        known = [one for one in numbers if one is not None]
        if not self.accepted or not known or len(known) < len(numbers):
            return None
        # Cycles are whole numbers, and their sum is exact: equal programs cost the same.
        return sum(known)


@dataclass(frozen=True)
class Subject:
    """One task, or one row of pairs, with all of its programs."""

    name: str
    problem: str
    """What intervals draw again: rows of one problem share tests and authors."""
    given: Measured | None
    """The slow program of a pair; None for a task."""
    references: tuple[Measured, ...]
    """The task's solutions; of a pair the fast program."""
    answers: Mapping[str, tuple[Measured, ...]]
    """By group, in the order of the samples."""
    scores: tuple[float, ...] | None = None
    """EvalPerf's published scores, one for each reference."""
    hardness: tuple[float, ...] | None = None
    """ENAMEL's weights of the levels of input."""
    counts: bool = True
    """False for a problem of HumanEval that ENAMEL does not count."""

    @property
    def programs(self) -> tuple[Measured, ...]:
        """All programs: the slow one, the references, the answers of all groups."""
        given = () if self.given is None else (self.given,)
        return (*given, *self.references, *chain.from_iterable(self.answers.values()))

    @property
    def reference(self) -> Measured | None:
        """The first reference, if it is accepted."""
        first = self.references[0] if self.references else None
        return first if first is not None and first.accepted else None

    @property
    def accepted_references(self) -> tuple[Measured, ...]:
        return tuple(one for one in self.references if one.accepted)
