"""EvalPerf's table: the differential performance score, and its normalised form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pie.core.metrics.averages import mean
from pie.core.metrics.estimate import mean_estimate
from pie.core.metrics.reference_levels import DifferentialScore, differential_score
from pie.core.problem import InputError
from pie.core.report.styles.chosen_tests import chosen_tests
from pie.core.report.styles.passing import Passing
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

LEAST_LEVELS = 2
_COLUMNS = (
    Column("tasks", "tasks", Form.COUNT),
    Column("pass_at_1", "pass@1", Form.SHARE),
    Column("evaluated", "evaluated", Form.COUNT),
    Column("dps", "DPS", Form.POINTS),
    Column("dps_norm", "DPS norm", Form.POINTS),
    Column("common", "common", Form.COUNT),
    Column("dps_common", "DPS common", Form.POINTS),
)
_DEFINITIONS = (
    "DPS: of a correct answer the score of the fastest reference level that it is not slower than, "
    "0 where it reaches none; of a task the mean over its correct answers; of a model the mean "
    "over the tasks evaluated, which have levels and a correct answer of this model; DPS norm: the "
    "level's place among the levels; common: the tasks that are evaluated for every group, so that "
    "all are compared on the same; cost: of {machine}, on the test private.pe, else on stress "
    "tests, else on all (EvalPerf counts instructions, and asks for 10 correct answers of a task)."
)


def ladder(
    references: Sequence[Measured],
    scores: Sequence[float] | None,
    chosen: Callable[[str], bool],
) -> tuple[list[float], list[float]]:
    """Return costs and scores of the reference levels, from the slowest to the fastest.

    Published scores stay with their references; one that is not correct here is no level. Without
    scores each distinct cost of a correct reference is a level, and its score the share of the
    references that cost as much or more: cumulative, 100 for the fastest.
    """
    if scores is not None:
        pairs = [
            (cost, score)
            for one, score in zip(references, scores, strict=True)
            if (cost := one.cost(chosen)) is not None
        ]
        return [cost for cost, _ in pairs], [score for _, score in pairs]
    costs = [cost for one in references if (cost := one.cost(chosen)) is not None]
    levels = sorted(set(costs), reverse=True)
    return levels, [100 * sum(cost >= one for cost in costs) / len(costs) for one in levels]


@dataclass
class _Group:
    passing: Passing
    dps: dict[str, float] = field(default_factory=dict)
    normalised: dict[str, float] = field(default_factory=dict)


@dataclass
class EvalPerf:
    """See `pie.core.report.styles.table.Style`."""

    about: About
    groups: dict[str, _Group] = field(default_factory=dict)
    left: Left = field(default_factory=Left)
    published: int = 0
    own: int = 0
    kinds: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.about.of_tasks:
            raise InputError(
                "EvalPerf's score needs tasks with reference solutions, and this is a run of pairs",
                "measure tasks (docs/tasks.md), or take --style coffe",
            )

    def add(self, subject: Subject) -> None:
        """Take each correct answer's place on the ladder."""
        kind, chosen = chosen_tests(subject)
        scores = subject.scores
        if scores is not None and len(scores) != len(subject.references):
            self.left.add("{n} with other numbers of references and scores: without levels")
            scores = None
            costs: list[float] = []
            shares: list[float] = []
        else:
            costs, shares = ladder(subject.references, scores, chosen)
        usable = len(costs) >= LEAST_LEVELS
        if usable:
            self.published += scores is not None
            self.own += scores is None
            self.kinds[kind] = self.kinds.get(kind, 0) + 1
        else:
            self.left.add(f"{{n}} with fewer than {LEAST_LEVELS} levels of references: in no DPS")
        for label, answers in subject.answers.items():
            group = self.groups.setdefault(label, _Group(Passing(self.about.unsupported)))
            counted = group.passing.add(subject.name, subject.problem, answers)
            reached: list[DifferentialScore] = [
                differential_score(cost, costs, shares)
                for one in counted
                if usable and (cost := one.cost(chosen)) is not None
            ]
            if reached:
                group.dps[subject.name] = mean([one.dps for one in reached])
                group.normalised[subject.name] = mean([one.normalised for one in reached])

    def tables(self) -> Tables:
        """Return one line for each group; InputError where no task has levels."""
        if self.groups and not self.published + self.own:
            raise InputError(
                "no task of this run has two correct reference solutions of different cost, and "
                "EvalPerf's score is a place among such levels",
                "give the tasks more references, fast and slow (docs/tasks.md)",
            )
        evaluated = [set(one.dps) for one in self.groups.values()]
        common = set.intersection(*evaluated) if evaluated else set()
        lines = []
        notes = [*self.left.notes(), *self._notes()]
        for label in ordered(list(self.groups)):
            group = self.groups[label]
            cells: dict[str, Number] = {
                "tasks": len(group.passing.tasks),
                "pass_at_1": group.passing.at(1),
                "evaluated": len(group.dps),
                "dps": mean_estimate({name: [one] for name, one in group.dps.items()}),
                "dps_norm": mean_estimate({name: [one] for name, one in group.normalised.items()}),
                "common": len(common),
                "dps_common": mean_estimate({name: [group.dps[name]] for name in sorted(common)}),
            }
            lines.append(Line(label, cells))
            notes += group.passing.notes(label)
        part = Part("Differential performance", _COLUMNS, tuple(lines))
        definitions = _DEFINITIONS.format(machine=self.about.machine)
        return Tables((part,), tuple(notes), definitions)

    def _notes(self) -> list[str]:
        notes = []
        if self.own:
            notes.append(
                f"levels of {count(self.own, 'task')} are their own references, each cost a level, "
                "since no scores are published for them: a place among these, not EvalPerf's score"
            )
        named = {"private.pe": "EvalPerf's input", "stress.": "stress tests", "": "all tests"}
        if self.kinds:
            shown = ", ".join(f"{named[kind]} {n}" for kind, n in sorted(self.kinds.items()))
            notes.append(f"tasks by the tests that compare: {shown}")
        return notes
