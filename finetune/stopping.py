"""SIGTERM, as a batch system or `kill` sends it: a step is finished and saved before the end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class Stop:
    """Whether this process was told to end; the others may not know yet."""

    told: bool = False


@contextmanager
def awaited() -> Iterator[Stop]:
    """Take note of SIGTERM instead of ending by it.

    A second one changes nothing: batch systems tell the whole process group, and the launcher tells
    its processes. In a thread that is not the main one nothing can be noted.
    """
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def note(*_: object) -> None:
        stop.told = True

    before = signal.signal(signal.SIGTERM, note)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGTERM, before)
