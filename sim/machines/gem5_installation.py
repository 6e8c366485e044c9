"""Finds the user's gem5, and says whether it can be used."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sim import process
from sim.errors import InputError, MissingTool
from sim.paths import configuration, gem5_configurations
from sim.scratch import ScratchFolder

NAMES = ("gem5", "gem5.fast", "gem5.opt")
VERSIONS = ("23", "24")
"""The main versions whose Python interface the configurations are written for."""
REMEDY = (
    "use the image of Dockerfile.gem5, or build gem5 24 for X86 and name it with --gem5 PATH, "
    'PIE_GEM5 or gem5 = "PATH" in ~/.config/pie/config.toml'
)
OPTIONS = (
    "--quiet",
    "--listener-mode=off",
    "--dump-config=",
    "--json-config=",
    "--dot-config=",
    "--stats-file=text://cout?desc=False",
)
"""Options of every gem5 that is started: no files but what is asked for."""
PROBE_SECONDS = 30.0
"""How long a gem5 may take to say what it is; it takes half a second."""
ENVIRONMENT = {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"}


@dataclass(frozen=True)
class Installation:
    """A gem5 that was tried."""

    path: str
    version: str
    sha256: str
    prefix: str = "/usr"
    """Where the Python that it embeds has its library."""


def configured() -> str:
    """Return the path or name that the user gave, by variable or configuration file, or nothing."""
    named = os.environ.get("PIE_GEM5") or configuration().get("gem5", "")
    if not isinstance(named, str):
        raise InputError("gem5 in the configuration file is no path", 'write gem5 = "PATH"')
    return named


def find(named: str = "") -> str:
    """Return gem5's path: as named, else as configured, else from PATH. MissingTool without one."""
    named = named or configured()
    for name in [named] if named else NAMES:
        found = shutil.which(Path(name).expanduser())
        if found is not None:
            return str(Path(found).resolve())
    if named:
        raise MissingTool(f"there is no gem5 that can be run at {named}", REMEDY)
    raise MissingTool("gem5 was not found", REMEDY)


def scripts() -> Path:
    """Return the folder of the scripts that gem5 runs."""
    return gem5_configurations()


def examine(path: str) -> Installation:
    """Try a gem5: MissingTool, in one sentence, when it is none of ours."""
    stat = Path(path).stat()
    return _examine(path, stat.st_mtime_ns, stat.st_size)


@functools.lru_cache(maxsize=8)
def _examine(path: str, _changed: int, _size: int) -> Installation:
    with ScratchFolder("gem5") as folder:
        command = [path, *OPTIONS, f"--outdir={folder}", str(scripts() / "probe.py")]
        try:
            done = process.run(command, env=ENVIRONMENT, guard_seconds=PROBE_SECONDS)
        except OSError as error:
            raise MissingTool(f"{path} cannot be run ({error.strerror})", REMEDY) from error
    if done.guard_fired:
        raise MissingTool(f"{path} did not say what it is in {PROBE_SECONDS:.0f} s", REMEDY)
    if done.returncode != 0:
        raise MissingTool(f"{path} is not a gem5 that runs here", REMEDY)
    version, isas, prefix = told(path, done.stdout)
    return Installation(path, accepted(path, version, isas), _hash(path), prefix)


def told(path: str, said: bytes) -> tuple[str, list[str], str]:
    """Return what the probe printed: version, instruction sets and Python's place."""
    line = re.search(rb'^\{"version": .*\}$', said, re.MULTILINE)
    with contextlib.suppress(ValueError, KeyError, TypeError, RecursionError):
        about = json.loads(line.group()) if line else {}
        version, isas, prefix = about["version"], about["isas"], about["prefix"]
        texts = isinstance(isas, list) and all(isinstance(isa, str) for isa in isas)
        if texts and isinstance(version, str) and isinstance(prefix, str):
            return version, isas, prefix
    raise MissingTool(f"{path} is not a gem5 that runs here (it does not say what it is)", REMEDY)


def accepted(path: str, version: str, isas: Sequence[str]) -> str:
    """Return the version; MissingTool for one that is not supported or cannot run x86 programs."""
    if version.partition(".")[0] not in VERSIONS:
        raise MissingTool(
            f"{path} is gem5 {version}; the configurations are written for gem5 23 and 24", REMEDY
        )
    if "X86" not in isas:
        has = ", ".join(isas) or "no instruction set at all"
        raise MissingTool(f"{path} was built without x86 (it has {has})", REMEDY)
    return version


@functools.cache
def configurations_hash() -> str:
    """Return a hash of the scripts that describe the hardware and run it."""
    digest = hashlib.sha256()
    for file in sorted(scripts().glob("*.py")):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


def _hash(path: str) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]
