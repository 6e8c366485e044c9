"""Shows how far a run is, on standard error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pie.cli import display

if TYPE_CHECKING:
    from rich.progress import ProgressColumn

    from pie.flows.simulate import Progress


class Display(display.Display):
    """Progress of a run, with rate and remaining time."""

    def show(self, progress: Progress) -> None:
        """Take note of where the run is."""
        if self.quiet:
            return
        measured = progress.tally.run.get("measure", 0)
        rate = measured / self.seconds
        if display.on_terminal():
            done = progress.runs - progress.runs_left
            rows, planned = progress.rows, progress.planned
            self.draw(_columns, progress.runs, done, rows=rows, planned=planned, rate=rate)
        else:
            self.tell(lambda: _line(progress, measured, rate))


def _line(progress: Progress, measured: int, rate: float) -> str:
    left = f", about {progress.runs_left / rate:.0f} s left" if rate else ""
    rows = f"{progress.rows} of {progress.planned} rows"
    return f"{rows}, {measured} runs measured, {rate:.1f} a second{left}"


def _columns() -> list[ProgressColumn]:
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

    rows = TextColumn("{task.fields[rows]} of {task.fields[planned]} rows")
    rate = TextColumn("runs, {task.fields[rate]:.1f}/s")
    return [rows, BarColumn(), MofNCompleteColumn(), rate, TimeRemainingColumn()]
