"""The streams of a program, and its end: as an interpreter has them that runs nothing else."""

from __future__ import annotations

import gc
import io
import posix
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn


def open_streams() -> None:
    """Make the standard streams anew, as an interpreter does that starts on these descriptors."""
    for name, descriptor, mode in (("stdin", 0, "rb"), ("stdout", 1, "wb"), ("stderr", 2, "wb")):
        old = getattr(sys, name)
        if old is None:
            continue
        buffer: Any = open(descriptor, mode, closefd=False)
        buffer.raw.name = "<" + name + ">"
        stream: Any = io.TextIOWrapper(
            buffer, old.encoding, old.errors, "\n", line_buffering=name == "stderr"
        )
        stream.mode = mode[0]
        setattr(sys, name, stream)
        setattr(sys, "__" + name + "__", stream)


def status_of(end: SystemExit) -> int:
    """Return the exit status of a SystemExit, as the interpreter has it."""
    code = end.code
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    print(code, file=sys.stderr)
    return 1


def report(kind: Any, error: Any, trace: Any) -> None:
    """Write a traceback without this file's frames."""
    trace = trace and trace.tb_next
    try:
        BaseException.with_traceback(error, trace)  # by which it is written
        sys.excepthook(kind, error, trace)
    except BaseException:
        sys.__excepthook__(kind, error, trace)


def flush(status: int) -> int:
    """Write what the streams hold; return the status, 120 where they cannot, as the interpreter."""
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        try:
            if stream is not None and not getattr(stream, "closed", False):
                stream.flush()
        except BaseException:
            status = status or 120
    return status


def finish(space: dict[str, Any], status: int) -> NoReturn:
    """End a script as the interpreter does, without taking the interpreter itself down."""
    try:
        if "threading" in sys.modules:
            sys.modules["threading"]._shutdown()
        if "atexit" in sys.modules:
            sys.modules["atexit"]._run_exitfuncs()
    except BaseException:
        report(*sys.exc_info())
    posix._exit(let_go(space, status))


def let_go(space: dict[str, Any], status: int) -> int:
    """Write what the streams hold, and let go of what a script has made."""
    status = flush(status)
    sys.last_traceback = sys.last_value = sys.last_type = None
    for hidden in (True, False):  # the order in which the interpreter lets go of a module's names
        for name in list(space):
            if name != "__builtins__" and name.startswith("_") is hidden:
                space[name] = None
    gc.collect()
    return flush(status)
