"""Shows how many answers have come, on standard error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pie.cli import display

if TYPE_CHECKING:
    from rich.progress import ProgressColumn

    from pie.flows.generation.asking import Progress


class Display(display.Display):
    """Progress of a sampling run, with rate and remaining time."""

    def show(self, progress: Progress) -> None:
        """Take note of where the run is."""
        if self.quiet:
            return
        if not progress.wanted:
            self.tell(lambda: f"{progress.prompts} prompts made")
            return
        done = progress.answered + progress.failed
        rate = (done - progress.reused) / self.seconds
        if display.on_terminal():
            self.draw(_columns, progress.wanted, done, rate=rate)
        else:
            self.tell(lambda: _line(progress, done, rate))


def _line(progress: Progress, done: int, rate: float) -> str:
    left = f", {(progress.wanted - done) / rate:.0f} s left" if rate else ""
    failed = f", {progress.failed} without answer" if progress.failed else ""
    answers = f"{progress.answered} of {progress.wanted} answers"
    return f"{answers}{failed}, {rate:.1f} a second{left}"


def _columns() -> list[ProgressColumn]:
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

    rate = TextColumn("answers, {task.fields[rate]:.1f}/s")
    return [BarColumn(), MofNCompleteColumn(), rate, TimeRemainingColumn()]
