"""Shows how far a run is, on standard error: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

from pie.cli.exits import say

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

    from pie.flows.simulate import Progress

_QUIET_SECONDS = 2.0
_LINE_SECONDS = 15.0


class Display:
    """Progress of a run, with rate and remaining time; nothing for the first two seconds."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._last = self._start
        self._bar: Bar | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Display:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def show(self, progress: Progress) -> None:
        """Take note of where the run is."""
        now = time.monotonic()
        if now - self._start < _QUIET_SECONDS:
            return
        measured = progress.tally.run.get("measure", 0)
        if sys.stderr.isatty():
            self._draw(progress, measured)
        elif now - self._last > _LINE_SECONDS:
            self._last = now
            rate = measured / (now - self._start)
            left = f", at most {progress.runs_left / rate:.0f} s left" if rate else ""
            say(
                f"pie: {progress.rows} of {progress.planned} rows, {measured} runs measured, "
                f"{rate:.1f} a second{left}"
            )

    def _draw(self, progress: Progress, measured: int) -> None:
        if self._bar is None:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            self._bar = Bar(
                TextColumn("{task.fields[rows]} of {task.fields[planned]} rows"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("runs, {task.fields[rate]:.1f}/s"),
                TimeRemainingColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._task = self._bar.add_task(
                "runs", total=progress.runs, rows=0, planned=progress.planned, rate=0.0
            )
            self._bar.start()
        assert self._task is not None
        spent = time.monotonic() - self._start
        self._bar.update(
            self._task,
            completed=progress.runs - progress.runs_left,
            rows=progress.rows,
            rate=measured / spent,
        )
