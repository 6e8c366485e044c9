"""Where a script lies when there is no bubblewrap to give it a path of its own: by what it is.

An interpreter works with the path of its script (it hashes it, for one), so that its cost hangs on
each letter. Runs of the same script share one folder; the last one to end removes it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sim.errors import MachineFailure


def base_folder() -> str:
    """Return the folder of all private folders: /tmp wherever it can be written to."""
    return "/tmp" if os.access("/tmp", os.W_OK) else tempfile.gettempdir()


@contextlib.contextmanager
def script_place(script: Path, digest: str) -> Iterator[Path]:
    """Let a script appear at a path that only its digest decides; yield that path.

    MachineFailure where the place is another user's.
    """
    folder = Path(base_folder()) / f"pie-{digest[:16]}"
    held = _hold(folder)
    try:
        place = folder / "main.py"
        if not place.is_file() or place.read_bytes() != script.read_bytes():
            own = folder / f"main.py.{os.getpid()}.{held}"
            shutil.copy2(script, own)
            own.replace(place)
        yield place
    finally:
        with contextlib.suppress(BlockingIOError):  # another run still needs it
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


def _hold(folder: Path) -> int:
    """Return a descriptor of the folder, locked so that no other run removes it."""
    while True:
        with contextlib.suppress(FileExistsError):
            folder.mkdir(0o700)
        try:
            held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise _taken(folder) from error
        if os.fstat(held).st_uid != os.geteuid():
            os.close(held)
            raise _taken(folder)
        fcntl.flock(held, fcntl.LOCK_SH)
        with contextlib.suppress(FileNotFoundError):  # it was removed meanwhile
            if os.path.samestat(os.fstat(held), folder.stat()):
                return held
        os.close(held)


def _taken(folder: Path) -> MachineFailure:
    return MachineFailure(
        f"{folder} belongs to somebody else", "install bubblewrap, or remove that folder"
    )
