"""SOAP's and EffiBench's tables: ET, MU, TMU, and each beside the canonical solution.

Of a refinement also what each iteration changed, over the programs that were correct before and
after (SOAP, Tables 1 and 2).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pie.core.metrics.efficiency import (
    QUANTITIES,
    EfficiencyTable,
    Usage,
    coefficient_of_variation,
    efficiency_table,
    reduction,
)
from pie.core.metrics.estimate import Estimate
from pie.core.report.styles.passing import Passing
from pie.core.report.styles.subject import FIRST, Measured, Subject
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

_NAMES = {"seconds": "ET", "peak": "MU", "memory_time": "TMU"}
_FORMS = {
    "seconds": Form.SECONDS,
    "peak": Form.MEGABYTES,
    "memory_time": Form.MEGABYTE_SECONDS,
}
_DEFINITIONS = (
    "ET: seconds of {machine} over all tests of a task, each test a run of its own; MU: most "
    "memory in use on any test, MB; TMU: memory over time, MB s, summed over the tests; each a "
    "mean over the correct answers whose task's first reference solution (of a pair the fast "
    "program) is correct too; NET, NMU, NTMU: mean over them of answer / reference (SOAP's and "
    "EffiBench's papers); NET, NMU, NTMU of sums: sum of answers / sum of references (their code); "
    "an answer that met a limit has no numbers (their code scores it by the limit); pass@1: "
    "unbiased, all tests."
)


def usage_of(one: Measured) -> Usage | None:
    """Return what a correct program used; None for any other."""
    seconds = one.seconds
    if seconds is None:
        return None
    return Usage(seconds, one.peak_megabytes, one.megabyte_seconds)


@dataclass
class _Group:
    passing: Passing
    usage: dict[str, list[Usage]] = field(default_factory=dict)
    by_sample: dict[str, list[Usage | None]] = field(default_factory=dict)
    repeats: list[tuple[float, ...]] = field(default_factory=list)


@dataclass
class Soap:
    """See `pie.core.report.styles.table.Style`."""

    about: About
    groups: dict[str, _Group] = field(default_factory=dict)
    tasks: dict[str, str] = field(default_factory=dict)
    canonical: dict[str, Usage] = field(default_factory=dict)
    left: Left = field(default_factory=Left)

    def add(self, subject: Subject) -> None:
        """Take the usage of the correct answers and of the reference."""
        name = subject.name
        self.tasks[name] = subject.problem
        reference = None if subject.reference is None else usage_of(subject.reference)
        if reference is not None:
            self.canonical[name] = reference
        else:
            self.left.add("{n} without a correct reference: in pass@1 alone")
        for label, answers in subject.answers.items():
            group = self.groups.setdefault(label, _Group(Passing(self.about.unsupported)))
            counted = group.passing.add(name, subject.problem, answers)
            used = [usage for one in counted if (usage := usage_of(one)) is not None]
            if used:
                group.usage[name] = used
            if self.about.of_refinement:
                group.by_sample[name] = [usage_of(one) for one in answers]
            group.repeats += [one.repeats for one in counted if one.accepted and one.repeats]

    def tables(self) -> Tables:
        """Return means, normalised numbers, and of a refinement before and after."""
        made = {label: self._table(group.usage) for label, group in self.groups.items()}
        labels = ordered(list(made))
        parts = [self._means(made, labels), self._normalised(made, labels)]
        if self.about.of_refinement:
            parts.append(self._changes(labels))
        if stable := self._stability(labels):
            parts.append(stable)
        return Tables(tuple(parts), tuple(self._notes(made)), self._definitions())

    def _table(self, usage: dict[str, list[Usage]]) -> EfficiencyTable:
        return efficiency_table(list(self.tasks), usage, self.canonical, self.tasks)

    def _means(self, made: dict[str, EfficiencyTable], labels: list[str]) -> Part:
        columns = [
            Column("tasks", "tasks", Form.COUNT),
            Column("pass_at_1", "pass@1", Form.SHARE),
            Column("compared_tasks", "compared", Form.COUNT),
            Column("programs", "answers", Form.COUNT),
        ]
        columns += [Column(name, _NAMES[name], _FORMS[name]) for name in QUANTITIES]
        lines = []
        for label in labels:
            table, passing = made[label], self.groups[label].passing
            cells: dict[str, Number] = {
                "tasks": len(passing.tasks),
                "pass_at_1": passing.at(1),
                "compared_tasks": table.et.tasks,
                "programs": table.et.programs,
            }
            for name, one in zip(QUANTITIES, (table.et, table.mu, table.tmu), strict=True):
                cells[name] = one.mean
            lines.append(Line(label, cells))
        return Part("Means over correct answers", tuple(columns), tuple(lines))

    def _normalised(self, made: dict[str, EfficiencyTable], labels: list[str]) -> Part:
        columns: list[Column] = []
        for name in QUANTITIES:
            short = f"N{_NAMES[name]}"
            columns += [
                Column(f"n_{name}", short, Form.RATIO),
                Column(f"n_{name}_of_sums", f"{short} of sums", Form.RATIO),
            ]
        lines = []
        for label in labels:
            cells: dict[str, Number] = {}
            table = made[label]
            for name, one in zip(QUANTITIES, (table.et, table.mu, table.tmu), strict=True):
                cells[f"n_{name}"] = one.normalised
                cells[f"n_{name}_of_sums"] = one.of_sums
            lines.append(Line(label, cells))
        return Part("Beside the reference solution", tuple(columns), tuple(lines))

    def _changes(self, labels: list[str]) -> Part:
        """Compare each iteration with the first programs, where both are correct."""
        columns = [Column("programs", "answers", Form.COUNT)]
        for name in QUANTITIES:
            short, form = _NAMES[name], _FORMS[name]
            columns += [
                Column(f"{name}_before", f"{short} before", form),
                Column(f"{name}_after", "after", form),
                Column(f"{name}_reduction", "reduction %", Form.PERCENT),
            ]
        lines = []
        first = self.groups.get(FIRST)
        for label in [label for label in labels if label != FIRST and first is not None]:
            assert first is not None
            before, after = _both(first.by_sample, self.groups[label].by_sample)
            old, new = self._table(before), self._table(after)
            cells: dict[str, Number] = {"programs": new.et.programs}
            for name, one, other in zip(
                QUANTITIES, (old.et, old.mu, old.tmu), (new.et, new.mu, new.tmu), strict=True
            ):
                cells[f"{name}_before"], cells[f"{name}_after"] = one.mean, other.mean
                cells[f"{name}_reduction"] = _reduction(one.mean, other.mean)
            lines.append(Line(label, cells))
        return Part(
            "Against iteration 0, over answers that are correct in both",
            tuple(columns),
            tuple(lines),
        )

    def _stability(self, labels: list[str]) -> Part | None:
        """Tell how ET changes from repetition to repetition, where the machine repeats runs."""
        lines = []
        for label in labels:
            repeats = self.groups[label].repeats
            if repeats and len({len(one) for one in repeats}) == 1 and len(repeats[0]) > 1:
                means = [sum(column) / len(repeats) for column in zip(*repeats, strict=True)]
                cells: dict[str, Number] = {
                    "repeats": len(means),
                    "programs": len(repeats),
                    "et_variation": coefficient_of_variation(means),
                }
                lines.append(Line(label, cells))
        if not lines:
            return None
        columns = (
            Column("repeats", "repetitions", Form.COUNT),
            Column("programs", "answers", Form.COUNT),
            Column("et_variation", "CV of ET %", Form.PERCENT),
        )
        return Part("Stability over the repetitions", columns, tuple(lines))

    def _notes(self, made: dict[str, EfficiencyTable]) -> list[str]:
        notes = self.left.notes()
        for label, group in self.groups.items():
            notes += group.passing.notes(label)
        tables = list(made.values())
        for name, pick in (("MU", "mu"), ("TMU", "tmu")):
            known = sum(getattr(one, pick).programs for one in tables)
            all_of_them = sum(one.et.programs for one in tables)
            if all_of_them and not known:
                notes.append(
                    f"{name} and N{name} are unknown: the machine {self.about.machine} sees no "
                    + ("memory over time" if name == "TMU" else "memory")
                )
            elif known < all_of_them:
                notes.append(f"{name} is known of {known} of {all_of_them} answers")
        return notes

    def _definitions(self) -> str:
        machine = self.about.machine
        if machine == "counts":
            machine = "counts (an instruction is a cycle of 3.5 GHz)"
        return _DEFINITIONS.format(machine=machine)


def _both(
    before: dict[str, list[Usage | None]], after: dict[str, list[Usage | None]]
) -> tuple[dict[str, list[Usage]], dict[str, list[Usage]]]:
    """Return the usages of the samples that have one in both."""
    old: dict[str, list[Usage]] = {}
    new: dict[str, list[Usage]] = {}
    for name in before:
        for one, other in zip(before[name], after.get(name, ()), strict=False):
            if one is not None and other is not None:
                old.setdefault(name, []).append(one)
                new.setdefault(name, []).append(other)
    return old, new


def _reduction(before: Estimate | None, after: Estimate | None) -> float | None:
    if before is None or after is None:
        return None
    return 100 * reduction(before.value, after.value)
