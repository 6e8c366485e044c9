"""What every style shares: which answers count, and the unbiased pass@k over their tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pie.core.metrics.averages import pass_at_k
from pie.core.metrics.estimate import Estimate, mean_estimate
from pie.core.metrics.standing import Standing, UnsupportedAs, standing
from pie.core.report.styles.subject import Measured
from pie.core.report.styles.table import UNBIASED_AT, Column, Form
from pie.core.wording import count


@dataclass
class Passing:
    """The answers of one group: how many count of each task, and how many of these pass."""

    unsupported: UnsupportedAs
    tasks: dict[str, tuple[str, int, int]] = field(default_factory=dict)
    """By name: its problem, answers that count, accepted ones."""
    left_out: int = 0
    """Answers in no number: not measured through our own failure, or as `--unsupported` has it."""

    def add(self, name: str, problem: str, answers: Sequence[Measured]) -> list[Measured]:
        """Count the answers of a task; return those that count, in their order."""
        counted = [one for one in answers if self.counts(one)]
        self.left_out += len(answers) - len(counted)
        if counted:
            passed = sum(one.accepted for one in counted)
            self.tasks[name] = problem, len(counted), passed
        return counted

    def counts(self, one: Measured) -> bool:
        """Tell whether an answer is in any number."""
        return standing(one.verdict, self.unsupported) is not Standing.LEFT_OUT

    @property
    def answers(self) -> int:
        return sum(counted for _problem, counted, _passed in self.tasks.values())

    @property
    def most(self) -> int:
        """The largest number of answers of a task."""
        return max((counted for _problem, counted, _passed in self.tasks.values()), default=0)

    def at(self, k: int) -> Estimate | None:
        """Return the unbiased pass@k, mean over the tasks with k answers or more."""
        chances: dict[str, list[float]] = {}
        for problem, counted, passed in self.tasks.values():
            if counted >= k:
                chances.setdefault(problem, []).append(pass_at_k(counted, passed, k))
        return mean_estimate(chances)

    def notes(self, label: str) -> list[str]:
        """Say how many answers of a group are in no number; nothing where there is none."""
        return [f"{label}: {count(self.left_out, 'answer')} in no number"] if self.left_out else []


def ks_of(groups: Sequence[Passing]) -> list[int]:
    """Return the k that some group has answers for."""
    most = max((one.most for one in groups), default=0)
    return [k for k in UNBIASED_AT if k <= most]


def pass_columns(ks: Sequence[int]) -> list[Column]:
    """Return the columns of pass@k."""
    return [Column(f"pass_at_{k}", f"pass@{k}", Form.SHARE) for k in ks]


def pass_cells(passing: Passing, ks: Sequence[int]) -> dict[str, Estimate | None]:
    """Return the cells of these columns."""
    return {f"pass_at_{k}": passing.at(k) for k in ks}
