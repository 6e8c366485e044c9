"""What running a program on a task's public tests has shown."""

from __future__ import annotations

from dataclasses import dataclass

from sim.verdict import Verdict


@dataclass(frozen=True)
class PublicTest:
    """A test that prompts may show: its texts, and its name.

    The refinement of a task is given these and nothing else of its tests, so that no private input
    or output can reach a prompt.
    """

    name: str
    given: str
    expected: str


@dataclass(frozen=True)
class TestEvidence:
    """One program on one public test."""

    __test__ = False

    test: PublicTest
    verdict: Verdict
    detail: str = ""
    printed: str | None = None
    """What it printed; None where that was not asked for."""
    seconds: float | None = None
    """Its cost in seconds of the machine; None unless accepted and measured."""
    peak_bytes: int = 0
    """Most memory in use at once; 0 where nobody knows."""
    memory_time: float | None = None
    """Memory over time, MB s; None where it was not measured."""


@dataclass(frozen=True)
class Evidence:
    """One program on all public tests."""

    verdict: Verdict
    detail: str = ""
    tests: tuple[TestEvidence, ...] = ()
    cost: float | None = None
    """Sum over the tests, in the machine's unit; None unless accepted on all."""
    memory_time: float | None = None
    """Memory over time, MB s, summed over the tests; None where it was not measured."""
    profile: str | None = None
    """Cost by line as text; None where it was not made."""
    memory_profile: str | None = None
    profile_problem: str = ""
    """Why the profiles that the strategy shows could not be made."""

    @property
    def correct(self) -> bool:
        """Whether all public tests passed."""
        return self.verdict is Verdict.ACCEPTED

    @property
    def seconds(self) -> float | None:
        """Sum of the seconds over the tests; None unless all were measured."""
        costs = [one.seconds for one in self.tests if one.seconds is not None]
        return sum(costs) if costs and len(costs) == len(self.tests) else None

    @property
    def peak_bytes(self) -> int:
        """Most memory resident at once on any test."""
        return max((one.peak_bytes for one in self.tests), default=0)

    def failed(self) -> TestEvidence | None:
        """Return the first test that it failed."""
        return next((one for one in self.tests if one.verdict is not Verdict.ACCEPTED), None)

    def costliest(self) -> TestEvidence | None:
        """Return the test on which it cost the most, of equal ones the first."""
        measured = [one for one in self.tests if one.seconds is not None]
        return max(measured, key=lambda one: one.seconds or 0.0, default=None)
