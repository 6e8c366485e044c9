"""ECCO's tables: of edits pass@1, speedup and memory reduction; of tasks pass@1 and percentiles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from pie.core.metrics.estimate import Estimate, mean_estimate
from pie.core.metrics.reference_levels import share_beaten
from pie.core.metrics.samples import EccoRun, ecco_ratio
from pie.core.report.styles.passing import Passing
from pie.core.report.styles.subject import Measured, Subject, TestRun
from pie.core.report.styles.table import (
    About,
    Column,
    Form,
    Left,
    Line,
    Number,
    Part,
    Tables,
    ordered,
)

LEAST_PEOPLE = 2
"""A place among fewer programs says nothing."""
_EDIT = (
    "speedup: sum of the source's cost over all tests / sum of the answer's; memory reduction: the "
    "same of the most memory in use on each test; both means over the answers where both programs "
    "pass every test (the published code asks it of the source alone); pass@1: unbiased, all "
    "tests. The first k of several samples are not chosen from: every answer counts."
)
_TASK = (
    "runtime % and memory %: share of the task's correct reference solutions that cost more than "
    "the answer, mean over correct answers; the slowest of all beats nobody and has 0 (the "
    "published code makes that 1), equal costs are not beaten; pass@1: unbiased, all tests."
)


def _run_of(one: Measured, number: Callable[[TestRun], float | None]) -> EccoRun:
    """Return a correct program's numbers by test, None where one is not known."""
    return EccoRun(tuple(number(run) for run in one.tests.values()))


def _peak(one: Measured) -> float | None:
    """Sum of the most memory over the tests: programs of a task have the same tests."""
    peaks = [run.peak_bytes for run in one.tests.values()]
    known = [peak for peak in peaks if peak]
    return sum(known) if one.accepted and known and len(known) == len(peaks) else None


@dataclass
class _Group:
    passing: Passing
    time: dict[str, list[float]] = field(default_factory=dict)
    """By problem: speedups, or shares beaten."""
    memory: dict[str, list[float]] = field(default_factory=dict)

    def add(self, problem: str, time: float | None, memory: float | None) -> None:
        for kept, value in ((self.time, time), (self.memory, memory)):
            if value is not None:
                kept.setdefault(problem, []).append(value)


@dataclass
class Ecco:
    """See `pie.core.report.styles.table.Style`."""

    about: About
    groups: dict[str, _Group] = field(default_factory=dict)
    left: Left = field(default_factory=Left)
    people: list[int] = field(default_factory=list)

    def add(self, subject: Subject) -> None:
        """Take the ratios of edits, or the places of answers among the references."""
        people = subject.accepted_references
        placed = subject.given is None and len(people) >= LEAST_PEOPLE
        if placed:
            self.people.append(len(people))
        elif subject.given is None:
            self.left.add(
                f"{{n}} with fewer than {LEAST_PEOPLE} correct references: in no percentile"
            )
        elif not subject.given.accepted:
            self.left.add("{n} whose source is not correct: in pass@1 alone")
        for label, answers in subject.answers.items():
            group = self.groups.setdefault(label, _Group(Passing(self.about.unsupported)))
            for one in group.passing.add(subject.name, subject.problem, answers):
                if subject.given is not None:
                    group.add(subject.problem, *_ratios(subject.given, one))
                elif placed and one.accepted:
                    group.add(subject.problem, *_places(one, people))

    def tables(self) -> Tables:
        """Return one line for each group."""
        edits = not self.about.of_tasks
        time, memory = (
            (Column("speedup", "speedup", Form.RATIO), Column("memory", "mem. red.", Form.RATIO))
            if edits
            else (
                Column("runtime", "runtime %", Form.SHARE),
                Column("memory", "memory %", Form.SHARE),
            )
        )
        columns = (
            Column("tasks", "tasks", Form.COUNT),
            Column("answers", "answers", Form.COUNT),
            Column("pass_at_1", "pass@1", Form.SHARE),
            Column("compared", "compared", Form.COUNT),
            time,
            memory,
        )
        lines = []
        notes = self.left.notes()
        for label in ordered(list(self.groups)):
            group = self.groups[label]
            made: dict[str, Estimate | None] = {
                time.key: mean_estimate(group.time),
                memory.key: mean_estimate(group.memory),
            }
            cells: dict[str, Number] = {
                "tasks": len(group.passing.tasks),
                "answers": group.passing.answers,
                "pass_at_1": group.passing.at(1),
                "compared": sum(map(len, group.time.values())),
                **made,
            }
            lines.append(Line(label, cells))
            if group.time and not group.memory:
                notes.append(f"{label}: memory is unknown on {self.about.machine}")
            notes += group.passing.notes(label)
        if edits:
            notes.append("percentiles are unknown: pairs have no programs of other people")
        elif self.people:
            notes.append(
                f"percentiles are among {min(self.people)} to {max(self.people)} references of "
                f"{len(self.people)} tasks; ECCO has all accepted submissions of a problem"
            )
        if not edits:
            notes.append("speedup and memory reduction are of pairs: a task has no slow program")
        title = "Edits of the slow program" if edits else "Among the reference solutions"
        part = Part(title, columns, tuple(lines))
        return Tables((part,), tuple(notes), _EDIT if edits else _TASK)


def _ratios(given: Measured, one: Measured) -> tuple[float | None, float | None]:
    if not given.accepted or not one.accepted:
        return None, None
    time = ecco_ratio(_run_of(given, lambda run: run.cost), _run_of(one, lambda run: run.cost))
    memory = ecco_ratio(
        _run_of(given, lambda run: run.peak_bytes), _run_of(one, lambda run: run.peak_bytes)
    )
    return time, memory


def _places(one: Measured, people: tuple[Measured, ...]) -> tuple[float | None, float | None]:
    cost, peak = one.cost(), _peak(one)
    costs = [known for other in people if (known := other.cost()) is not None]
    peaks = [known for other in people if (known := _peak(other)) is not None]
    time = share_beaten(cost, costs) if cost is not None and costs else None
    return time, share_beaten(peak, peaks) if peak is not None and peaks else None
