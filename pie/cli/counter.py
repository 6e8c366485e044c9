"""Shows how many of a known number of things are done, on standard error."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

from pie.cli.exits import say

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

_QUIET_SECONDS = 2.0
_LINE_SECONDS = 15.0


class Counter:
    """A bar on a terminal, a line now and then elsewhere; nothing for the first two seconds."""

    def __init__(self, things: str, total: int) -> None:
        self._things, self._total, self._done = things, total, 0
        self._start = self._last = time.monotonic()
        self._bar: Bar | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Counter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def add(self, number: int) -> None:
        """Take note that so many more are done."""
        self._done += number
        now = time.monotonic()
        if now - self._start < _QUIET_SECONDS:
            return
        if sys.stderr.isatty():
            self._draw()
        elif now - self._last > _LINE_SECONDS:
            self._last = now
            rate = self._done / (now - self._start)
            left = (self._total - self._done) / rate
            say(
                f"pie: {self._done:,} of {self._total:,} {self._things}, {rate:.1f} a second, "
                f"{left:.0f} s left"
            )

    def _draw(self) -> None:
        if self._bar is None:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            self._bar = Bar(
                MofNCompleteColumn(),
                TextColumn(f"{self._things}, {{task.fields[rate]:.1f}}/s"),
                BarColumn(),
                TimeRemainingColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._task = self._bar.add_task(self._things, total=self._total, rate=0.0)
            self._bar.start()
        assert self._task is not None
        rate = self._done / (time.monotonic() - self._start)
        self._bar.update(self._task, completed=self._done, rate=rate)
