"""What `pie refine` shows: progress by turns, and the table by iteration."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pie.cli import display
from pie.core.wording import count

if TYPE_CHECKING:
    from rich.progress import ProgressColumn

    from pie.core.metrics.estimate import Estimate
    from pie.core.refinement.iterations import Iteration
    from pie.flows.refinement.refine import Refinement
    from pie.flows.refinement.request import Progress, Request


class Display(display.Display):
    """Progress of a refinement: tasks done, and what waits for whom."""

    def show(self, progress: Progress) -> None:
        """Take note of where the run is."""
        if self.quiet:
            return
        if display.on_terminal():
            self.draw(_columns, progress.tasks, progress.done, turns=progress.turns)
        else:
            self.tell(lambda: _line(progress))


def _line(progress: Progress) -> str:
    turns = ", ".join(
        f"{number} after {count(turn, 'turn')}"
        for turn, number in list(progress.turns_under_way.items())[:6]
    )
    under_way = f" ({turns})" if turns else ""
    return (
        f"{progress.done} of {count(progress.tasks, 'task')}{under_way}, "
        f"{count(progress.turns, 'turn')}, {progress.waiting_model} waiting for the model, "
        f"{progress.waiting_machine} for the machine"
    )


def _columns() -> list[ProgressColumn]:
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

    turns = TextColumn("tasks, {task.fields[turns]} turns")
    return [BarColumn(), MofNCompleteColumn(), turns, TimeRemainingColumn()]


def as_document(done: Refinement, table: Sequence[Iteration]) -> dict[str, Any]:
    """Return everything as one JSON document."""
    document = {"schema_version": 1, "run": str(done.folder), **done.summary}
    return {**document, "by_iteration": [asdict(one) for one in table]}


def print_result(request: Request, done: Refinement, table: Sequence[Iteration]) -> None:
    """Print how chains ended, what became of answers, and the table by iteration."""
    from pie.core.test_cases import measuring_command

    summary = done.summary
    ends = ", ".join(f"{number} {name}" for name, number in summary["stops"].items() if number)
    fates = ", ".join(f"{number} {name}" for name, number in summary["fates"].items() if number)
    print(f"{count(summary['tasks'], 'task')}, chains ended: {ends}")
    print(f"{count(summary['turns'], 'turn')}: {fates or 'none'}")
    for reason, number in summary["profiles_missing"].items():
        print(f"  without a profile: {reason} ({count(number, 'turn')})")
    print(f"tokens: {summary['tokens_in']:,} in, {summary['tokens_out']:,} out")
    if summary["cost"] is not None:
        print(f"cost: {summary['cost']:.4f}")
    print()
    print("On the private tests, after each iteration (0: the first program):")
    print(f"{'':>4} {'':<8} {'%Opt':>20} {'Speedup':>22} {'%Correct':>20} {'ratio of sums':>20}")
    for one in table:
        for score, other in zip(one.best_at, one.perfcodegen, strict=True):
            print(
                f"{one.number:>4} {f'best@{score.k}':<8} {_percent(score.optimised):>20} "
                f"{_number(score.speedup):>22} {_percent(score.correct):>20} "
                f"{_number(other.speedup_ratio_of_sums):>20}"
            )
    refined = done.folder / "refined.jsonl"
    if request.of_tasks:
        print("Speedup and the ratio of sums are against the task's first reference solution.")
        words = ["pie", "simulate", "--tasks", str(request.rows), "--samples", str(refined)]
        last = shlex.join(words)
    else:
        print(
            "Speedup is PIE's against the slow program; the ratio of sums is PerfCodeGen's against "
            "the fast one."
        )
        last = measuring_command(refined, request.rows, request.testcases)
    print(f"Measure the last iteration elsewhere with: {last}")


def _percent(estimate: Estimate | None) -> str:
    if estimate is None:
        return "-"
    text = f"{100 * estimate.value:.1f} %"
    if estimate.interval is None:
        return text
    return f"{text} [{100 * estimate.interval.low:.1f}, {100 * estimate.interval.high:.1f}]"


def _number(estimate: Estimate | None) -> str:
    if estimate is None:
        return "-"
    text = f"{estimate.value:.3f}"
    if estimate.interval is None:
        return text
    return f"{text} [{estimate.interval.low:.3f}, {estimate.interval.high:.3f}]"
