"""A step that can be interrupted: what is said then, and with which exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable

from pie.cli.exits import Exit, say


def resumable(work: Callable[[], int]) -> int:
    """Do a step; return its exit code, also where the user interrupts it."""
    try:
        return work()
    except KeyboardInterrupt:
        from pie.flows.simulate import resume_line

        say("pie: interrupted; what was done is kept. Go on with:")
        say(f"  {resume_line(sys.argv[1:])}")
        return Exit.INTERRUPTED
