"""What a guest reads: a copy of its own in memory, which nobody can write and nobody else has.

A descriptor of the user's file would let a guest overwrite it, change its rights and dates, or
leave a note in its attributes for the next run.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from pathlib import Path

_READ_ONLY = 0o444
_CHUNK = 1 << 20
_SEALS = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL


@contextlib.contextmanager
def private_copy(source: Path | None) -> Iterator[int]:
    """Yield a descriptor, read-only and at its beginning, of a fresh copy; None is empty.

    OSError when the source cannot be read.
    """
    descriptor = _sealed(source)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _sealed(source: Path | None) -> int:
    writable = os.memfd_create("stdin", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        if source is not None:
            _fill(writable, source)
        os.fchmod(writable, _READ_ONLY)
        fcntl.fcntl(writable, fcntl.F_ADD_SEALS, _SEALS)
        # Opened again, since the first descriptor may be written to but for the seals.
        return os.open(f"/proc/self/fd/{writable}", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        os.close(writable)


def _fill(target: int, source: Path) -> None:
    """Copy a file by the kernel, without a way through this process's memory."""
    given = os.open(source, os.O_RDONLY | os.O_CLOEXEC)
    try:
        about = os.fstat(given)
        if stat.S_ISDIR(about.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(source))
        if stat.S_ISREG(about.st_mode):
            while os.sendfile(target, given, None, _CHUNK * 64):
                pass
        else:
            while data := os.read(given, _CHUNK):
                os.write(target, data)
    finally:
        os.close(given)
