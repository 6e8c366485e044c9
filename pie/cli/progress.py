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
            left = _left(progress, rate).removeprefix("; ")
            self.draw(_columns, progress.runs, done, rows=rows, planned=planned, left=left)
        else:
            self.tell(lambda: _line(progress, measured, rate))


def _line(progress: Progress, measured: int, rate: float) -> str:
    done = [f"{progress.rows} of {progress.planned} rows"]
    if progress.programs:
        # Rows that share a program each ask for it, and each answer counts.
        compiled = min(progress.done("build"), progress.programs)
        done.append(f"{compiled} of {progress.programs} programs compiled")
    reused = progress.tally.reused.get("measure", 0)
    kept = f", {reused} taken from the cache" if reused else ""
    done.append(f"{measured} of {progress.runs} runs measured{kept}")
    return f"{', '.join(done)}{_left(progress, rate)}"


def _left(progress: Progress, rate: float) -> str:
    seconds = progress.seconds_left
    if seconds is None and not progress.programs and rate:
        seconds = progress.runs_left / rate
    return "" if seconds is None else f"; about {duration(seconds)} left"


def duration(seconds: float) -> str:
    """Return a time as somebody who waits says it."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _columns() -> list[ProgressColumn]:
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn

    rows = TextColumn("{task.fields[rows]} of {task.fields[planned]} rows")
    return [rows, BarColumn(), MofNCompleteColumn(), TextColumn("runs {task.fields[left]}")]
