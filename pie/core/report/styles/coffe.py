"""COFFE's table: efficient@k beside pass@k."""

from __future__ import annotations

from dataclasses import dataclass, field

from pie.core.metrics.estimate import mean_estimate
from pie.core.metrics.reference_levels import is_efficient
from pie.core.metrics.samples import pass_at_k_estimate
from pie.core.report.styles.chosen_tests import chosen_tests
from pie.core.report.styles.passing import Passing, ks_of, pass_cells, pass_columns
from pie.core.report.styles.subject import Subject
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

_DEFINITIONS = (
    "an answer is efficient when it is correct and costs less than the fastest correct reference "
    "solution (of a pair the fast program); an equal cost is not less; cost: of {machine}, on the "
    "stress tests where the task has some, else on all (COFFE counts instructions); efficient@k: "
    "pass@k over the efficient answers, of the tasks with a correct reference and k answers; "
    "speedup: that reference / answer, mean over correct answers."
)


@dataclass
class _Group:
    passing: Passing
    efficient: dict[str, list[bool]] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    speedups: dict[str, list[float]] = field(default_factory=dict)


@dataclass
class Coffe:
    """See `pie.core.report.styles.table.Style`."""

    about: About
    groups: dict[str, _Group] = field(default_factory=dict)
    left: Left = field(default_factory=Left)
    stressed: int = 0
    unstressed: int = 0

    def add(self, subject: Subject) -> None:
        """Compare each answer with the fastest reference."""
        kind, chosen = chosen_tests(subject)
        costs = [cost for one in subject.references if (cost := one.cost(chosen)) is not None]
        if not costs:
            self.left.add("{n} without a correct reference: in pass@k alone")
        else:
            self.stressed += bool(kind)
            self.unstressed += not kind
        for label, answers in subject.answers.items():
            group = self.groups.setdefault(label, _Group(Passing(self.about.unsupported)))
            counted = group.passing.add(subject.name, subject.problem, answers)
            if not costs or not counted:
                continue
            own = [one.cost(chosen) for one in counted]
            group.problems[subject.name] = subject.problem
            group.efficient[subject.name] = [
                cost is not None and is_efficient(cost, min(costs)) for cost in own
            ]
            group.speedups.setdefault(subject.problem, []).extend(
                min(costs) / cost for cost in own if cost is not None
            )

    def tables(self) -> Tables:
        """Return one line for each group."""
        ks = ks_of([one.passing for one in self.groups.values()])
        columns = [
            Column("tasks", "tasks", Form.COUNT),
            *pass_columns(ks),
            Column("compared", "compared", Form.COUNT),
            *(Column(f"efficient_at_{k}", f"efficient@{k}", Form.SHARE) for k in ks),
            Column("correct", "correct", Form.COUNT),
            Column("speedup", "speedup", Form.RATIO),
        ]
        lines = []
        notes = self.left.notes()
        if self.stressed and self.unstressed:
            notes.append(f"{self.unstressed} tasks have no stress tests: all their tests compare")
        elif self.unstressed and self.about.of_tasks:
            notes.append("no task has stress tests: all tests compare")
        for label in ordered(list(self.groups)):
            group = self.groups[label]
            cells: dict[str, Number] = {
                "tasks": len(group.passing.tasks),
                **pass_cells(group.passing, ks),
                "compared": len(group.efficient),
                **{
                    f"efficient_at_{k}": pass_at_k_estimate(
                        {name: flags for name, flags in group.efficient.items() if len(flags) >= k},
                        k,
                        group.problems,
                    )
                    for k in ks
                },
                "correct": sum(map(len, group.speedups.values())),
                "speedup": mean_estimate(group.speedups),
            }
            lines.append(Line(label, cells))
            notes += group.passing.notes(label)
        part = Part("Against the fastest reference", tuple(columns), tuple(lines))
        return Tables((part,), tuple(notes), _DEFINITIONS.format(machine=self.about.machine))
