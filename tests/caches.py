"""Caches of tests: one that all share, and fresh ones: compiled parts, nothing measured."""

import contextlib
import errno
import fcntl
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
_NAMED = os.environ.get("PIE_CACHE")
COMPILED = ("runner", "skylake", "devices", "precompiled")
"""Folders of a cache whose contents no run of a program decides."""
_UNFINISHED = re.compile(r".*\.\d+(\.cpp)?|(.*\.)?lock|failed|interrupted")

# What is not installed here is told by the tests that need it.
_COMPILE = """
import contextlib
from sim import precompiled, runner
from sim.errors import SimError
from sim.skylake import build
from sim.toolchain import Toolchain
with contextlib.suppress(SimError):
    runner.runner_path()
    for header in precompiled.HEADERS:
        precompiled.folder_for(header, Toolchain())
    build.tool_path()
"""


def shared(base: Path) -> Path:
    """Return the cache that all processes of a test run share, with all that takes long to compile.

    `base` is the run's temporary folder; a cache that is named by PIE_CACHE is taken instead.
    """
    folder = Path(_NAMED) if _NAMED else base / "cache"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "tests.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one process compiles, the others wait
        environment = {**os.environ, "PIE_CACHE": str(folder), "PYTHONPATH": str(REPOSITORY)}
        subprocess.run([sys.executable, "-c", _COMPILE], env=environment, check=True)
    return folder


def fresh(folder: Path, ready: Path) -> Path:
    """Make a cache that has measured nothing; what is compiled is that of a ready one."""
    for name in COMPILED:
        for file in (ready / name).rglob("*"):
            if file.is_dir() or _UNFINISHED.fullmatch(file.name):
                continue
            target = folder / file.relative_to(ready)
            target.parent.mkdir(parents=True, exist_ok=True)
            # It was removed meanwhile, or another process of the tests made the same cache.
            with contextlib.suppress(FileNotFoundError, FileExistsError):
                _link(file, target)
    return folder


def _link(file: Path, target: Path) -> None:
    try:
        target.hardlink_to(file)
    except OSError as error:
        if error.errno not in (errno.EXDEV, errno.EPERM, errno.EMLINK):
            raise
        shutil.copy2(file, target)
