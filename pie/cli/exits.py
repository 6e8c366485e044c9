"""The exit codes, and how errors that the user can mend are told."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from enum import IntEnum
from functools import wraps
from typing import ParamSpec

P = ParamSpec("P")


class Exit(IntEnum):
    """What the exit code of every command means."""

    OK = 0
    INPUT = 1
    USAGE = 2
    THRESHOLD = 3
    NOT_MEASURED = 4
    INTERRUPTED = 130


def say(text: str) -> None:
    """Print a line to standard error."""
    print(text, file=sys.stderr, flush=True)


def told(command: Callable[P, int]) -> Callable[P, None]:
    """Turn a command's return value into its exit code, and the user's errors into one sentence."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        import typer

        try:
            code = command(*args, **kwargs)
            print(end="", flush=True)
        except KeyboardInterrupt:
            say("pie: interrupted")
            code = Exit.INTERRUPTED
        except (BrokenPipeError, SystemExit):  # Rich turns the one into the other
            # Whoever read has gone, as `head` does; the flush at exit shall not complain either.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = Exit.OK
        except Exception as error:
            sentence = _sentence(error)
            if sentence is None:
                raise
            say(f"pie: {sentence}")
            code = Exit.INPUT
        raise typer.Exit(int(code))

    return wrapped


def _sentence(error: Exception) -> str | None:
    """Return the one sentence of an error that is not a bug of ours; None for a bug."""
    from pie.core.pair_rows import ReportError
    from sim.errors import SimError

    if isinstance(error, SimError | ReportError):
        return str(error)
    if isinstance(error, OSError) and error.errno is not None:
        import errno

        place = f" ({error.filename})" if error.filename else ""
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return (
                f"the disk is full{place}; free some space and run the same command again: "
                "what was measured is kept"
            )
        return f"{error.strerror}{place}; check the path and its permissions"
    return None
