"""One warmed interpreter for all Python programs that a process runs in the same surroundings.

What comes before the mark WARM knows neither the program nor the test, so it is done once: the
start of the instrument, if there is one (`sim/skylake/marks.c`; natively `sim/warm.h`), of the
interpreter, and of the harness. Each test goes on from there in a process of its own, and gets its
program by a descriptor. So its cost is the same alone, as the last of fifty, and after a test that
filled the heap.
"""

from __future__ import annotations

import atexit
import contextlib
from collections.abc import Callable, Hashable
from pathlib import Path

from sim.ended import Ended
from sim.sandbox import Allowance, Guest
from sim.shared_start import TestServer

_SERVERS: dict[Hashable, TestServer] = {}
_MOST = 4
"""Interpreters kept at once: each holds some hundred megabytes."""


def run(
    key: Hashable,
    made: Callable[[], tuple[Guest, Allowance]],
    program: Path,
    stdin: Path | None,
    allowance: Allowance,
    budgets: str = "",
) -> Ended | None:
    """Run one test from the warmed interpreter of a key, which `made` describes.

    None where it cannot serve the test, also not right after its start.
    """
    for _ in range(2):
        server = _SERVERS.pop(key, None) or TestServer(*made())
        ended = server.run(stdin, allowance, budgets, program)
        if not server.gone:
            _SERVERS[key] = server  # the one used last is the last to be closed
        while len(_SERVERS) > _MOST:
            _SERVERS.pop(next(iter(_SERVERS))).close()
        if ended is not None:
            return ended
    return None


@atexit.register
def close_all() -> None:
    """End all warmed interpreters of this process."""
    while _SERVERS:
        with contextlib.suppress(OSError):
            _SERVERS.popitem()[1].close()
