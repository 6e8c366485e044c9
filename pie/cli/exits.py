"""The exit codes, how errors that the user can mend are told, and how results are printed."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from functools import wraps
from typing import Any, ParamSpec, TextIO

P = ParamSpec("P")
_NARROWEST = 100


class Exit(IntEnum):
    """What the exit code of every command means."""

    OK = 0
    INPUT = 1
    USAGE = 2
    THRESHOLD = 3
    NOT_MEASURED = 4
    INTERRUPTED = 130
    TERMINATED = 143


def say(text: str) -> None:
    """Print lines to standard error; what a file or path holds cannot steer the terminal."""
    from pie.core.wording import escaped

    shown = "".join(one if one in "\n\t" else escaped(one) for one in text)
    if sys.stderr.isatty():
        shown = "\n".join(_fitting(line) for line in shown.split("\n"))
    try:
        print(shown, file=sys.stderr, flush=True)
    except BrokenPipeError:
        _to_nowhere(sys.stderr)


def _fitting(line: str) -> str:
    """Break a line between words where the terminal ends; what is indented is there to be copied.

    A terminal itself breaks within words.
    """
    import shutil
    import textwrap

    if line.startswith(" "):
        return line
    width = shutil.get_terminal_size().columns
    return textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False)


@contextmanager
def printing() -> Iterator[None]:
    """Hold what prints to standard output: that its reader has gone, as `head` does, is no error.

    The command goes on to its own exit code, and what is printed from then on goes nowhere.
    """
    try:
        yield
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):  # Rich turns the one into the other
        _to_nowhere(sys.stdout)


def show(*renderables: Any) -> None:
    """Print for reading: text as wide as the terminal, a table as wide as its numbers need.

    Without a terminal both have at least 100 columns.
    """
    from rich.console import Console, Group
    from rich.measure import Measurement
    from rich.table import Table

    def tables(one: Any) -> Iterator[Table]:
        if isinstance(one, Group):
            for part in one.renderables:
                yield from tables(part)
        elif isinstance(one, Table):
            yield one

    wide = Console(width=10_000)
    console = Console()
    usual = console.width if console.is_terminal else max(console.width, _NARROWEST)
    for one in renderables:
        for part in one.renderables if isinstance(one, Group) else [one]:
            needed = [Measurement.get(wide, wide.options, table).minimum for table in tables(part)]
            # A number that is cut tells nothing; a line that is too long, the terminal breaks.
            fitting = Console(width=max(usual, *needed, 1), height=console.height)
            fitting.print(part)


def terminal_width() -> int | None:
    """Return the columns of the terminal on standard output; None where there is none."""
    import shutil

    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def _to_nowhere(stream: TextIO) -> None:
    """Point a stream elsewhere, so that the flush at exit does not complain either."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def told(command: Callable[P, int]) -> Callable[P, None]:
    """Turn a command's return value into its exit code, and the user's errors into one sentence."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        import typer

        from pie.core.wording import escaped

        try:
            code = command(*args, **kwargs)
            with printing():
                sys.stdout.flush()
        except KeyboardInterrupt:
            say("pie: interrupted")
            code = Exit.INTERRUPTED
        except Exception as error:
            sentence = _sentence(error)
            if sentence is None:
                raise
            say(f"pie: {escaped(sentence)}")
            code = getattr(error, "exit_code", Exit.INPUT)
        raise typer.Exit(int(code))

    # Typer asks for the options of each command twice; their texts are evaluated once, here.
    signature = inspect.signature(command, eval_str=True)
    wrapped.__signature__ = signature  # type: ignore[attr-defined]
    kinds = {name: one.annotation for name, one in signature.parameters.items()}
    wrapped.__annotations__ = {**kinds, "return": None}
    return wrapped


def _sentence(error: Exception) -> str | None:
    """Return the one sentence of an error that is not a bug of ours; None for a bug."""
    from finetune.errors import FinetuneError
    from pie.core.report.pair_rows import ReportError
    from retrieval.errors import RetrievalError
    from sim.errors import SimError

    if isinstance(error, SimError | ReportError | RetrievalError | FinetuneError):
        return str(error)
    if isinstance(error, OSError) and error.errno is not None:
        import errno

        place = f" ({error.filename})" if error.filename else ""
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return (
                f"the disk is full{place}; free some space and run the same command again: "
                "whatever was measured before is kept"
            )
        return f"{error.strerror}{place}; check the path and its permissions"
    return None
