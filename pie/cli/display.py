"""What every display of progress does, on standard error: a bar on a terminal, else lines."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from pie.cli.exits import say

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import ProgressColumn, TaskID

_QUIET_SECONDS = 2.0
_LINE_SECONDS = 15.0


def wanted() -> bool:
    """Whether progress may be shown: what appears depends on how fast the host is.

    `PIE_PROGRESS=never` is for logs that are compared, and for tests.
    """
    return os.environ.get("PIE_PROGRESS") != "never"


class Display:
    """Nothing for the first two seconds, then a bar, or a line now and then."""

    def __init__(self) -> None:
        self._start = self._last = time.monotonic()
        self._bar: Bar | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    @property
    def seconds(self) -> float:
        """How long it has been there."""
        return time.monotonic() - self._start

    @property
    def quiet(self) -> bool:
        """Whether nothing is to be shown: it is too early, or not wanted."""
        return self.seconds < _QUIET_SECONDS or not wanted()

    def tell(self, line: Callable[[], str]) -> None:
        """Say a line, unless the last one was just now."""
        now = time.monotonic()
        if now - self._last > _LINE_SECONDS:
            self._last = now
            say(f"pie: {line()}")

    def draw(
        self, columns: Callable[[], list[ProgressColumn]], total: int, done: int, **fields: Any
    ) -> None:
        """Show the bar as it is now; its columns and total are those of the first call."""
        if self._bar is None:
            from rich.console import Console
            from rich.progress import Progress as Bar

            self._bar = Bar(*columns(), console=Console(stderr=True), transient=True)
            self._task = self._bar.add_task("", total=total, **fields)
            self._bar.start()
        assert self._task is not None
        self._bar.update(self._task, completed=done, **fields)


def on_terminal() -> bool:
    """Whether a bar can be shown."""
    return sys.stderr.isatty()
