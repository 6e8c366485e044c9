"""The timing model's machine, and programs that were built for it by hand."""

import hashlib
import os
from pathlib import Path

import pytest

from sim.errors import MissingTool
from sim.machines.skylake import Skylake
from sim.program import Build, Language
from sim.skylake.build import valgrind_parts


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
