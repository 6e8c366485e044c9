"""What a refined task teaches: its kept programs in their order, and answers to equal prompts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pie.core.metrics.pair_result import Generation
from pie.core.training.execution import TestRun
from pie.core.training.trajectory import Solution, Trajectory, trajectory
from sim.program import Language
from sim.verdict import Verdict


@dataclass(frozen=True)
class KeptProgram:
    """The program that a chain had after an iteration."""

    program: str
    result: Generation
    """On the private tests; no text of these is here."""
    runs: tuple[TestRun, ...] = ()
    """On the public tests, as prompts may show them."""

    @property
    def accepted(self) -> bool:
        return self.result.verdict is Verdict.ACCEPTED and self.result.seconds is not None


@dataclass(frozen=True)
class RefinedChain:
    """One chain of a refinement run: its programs after each iteration, each once, in order."""

    place: str
    language: Language
    kept: tuple[KeptProgram, ...]
    about: Mapping[str, Any] = field(default_factory=dict)

    def improvements(self) -> list[tuple[KeptProgram, KeptProgram]]:
        """Return (before, after) where the later passes the private tests and gains by it.

        It gains where the earlier one fails them, or takes longer on them.
        """
        return [
            (before, after)
            for before, after in zip(self.kept, self.kept[1:], strict=False)
            if after.accepted
            and (
                before.result.verdict not in (Verdict.ACCEPTED, Verdict.NOT_MEASURED)
                or (before.accepted and _seconds(after) < _seconds(before))
            )
        ]

    def trajectory(self) -> Trajectory | None:
        """Return the accepted programs as ECCO's trajectory; None with fewer than three."""
        return trajectory(
            Solution(f"{number}", self.language, one.program, _seconds(one))
            for number, one in enumerate(self.kept)
            if one.accepted
        )


def distinct(programs: Iterable[KeptProgram | None]) -> tuple[KeptProgram, ...]:
    """Return the programs without those that are the one before again."""
    made: list[KeptProgram] = []
    for one in programs:
        if one is not None and one.program.strip():
            if made and made[-1].program.rstrip() == one.program.rstrip():
                continue
            made.append(one)
    return tuple(made)


def shown_runs(tests: Sequence[Mapping[str, Any]], most: int) -> tuple[TestRun, ...]:
    """Return what the first public tests gave, of the `evidence` of a run's lines."""
    made = []
    for one in tests[:most]:
        passed = one.get("verdict") == Verdict.ACCEPTED
        seconds, peak = one.get("seconds"), one.get("peak_bytes")
        made.append(TestRun(passed, seconds if passed else None, peak / 1024 if peak else None))
    return tuple(made)


def _seconds(one: KeptProgram) -> float:
    seconds = one.result.seconds
    assert seconds is not None
    return seconds
