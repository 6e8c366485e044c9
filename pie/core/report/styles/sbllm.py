"""SBLLM's table: OPT and SP of the best of the first k answers."""

from __future__ import annotations

from dataclasses import dataclass, field

from pie.core.metrics.estimate import mean_estimate
from pie.core.metrics.samples import SBLLM_OPTIMISED, Sampled, sbllm_gain
from pie.core.report.styles.passing import Passing
from pie.core.report.styles.subject import Subject
from pie.core.report.styles.table import About, Column, Form, Left, Line, Part, Tables, ordered

AT = (1, 3, 5)
"""SBLLM's k: its search ends with at most five programs."""
_COLUMNS = (
    Column("k", "k", Form.COUNT),
    Column("tasks", "tasks", Form.COUNT),
    Column("optimised", "OPT", Form.SHARE),
    Column("speed", "SP %", Form.PERCENT),
)
_DEFINITIONS = (
    "the best correct one of the first k answers against the slow program (of a task the first "
    "reference solution); SP: 100 x (slow / best - 1), 0 where nothing is correct or better, mean "
    "over all tasks whose slow program is correct; OPT: share of them that gain more than 10 %."
)


@dataclass
class Sbllm:
    """See `pie.core.report.styles.table.Style`."""

    about: About
    sampled: dict[str, dict[str, Sampled]] = field(default_factory=dict)
    left: Left = field(default_factory=Left)

    def add(self, subject: Subject) -> None:
        """Take the costs of the slow program and of the answers."""
        slow = subject.given or next(iter(subject.references), None)
        cost = None if slow is None else slow.cost()
        if cost is None:
            self.left.add("{n} without a correct slow program: in no number")
            return
        for label, answers in subject.answers.items():
            passing = Passing(self.about.unsupported)
            if all(passing.counts(one) for one in answers):
                own = tuple(one.cost() for one in answers)
                sampled = self.sampled.setdefault(label, {})
                sampled[subject.name] = Sampled(cost, own, subject.problem)
            else:
                self.left.add("{n} left out for an answer that was not measured")

    def tables(self) -> Tables:
        """Return a line for each group and k."""
        lines = []
        for label in ordered(list(self.sampled)):
            tasks = self.sampled[label].values()
            most = max((len(one.samples) for one in tasks), default=0)
            for k in [k for k in AT if k <= most]:
                gains: dict[str, list[float]] = {}
                for one in tasks:
                    gains.setdefault(one.problem, []).append(sbllm_gain(one.reference, one.best(k)))
                over = {
                    problem: [float(gain > SBLLM_OPTIMISED) for gain in own]
                    for problem, own in gains.items()
                }
                cells = {
                    "k": k,
                    "tasks": len(tasks),
                    "optimised": mean_estimate(over),
                    "speed": mean_estimate(gains),
                }
                lines.append(Line(label, cells))
        part = Part("The best of the first k against the slow program", _COLUMNS, tuple(lines))
        return Tables((part,), tuple(self.left.notes()), _DEFINITIONS)
