"""Shows how many answers have come, on standard error: a bar on a terminal, else lines."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

from pie.cli.exits import say

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

    from pie.flows.asking import Progress

_QUIET_SECONDS = 2.0
_LINE_SECONDS = 15.0


class Display:
    """Progress of a sampling run, with rate and remaining time; nothing for the first seconds."""

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
        spent = now - self._start
        if spent < _QUIET_SECONDS:
            return
        if not progress.wanted:
            if now - self._last > _LINE_SECONDS:
                self._last = now
                say(f"pie: {progress.prompts} prompts made")
            return
        done = progress.answered + progress.failed
        rate = (done - progress.reused) / spent
        if sys.stderr.isatty():
            self._draw(progress, done, rate)
        elif now - self._last > _LINE_SECONDS:
            self._last = now
            left = f", {(progress.wanted - done) / rate:.0f} s left" if rate else ""
            failed = f", {progress.failed} without answer" if progress.failed else ""
            say(
                f"pie: {progress.answered} of {progress.wanted} answers{failed}, "
                f"{rate:.1f} a second{left}"
            )

    def _draw(self, progress: Progress, done: int, rate: float) -> None:
        if self._bar is None:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            self._bar = Bar(
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("answers, {task.fields[rate]:.1f}/s"),
                TimeRemainingColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._task = self._bar.add_task("answers", total=progress.wanted, rate=0.0)
            self._bar.start()
        assert self._task is not None
        self._bar.update(self._task, completed=done, rate=rate)
