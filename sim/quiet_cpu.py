"""One processor for one measurement on the real CPU: no two of this host share a core."""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

_SIBLINGS = "/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list"


@contextlib.contextmanager
def quiet_cpu() -> Iterator[int]:
    """Yield the number of a processor that is ours alone among measurements, for as long as it is.

    The last one is tried first, since the first ones take the host's interrupts. Where measurements
    hold them all, it waits for the last. Processors of one core count as one.
    """
    cores: dict[str, int] = {}
    for cpu in sorted(os.sched_getaffinity(0), reverse=True):
        cores.setdefault(_core(cpu), cpu)
    wait = next(iter(cores))
    for core, cpu in cores.items():
        with contextlib.ExitStack() as stack:
            if _locked(core, stack, wait=False):
                yield cpu
                return
    with contextlib.ExitStack() as stack:
        _locked(wait, stack, wait=True)
        yield cores[wait]


def _core(cpu: int) -> str:
    """Return a name for a processor's core, the same for all its threads."""
    try:
        siblings = Path(_SIBLINGS.format(cpu)).read_text("ascii").strip()
    except (OSError, ValueError):
        return str(cpu)
    return siblings.replace(",", "_") or str(cpu)


def _locked(core: str, stack: contextlib.ExitStack, *, wait: bool) -> bool:
    """Take a core's lock until the stack is left; the kernel frees it if we die."""
    path = Path(tempfile.gettempdir()) / f"pie-core-{core}.lock"
    flags = os.O_CREAT | os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags, 0o666)
    except OSError:
        return True  # nobody can be kept off where there is no file to lock
    stack.callback(os.close, descriptor)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
