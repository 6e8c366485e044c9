"""ENAMEL's table: eff@k, with levels of input whose costs are censored by a limit, and pass@k."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pie.core.metrics.estimate import Estimate, mean_estimate
from pie.core.metrics.reference_levels import (
    ENAMEL_LIMIT_FACTOR,
    Level,
    censored_efficiency,
    expected_best,
)
from pie.core.problem import InputError
from pie.core.report.styles.passing import Passing, ks_of, pass_cells, pass_columns
from pie.core.report.styles.subject import Measured, Subject
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
from pie.core.wording import count
from sim.verdict import Verdict

_PREFIX = "level."
_DEFINITIONS = (
    "efficiency of a correct answer: mean over the levels of input, weighted by their hardness, of "
    "(limit - cost) / (limit - reference's cost), the costliest case of a level counting; limit: "
    "{factor:g} x the reference's largest cost on the levels that weigh something; a level on "
    "which a case met the limit is 0, and so are all behind it; 1 is as fast as the expert's "
    "reference, above 1 faster; a wrong answer, or one that meets the limit on the first level, is "
    "0; eff@k: expected best of k answers, unbiased, mean over the tasks with k answers; pass@k: "
    "all tests, within the run's own limits."
)


def efficiency(one: Measured, reference: Measured, hardness: Sequence[float]) -> float:
    """Return ENAMEL's efficiency of one answer; 0 for one that is wrong on any test.

    A run that met the limit of the run's own budget, which is far above ENAMEL's, is censored.
    """
    runs = one.tests
    if not runs or any(
        run.verdict not in (Verdict.ACCEPTED, Verdict.TIME_LIMIT) for run in runs.values()
    ):
        return 0.0
    if not all(
        run.verdict is Verdict.ACCEPTED
        for name, run in runs.items()
        if not name.startswith(_PREFIX)
    ):
        return 0.0
    levels = []
    for number in range(len(hardness)):
        cases = level_costs(reference, number)
        own: list[float | None] = []
        for name in cases:
            run = runs.get(name)
            own.append(None if run is None else run.cost)
        levels.append(Level(own, [cost for cost in cases.values() if cost is not None]))
    value = censored_efficiency(levels, hardness)
    return 0.0 if value is None else value


def level_costs(one: Measured, level: int) -> dict[str, float | None]:
    """Return a program's costs on the cases of a level, by the test's name."""
    start = f"{_PREFIX}{level}."
    return {name: run.cost for name, run in one.tests.items() if name.startswith(start)}


@dataclass
class _Group:
    passing: Passing
    efficiencies: dict[str, list[float]] = field(default_factory=dict)

    def at(self, k: int) -> Estimate | None:
        """Return eff@k over the tasks with k answers or more."""
        return mean_estimate(
            {
                name: [expected_best(values, k)]
                for name, values in self.efficiencies.items()
                if len(values) >= k
            }
        )


@dataclass
class Enamel:
    """See `pie.core.report.styles.table.Style`."""

    about: About
    groups: dict[str, _Group] = field(default_factory=dict)
    left: Left = field(default_factory=Left)
    scored: int = 0
    unknown: int = 0
    """Correct answers whose cost is not known on a level, since a later test met a limit first."""

    def __post_init__(self) -> None:
        if not self.about.of_tasks:
            raise InputError(
                "eff@k needs tasks with levels of input, and this is a run of pairs",
                "measure tasks of `pie dataset tasks --from enamel`",
            )

    def add(self, subject: Subject) -> None:
        """Take the efficiency of each answer of a task with levels."""
        hardness, reference = subject.hardness, subject.reference
        if not subject.counts:
            self.left.add("{n} that ENAMEL does not count")
            return
        if hardness is None or not any(
            name.startswith(_PREFIX) for one in subject.references for name in one.tests
        ):
            self.left.add("{n} without levels of input or their hardness")
            return
        if reference is None:
            self.left.add("{n} without a correct reference")
            return
        if not _whole(reference, hardness):
            self.left.add("{n} whose inputs of a level are missing, or whose hardness is none")
            return
        self.scored += 1
        for label, answers in subject.answers.items():
            group = self.groups.setdefault(label, _Group(Passing(self.about.unsupported)))
            counted = group.passing.add(subject.name, subject.problem, answers)
            if counted:
                group.efficiencies[subject.name] = [
                    efficiency(one, reference, hardness) for one in counted
                ]
            self.unknown += sum(_unknown(one) for one in counted)

    def tables(self) -> Tables:
        """Return one line for each group; InputError where no task has levels."""
        if self.left.reasons and not self.scored:
            raise InputError(
                "no task of this run can be scored by ENAMEL: " + "; ".join(self.left.notes()),
                "its tests must be named level.LEVEL.CASE and the task must have `hardness`, a "
                "weight for each level, as `pie dataset tasks --from enamel` writes it",
            )
        ks = ks_of([one.passing for one in self.groups.values()])
        columns = [Column("tasks", "tasks", Form.COUNT), Column("answers", "answers", Form.COUNT)]
        columns += [Column(f"eff_at_{k}", f"eff@{k}", Form.RATIO) for k in ks]
        columns += pass_columns(ks)
        lines = []
        for label in ordered(list(self.groups)):
            group = self.groups[label]
            cells: dict[str, Number] = {
                "tasks": len(group.passing.tasks),
                "answers": group.passing.answers,
                **{f"eff_at_{k}": group.at(k) for k in ks},
                **pass_cells(group.passing, ks),
            }
            lines.append(Line(label, cells))
        notes = self.left.notes()
        if self.unknown:
            notes.append(
                f"{count(self.unknown, 'answer')} met the native limit of time, so their costs on "
                "easier levels are unknown: these count as 0"
            )
        for label, one in self.groups.items():
            notes += one.passing.notes(label)
        part = Part("Efficiency by levels of input", tuple(columns), tuple(lines))
        definitions = _DEFINITIONS.format(factor=ENAMEL_LIMIT_FACTOR)
        return Tables((part,), tuple(notes), definitions)


def _whole(reference: Measured, hardness: Sequence[float]) -> bool:
    """Tell whether each level has a case that the reference has a cost on, and a weight."""
    levels = [level_costs(reference, number) for number in range(len(hardness))]
    known = all(costs and None not in costs.values() for costs in levels)
    beyond = bool(level_costs(reference, len(hardness)))
    return known and not beyond and min(hardness) >= 0 and sum(hardness) > 0


def _unknown(one: Measured) -> bool:
    """Tell whether a program met a limit natively, so that nothing of it was measured."""
    runs = one.tests.values()
    censored = any(run.verdict is Verdict.TIME_LIMIT for run in runs)
    return censored and any(run.verdict is Verdict.ACCEPTED and run.cost is None for run in runs)
