"""One process at a time on the output of a step: two would delete each other's scratch files."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from pie.core.problem import InputError


class Asked(Protocol):
    """A request of a step."""

    @property
    def out(self) -> Path: ...


_Request = TypeVar("_Request", bound=Asked)
_Rest = ParamSpec("_Rest")
_Result = TypeVar("_Result")


def one_at_a_time(
    step: Callable[Concatenate[_Request, _Rest], _Result],
) -> Callable[Concatenate[_Request, _Rest], _Result]:
    """Make a step hold its output while it works; InputError when another process does."""

    @wraps(step)
    def holding(request: _Request, /, *args: _Rest.args, **named: _Rest.kwargs) -> _Result:
        with held(request.out):
            return step(request, *args, **named)

    return holding


@contextmanager
def held(out: Path) -> Iterator[None]:
    """Hold `.NAME.lock` beside an output, and clean up after killed processes.

    The lock stays there: deleting it would let in a second process.
    """
    if out.name in ("", ".."):
        raise InputError(
            f"the output {out} has no name to put a manifest beside it", "give a name with --out"
        )
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        lock = lock_of(out).open("w")
    except OSError as error:
        raise InputError(
            f"{out} cannot be written ({error.strerror})", "give another place with --out"
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InputError(
                f"another process is working on {out}",
                "wait for it, or give another place with --out",
            ) from error
        _clean(out)
        yield


def _clean(out: Path) -> None:
    """Delete what killed processes have left half written: `.NAME.PID`, of no living process."""
    beside = re.escape(out.name) + r"(?:\.left_out\.jsonl|\.manifest\.json|\.sources\.jsonl)?"
    inside = r"(?:train|val|test)\.(?:jsonl|parquet)"
    for folder, name in ((out.parent, beside), (out, inside)):
        try:
            entries = list(os.scandir(folder))
        except OSError:  # most outputs are no folder
            continue
        for entry in entries:
            found = re.fullmatch(rf"\.{name}\.([0-9]{{1,10}})", entry.name)
            if found and entry.is_file(follow_symlinks=False) and not _lives(int(found.group(1))):
                with suppress(OSError):
                    Path(entry.path).unlink()


def _lives(process: int) -> bool:
    """Whether a process runs; one that has ended and that nobody waited for does not."""
    try:
        about = Path(f"/proc/{process}/stat").read_text("utf-8", "replace")
    except OSError:
        return False
    return about.rpartition(")")[2].split()[:1] != ["Z"]


def lock_of(out: Path) -> Path:
    """Return where the lock of an output lies, the same for all ways to write its path."""
    real = Path(os.path.realpath(out))
    return real.with_name(f".{real.name}.lock")
