"""Reads files of folders that may come from anybody: plain ones inside the folder, not too large.

A link that leads out could take in any file of this machine; reading a named pipe or a device may
never end.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path


class NotRegular(Exception):
    """There is no plain file inside the folder."""


class TooLarge(Exception):
    """The file has more bytes than are wanted."""


def read_regular(folder: Path, path: Path, most_bytes: int) -> bytes:
    """Return a file's bytes; NotRegular or TooLarge. Links are followed inside `folder` only."""
    try:
        real = os.path.realpath(path, strict=True)
        if not Path(real).is_relative_to(os.path.realpath(folder)):
            raise NotRegular
        file = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(file, "rb") as opened:
            about = os.fstat(file)
            if not stat.S_ISREG(about.st_mode):
                raise NotRegular
            if about.st_size > most_bytes:
                raise TooLarge
            return opened.read(most_bytes + 1)
    except (OSError, ValueError) as error:
        raise NotRegular from error
