"""Shows how many of a known number of things are done, on standard error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pie.cli.display import Display, on_terminal

if TYPE_CHECKING:
    from rich.progress import ProgressColumn


class Counter(Display):
    """How many, at which rate, and how long it will still take."""

    def __init__(self, things: str, total: int) -> None:
        super().__init__()
        self._things, self._total, self._done = things, total, 0

    def add(self, number: int) -> None:
        """Take note that so many more are done."""
        self._done += number
        if self.quiet:
            return
        rate = self._done / self.seconds
        if on_terminal():
            self.draw(self._columns, self._total, self._done, rate=rate)
        else:
            self.tell(
                lambda: (
                    f"{self._done:,} of {self._total:,} {self._things}, {rate:.1f} a second, "
                    f"{(self._total - self._done) / rate:.0f} s left"
                )
            )

    def _columns(self) -> list[ProgressColumn]:
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

        rate = TextColumn(f"{self._things}, {{task.fields[rate]:.1f}}/s")
        return [MofNCompleteColumn(), rate, BarColumn(), TimeRemainingColumn()]
