"""Precompiled headers: the same bytes in a fraction of the time.

Parsing `bits/stdc++.h` is most of the cost of compiling a small program. GCC uses a precompiled
header only for the first header of a file; if anything but comments comes before (a macro, a
pragma), it is not used here either, so that the executable's bytes cannot depend on it. A test
compares the bytes.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import shutil
import time
from pathlib import Path

from sim import process
from sim.paths import cache_directory
from sim.program import Language, digest_of
from sim.toolchain import COMPILER_ENV, Toolchain

# Headers that cost more to parse than to load.
HEADERS = ("bits/stdc++.h", "iostream")
_PAUSE_SECONDS = 60.0
_FIRST = re.compile(
    r"(?:\s|//[^\n]*\n|/\*.*?\*/)*#[ \t]*include[ \t]*<("
    + "|".join(map(re.escape, HEADERS))
    + r")>",
    re.DOTALL,
)


def header_of(source: str) -> str:
    """Return the header that a program begins with, if it is one of `HEADERS`; else ''."""
    found = _FIRST.match(source) if "\\\n" not in source[:2000] else None
    return found.group(1) if found else ""


def folder_for(header: str, toolchain: Toolchain) -> Path | None:
    """Return the include folder that holds the precompiled header, making it at first use.

    None when it cannot be made: the program is then compiled without. That the compiler refuses it
    is remembered for good; after any other failure (a full disk, a killed compiler) it is tried
    again, a minute later.
    """
    if any(Path(folder, header).exists() for folder in toolchain.include):
        return None  # the user's own header is meant
    key = digest_of("pch-2", header, toolchain.compile_flags(), toolchain.fingerprint(Language.CPP))
    folder = cache_directory() / "precompiled" / key
    target = folder / f"{header}.gch"
    if target.exists():
        return folder
    if (folder / "failed").exists() or _just_now(folder / "interrupted"):
        return None
    target.parent.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if target.exists():
            return folder
        try:
            made = _make(header, target, toolchain)
        except OSError:
            with contextlib.suppress(OSError):
                (folder / "interrupted").touch()
            return None
        if not made:
            with contextlib.suppress(OSError):
                (folder / "failed").touch()
            return None
    return folder


def _just_now(mark: Path) -> bool:
    """Tell whether a mark was made in the last minute: no failure is met program by program."""
    try:
        return abs(time.time() - mark.stat().st_mtime) < _PAUSE_SECONDS
    except OSError:
        return False


def _make(header: str, target: Path, toolchain: Toolchain) -> bool:
    """Compile the system's header itself, so that line numbers and names stay what they were.

    False when the compiler will not; OSError when something else is in the way.
    """
    compiler = toolchain.compiler_path()
    probe = target.parent / f"probe.{os.getpid()}.cpp"
    scratch = target.parent / f"{target.name}.{os.getpid()}"
    try:
        probe.write_text(f"#include <{header}>\n")
        listed = process.run(
            [compiler, *toolchain.compile_flags(), "-M", str(probe)], env=COMPILER_ENV
        )
        _refuse_interruption(listed)
        path = next(
            (
                word
                for word in listed.stdout.decode("utf-8", "replace").replace("\\\n", " ").split()
                if word.endswith("/" + header)
            ),
            None,
        )
        if path is None:
            return False
        done = process.run(
            [compiler, *toolchain.compile_flags(), "-x", "c++-header", path, "-o", str(scratch)],
            env=COMPILER_ENV,
        )
        _refuse_interruption(done)
        if done.returncode != 0:
            return False
        # Included once more, or where a precompiled header is not allowed, the header itself is
        # wanted in the same folder.
        shutil.copyfile(path, target.parent / Path(header).name)
        scratch.replace(target)
        return True
    finally:
        probe.unlink(missing_ok=True)
        scratch.unlink(missing_ok=True)


_BEYOND = (b"No space left", b"Disk quota", b"Killed signal", b"out of memory", b"Cannot allocate")


def _refuse_interruption(done: process.Finished) -> None:
    """Raise OSError where the host, not the compiler, is the reason for a failure."""
    if done.returncode < 0 or (
        done.returncode != 0 and any(words in done.stderr for words in _BEYOND)
    ):
        raise OSError(errno.EIO, "the compiler was stopped")
