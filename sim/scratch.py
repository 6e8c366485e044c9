"""Temporary folders that a killed worker does not leave behind for ever.

A folder is locked as long as its owner lives; the kernel drops the lock with the process, however
that ends. So whoever can lock a folder of that kind may remove it, whatever became of process
numbers, and in whatever container the owner was.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import os
import re
import shutil
import tempfile
import time
from pathlib import Path

_NAME = re.compile(r"pie\.[a-z0-9]+-\w{8}")
_YOUNG_SECONDS = 60.0
"""A folder this young may not be locked yet."""


class ScratchFolder(tempfile.TemporaryDirectory[str]):
    """A temporary folder, removed at its end or, if that never comes, by a later `sweep`."""

    def __init__(self, kind: str) -> None:
        """Make and lock it; `kind` is a part of its name."""
        super().__init__(prefix=f"pie.{kind}-")
        self._held = os.open(self.name, os.O_RDONLY | os.O_DIRECTORY)
        with contextlib.suppress(OSError):  # where nothing can be locked, nothing is swept either
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def cleanup(self) -> None:
        """Remove it; a second time changes nothing."""
        super().cleanup()
        if self._held >= 0:
            os.close(self._held)
            self._held = -1


@functools.cache
def sweep(folder: str = "") -> int:
    """Remove what killed workers of this user left in the temporary folder; return how many.

    Once a process for each folder. What cannot be removed is left.
    """
    swept = 0
    with contextlib.suppress(OSError), os.scandir(folder or tempfile.gettempdir()) as entries:
        for entry in entries:
            if _NAME.fullmatch(entry.name):
                with contextlib.suppress(OSError):
                    swept += _remove_if_left(Path(entry.path))
    return swept


def _remove_if_left(path: Path) -> bool:
    about = path.lstat()
    if about.st_uid != os.geteuid() or abs(time.time() - about.st_mtime) < _YOUNG_SECONDS:
        return False
    held = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)  # BlockingIOError: its owner lives
        shutil.rmtree(path, ignore_errors=True)
        return not path.exists()
    finally:
        os.close(held)
