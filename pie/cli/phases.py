"""What a short command is at, on standard error, from half a second on."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType
from typing import Self

from pie.cli import display
from pie.cli.exits import say

_FIRST_SECONDS = 0.5
_LINE_SECONDS = 5.0
"""Without a terminal a phase is told once, when it has lasted so long."""


class Phases:
    """One line that is written over on a terminal; use it as a context manager."""

    def __init__(self) -> None:
        self._phase = ""
        self._since = time.monotonic()
        self._begin = self._since
        self._told = ""
        self._shown = False
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        if display.wanted():
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def show(self, phase: str) -> None:
        """Take note of a phase; the same again is no new one."""
        if phase != self._phase:
            self._phase, self._since = phase, time.monotonic()

    def _run(self) -> None:
        while not self._over.wait(_FIRST_SECONDS):
            phase, now = self._phase, time.monotonic()
            if not phase:
                continue
            if display.on_terminal():
                sys.stderr.write(f"\r\x1b[Kpie: {phase}, {now - self._begin:.0f} s")
                sys.stderr.flush()
                self._shown = True
            elif now - self._since >= _LINE_SECONDS and self._told != phase:
                self._told = phase
                say(f"pie: {phase}")
