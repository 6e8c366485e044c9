"""A build's executable in the cache of this host: still there, whole, or made again."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

from sim import compiler
from sim.errors import MachineFailure
from sim.program import Build, Program
from sim.setting import Setting


def ensure_kept(program: Program, build: Build, setting: Setting) -> None:
    """Build again what was pruned from the cache; MachineFailure when other bytes come out."""
    if build.kept and _intact(build.path, build.path.stat().st_mtime_ns, build):
        return
    again = compiler.build(program, setting.toolchain, setting.compile_limits)
    if again.digest != build.digest:
        raise MachineFailure("building the program again gave other bytes")


@functools.lru_cache(maxsize=256)
def _intact(path: Path, _modified: int, build: Build) -> bool:
    """Tell whether a kept executable still has its bytes; looked at once by each worker."""
    if hashlib.sha256(path.read_bytes()).hexdigest() == build.sha256:
        return True
    path.unlink(missing_ok=True)
    return False
