"""The last trusted process before a program: built once from its C source, kept in the cache."""

from __future__ import annotations

import errno
import functools
import hashlib
import os
import shutil
from importlib import resources
from pathlib import Path

from sim import process
from sim.errors import MissingTool
from sim.paths import cache_directory
from sim.remedies import installing
from sim.scratch import ScratchFolder

SOURCES = (
    "runner.c",
    "asked_calls.h",
    "asleep.h",
    "watching.h",
    "warm.h",
    "call_filter.h",
    "call_arguments.h",
    "system_calls.h",
)
COMPILER_REMEDY = installing("g++")


@functools.cache
def runner_path() -> Path:
    """Return the static runner executable, building it if this cache has none.

    MissingTool when there is no C compiler or it cannot link statically.
    """
    sources = {name: resources.files("sim").joinpath(name).read_bytes() for name in SOURCES}
    name = hashlib.sha256(b"".join(sources.values())).hexdigest()[:16]
    target = cache_directory() / "runner" / name
    if target.exists():
        return target
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise MissingTool("no C compiler was found (gcc)", COMPILER_REMEDY)
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = target.with_name(f"{name}.{os.getpid()}")
    with ScratchFolder("runner") as folder:
        for file, text in sources.items():
            Path(folder, file).write_bytes(text)
        done = process.run(
            [compiler, "-O2", "-static", "-w", "-o", str(scratch), str(Path(folder, "runner.c"))]
        )
    if b"No space left" in done.stderr:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))
    if done.returncode != 0:
        message = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise MissingTool(
            f"the sandbox's runner could not be compiled ({message[-1] if message else '?'})",
            "install a complete compiler with: sudo apt-get install g++ libc6-dev",
        )
    scratch.chmod(0o755)
    scratch.replace(target)
    return target
