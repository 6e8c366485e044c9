"""The start of an interpreter on a machine that cannot tell it from its program's own work.

A program that does nothing, with the same entry point and the same modules to load beforehand, is
measured as well. Its cost is the start's; what a program's arguments take to be read is not in it.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path

from sim import compiler, values
from sim.limits import CompileLimits
from sim.paths import cache_directory
from sim.program import Build, Language, Program
from sim.toolchain import Toolchain

# What is called gives nothing back; a class of whatever name gives its methods.
_NOTHING = """
class _Nothing:
    def __call__(self, *given, **named):
        return None if given else self
    def __getattr__(self, name):
        return lambda *given, **named: None
{name} = _Nothing()
"""


def nothing_like(build: Build, toolchain: Toolchain) -> tuple[Build, Path]:
    """Return a built script that does nothing, as another is started, and its input.

    MissingTool when there is no interpreter.
    """
    header = build.path.read_bytes().partition(b"\n")[0]
    entry = header.partition(b"|")[0].decode()
    source = _NOTHING.format(name=entry.partition(".")[0].removesuffix("()")) if entry else "pass\n"
    empty = compiler.build(Program(Language.PYTHON, source), toolchain, CompileLimits())
    assert empty.verdict is None, empty.detail
    data = header + b"\n" + empty.path.read_bytes().partition(b"\n")[2]
    digest = hashlib.sha256(empty.digest.encode() + data).hexdigest()
    made = replace(empty, digest=digest, sha256=hashlib.sha256(data).hexdigest(), size=len(data))
    _keep(made.path, data)
    request = values.encode(("call", [0], {}, [], "")) if entry else b""
    given = cache_directory() / "texts" / hashlib.sha256(request).hexdigest()
    _keep(given, request)
    return made, given


def _keep(path: Path, data: bytes) -> None:
    """Write a file where there is none, completely or not at all."""
    if path.is_file() and path.stat().st_size == len(data):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f"{path.name}.{os.getpid()}")
    scratch.write_bytes(data)
    scratch.replace(path)
