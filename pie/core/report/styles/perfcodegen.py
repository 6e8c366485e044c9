"""PerfCodeGen's Tables 1 and 2: Best@k against the ground truth, with both of its speedups."""

from __future__ import annotations

from dataclasses import dataclass, field

from pie.core.metrics.samples import Sampled, perfcodegen_score
from pie.core.report.styles.passing import Passing
from pie.core.report.styles.subject import Subject
from pie.core.report.styles.table import AT, About, Column, Form, Left, Line, Part, Tables, ordered

_COLUMNS = (
    Column("k", "k", Form.COUNT),
    Column("tasks", "tasks", Form.COUNT),
    Column("optimised", "%Opt", Form.SHARE),
    Column("correct", "%Correct", Form.SHARE),
    Column("with_correct", "with correct", Form.COUNT),
    Column("speedup_ratio_of_sums", "speedup of sums", Form.RATIO),
    Column("speedup_mean_of_ratios", "mean of ratios", Form.RATIO),
    Column("pass_at_k", "pass@k", Form.SHARE),
)
_DEFINITIONS = (
    "the best correct one of the first k answers against the fastest correct reference solution "
    "(of a pair the fast program); %Opt: share of the tasks where it takes less than 0.9 of the "
    "reference's cost; %Correct: share with a correct one; both over all tasks with a correct "
    "reference; speedup of sums: sum of references / sum of best answers (the paper); mean of "
    "ratios: mean of reference / best answer (the code, without its filter that drops what is over "
    "100 times faster); both over the tasks with a correct answer, not clamped; pass@k: unbiased, "
    "over the tasks with k answers."
)


@dataclass
class _Group:
    passing: Passing
    sampled: dict[str, Sampled] = field(default_factory=dict)
    lost: dict[str, int] = field(default_factory=dict)
    """By task: the place of its first answer that is in no number."""


@dataclass
class PerfCodeGen:
    """See `pie.core.report.styles.table.Style`."""

    about: About
    groups: dict[str, _Group] = field(default_factory=dict)
    left: Left = field(default_factory=Left)

    def add(self, subject: Subject) -> None:
        """Take the costs of the fastest reference and of the answers."""
        costs = [cost for one in subject.references if (cost := one.cost()) is not None]
        if not costs:
            self.left.add("{n} without a correct reference: in pass@k alone")
        for label, answers in subject.answers.items():
            group = self.groups.setdefault(label, _Group(Passing(self.about.unsupported)))
            group.passing.add(subject.name, subject.problem, answers)
            if costs:
                own = tuple(one.cost() for one in answers)
                group.sampled[subject.name] = Sampled(min(costs), own, subject.problem)
                lost = [n for n, one in enumerate(answers) if not group.passing.counts(one)]
                if lost:
                    group.lost[subject.name] = lost[0]

    def tables(self) -> Tables:
        """Return a line for each group and k."""
        lines = []
        notes = self.left.notes()
        for label in ordered(list(self.groups)):
            group = self.groups[label]
            most = max((len(one.samples) for one in group.sampled.values()), default=0)
            for k in sorted({k for k in AT if k <= most} | {most} - {0}):
                # Keeping only the tasks whose outcome happens to be known would favour good ones.
                known = {
                    name: one for name, one in group.sampled.items() if k <= group.lost.get(name, k)
                }
                score = perfcodegen_score(known, k)
                if lost := len(group.sampled) - len(known):
                    notes.append(
                        f"{label}, k={k}: {lost} left out for an answer that was not measured"
                    )
                cells = {
                    "k": k,
                    "tasks": score.tasks,
                    "optimised": score.optimised,
                    "correct": score.correct,
                    "with_correct": score.with_correct,
                    "speedup_ratio_of_sums": score.speedup_ratio_of_sums,
                    "speedup_mean_of_ratios": score.speedup_mean_of_ratios,
                    "pass_at_k": group.passing.at(k),
                }
                lines.append(Line(label, cells))
        part = Part("Best@k against the reference", _COLUMNS, tuple(lines))
        return Tables((part,), tuple(notes), _DEFINITIONS)
