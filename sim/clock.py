"""The wall clock, for programs whose results depend on it."""

from __future__ import annotations

import time


def next_second() -> None:
    """Wait until time() has changed, so that a program seeded with it shows that it is."""
    time.sleep(1.01 - time.time() % 1.0)
