"""The timing model's machine, and programs that were built for it by hand."""

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from sim.errors import MissingTool
from sim.machines.skylake import Skylake
from sim.paths import cache_directory
from sim.program import Build, Language
from sim.skylake.build import valgrind_parts


@pytest.fixture(autouse=True)
def cache(cache: Path) -> Path:
    """The shared cache, in every test here."""
    return cache


@pytest.fixture
def machine() -> Skylake:
    """Skipped without Valgrind only: a tool that cannot be built is our fault."""
    try:
        valgrind_parts()
    except MissingTool as missing:
        pytest.skip(f"{missing.what}; {missing.remedy}")
    found = Skylake().check()
    assert found.ok, found.problem
    return Skylake()


def kept(made: Path) -> Build:
    """Return an executable as the build of a program, in the cache as such."""
    code = made.read_bytes()
    build = Build(Language.CPP, digest=hashlib.sha256(code).hexdigest(), size=len(code))
    build.path.parent.mkdir(parents=True, exist_ok=True)
    # Another process of these tests may be running the same executable.
    scratch = build.path.with_name(f"{build.path.name}.{os.getpid()}")
    scratch.write_bytes(code)
    scratch.chmod(0o755)
    scratch.replace(build.path)
    return build


_compiled: dict[tuple[str, ...], Build] = {}


def compiled(headers: str, text: str, *options: str) -> Build:
    """Build C++ of two parts with these options, statically.

    The headers, which take longest, are compiled once for all tests; and so is an equal program.
    """
    known = (headers, text, *options)
    if known in _compiled and _compiled[known].kept:
        return _compiled[known]
    compiler = shutil.which("g++")
    assert compiler is not None
    words = (compiler, "-w", *options)
    digest = hashlib.sha256("\0".join((headers, *words)).encode()).hexdigest()[:16]
    place = cache_directory() / "tests" / digest
    place.mkdir(parents=True, exist_ok=True)
    header, ready = place / "headers.h", place / "headers.h.gch"
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists():
            header.write_text(headers)
            scratch = place / "scratch.gch"
            subprocess.run([*words, "-x", "c++-header", header, "-o", scratch], check=True)
            scratch.replace(ready)
    made = place / f"program.{os.getpid()}"
    include = ("-include", header, "-x", "c++", "-")
    subprocess.run([*words, "-static", "-o", made, *include], input=text.encode(), check=True)
    _compiled[known] = kept(made)
    made.unlink()
    return _compiled[known]
