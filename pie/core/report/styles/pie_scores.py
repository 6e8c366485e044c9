"""PIE's table: %Opt, Speedup and %Correct at Best@k; a task's first reference is its source."""

from __future__ import annotations

from dataclasses import dataclass, field

from pie.core.metrics.metrics import Exclusion
from pie.core.metrics.pair_result import Generation, PairResult
from pie.core.metrics.score import Tally
from pie.core.report.styles.subject import Measured, Subject
from pie.core.report.styles.table import AT, About, Column, Form, Line, Part, Tables, ordered
from sim.verdict import Verdict

_ALL = 10**9
_COLUMNS = (
    Column("k", "k", Form.COUNT),
    Column("scored", "n", Form.COUNT),
    Column("optimised", "%Opt", Form.SHARE),
    Column("speedup", "Speedup", Form.RATIO),
    Column("geometric_mean", "geo.mean", Form.RATIO),
    Column("judged", "judged", Form.COUNT),
    Column("correct", "%Correct", Form.SHARE),
)
_WHY = {
    Exclusion.NOT_MEASURED: "not measured through our own failure",
    Exclusion.UNSUPPORTED_REFERENCE: "whose slow program the machine cannot measure",
    Exclusion.UNSUPPORTED: "left out for an answer that the machine cannot measure",
    Exclusion.NO_BASELINE: "without a correct slow program",
}


def _result(subject: Subject, slow: Measured, answers: tuple[Measured, ...]) -> PairResult:
    """Return a group's answers as PIE's row; the fast program plays no part in Best@k."""
    made = tuple(Generation(one.verdict, one.seconds) for one in answers)
    return PairResult(
        subject.problem,
        slow.verdict,
        slow.seconds,
        Verdict.UNSUPPORTED,
        None,
        made,
        subject.name,
    )


@dataclass
class Pie:
    """See `pie.core.report.styles.table.Style`."""

    about: About
    tallies: dict[tuple[str, int], Tally] = field(default_factory=dict)
    most: dict[str, int] = field(default_factory=dict)
    without: int = 0

    def add(self, subject: Subject) -> None:
        """Add each group's Best@k."""
        slow = subject.given or next(iter(subject.references), None)
        if slow is None:
            self.without += 1
            return
        for label, answers in subject.answers.items():
            self.most[label] = max(self.most.get(label, 0), len(answers))
            row = _result(subject, slow, answers)
            for k in (*AT, _ALL):
                tally = self.tallies.setdefault(
                    (label, k), Tally(self.about.threshold, self.about.unsupported)
                )
                tally.add_best_at_k(row, k)

    def tables(self) -> Tables:
        """Return a line for each group and k."""
        lines, notes = [], []
        if self.without:
            notes.append(f"{self.without} without a reference solution: in no number")
        for label in ordered(list(self.most)):
            most = self.most[label]
            for k in sorted({k for k in AT if k <= most} | {most} - {0}):
                # All samples there are: the same number as at their number.
                tally = self.tallies[label, k if k in AT else _ALL]
                score = tally.score(f"best@{k}", k, self.about.not_measured_limit)
                cells = {
                    "k": k,
                    "scored": score.scored,
                    "optimised": score.optimised,
                    "speedup": score.speedup,
                    "geometric_mean": score.geometric_mean,
                    "judged": score.judged,
                    "correct": score.correct,
                }
                lines.append(Line(label, cells))
                for reason, text in _WHY.items():
                    if number := score.excluded[reason]:
                        notes.append(f"{label}, k={k}: {number} {text}")
                if score.refusal:
                    notes.append(f"{label}, k={k}: no numbers, since {score.refusal}")
        part = Part("Best@k against the slow program", _COLUMNS, tuple(lines))
        return Tables((part,), tuple(notes), self._definitions())

    def _definitions(self) -> str:
        slow = "first reference solution" if self.about.of_tasks else "source"
        return (
            f"speedup: {slow} / fastest correct one of the first k answers (all of them where "
            "there are fewer), at least 1, and 1 where none is correct; %Opt: share of the n with "
            f"a speedup of {self.about.threshold:g} or more; %Correct: share of those judged with "
            "a correct answer."
        )
