"""Builds the timing tool from its C sources and the parts that `valgrind` installs for tools."""

from __future__ import annotations

import errno
import fcntl
import functools
import hashlib
import os
import shutil
import tempfile
from importlib import resources
from pathlib import Path

from sim import process
from sim.errors import MissingTool
from sim.paths import cache_directory
from sim.remedies import installing
from sim.runner import COMPILER_REMEDY
from sim.skylake import parameters

NAME = "skylake-amd64-linux"
VALGRIND_REMEDY = installing("valgrind")
_LIBRARIES = (
    "libcoregrind-amd64-linux.a",
    "libvex-amd64-linux.a",
    "libgcc-sup-amd64-linux.a",
)
_PLACES = ("/usr", "/usr/local")
# The translator's text must lie where the sandbox's filter expects it (call_filter.h).
# Vectors are written by hand where they help: what the compiler makes of neighbouring fields is
# read back in parts, at once.
_FLAGS = (
    *("-O3", "-std=gnu11", "-w", "-flto", "-fno-stack-protector", "-fno-builtin"),
    *("-fno-tree-vectorize", "-fno-tree-slp-vectorize"),
    *("-fno-strict-aliasing", "-fno-pic", "-fno-pie", "-ffile-prefix-map=.=skylake"),
    *("-DVGA_amd64=1", "-DVGO_linux=1", "-DVGP_amd64_linux=1", "-DVGPV_amd64_linux_vanilla=1"),
)
_LINK = (
    *("-static", "-no-pie", "-nodefaultlibs", "-nostartfiles", "-u", "_start"),
    *("-Wl,-Ttext-segment=0x58000000", "-Wl,--build-id=none"),
    "-Wl,--wrap=vgPlain_di_notify_mmap",  # tool.c
    *("-Wl,--wrap=vgPlain_client_syscall", "-Wl,--wrap=vgPlain_poll_signals"),  # answers.c
    "-Wl,--wrap=vgPlain_disp_run_translations",
    "-Wl,--wrap=vgPlain_sigframe_create",  # faults.c
)


@functools.cache
def sources() -> dict[str, bytes]:
    """Return the tool's sources by name, with the model's figures and the list of calls."""
    folder = resources.files("sim.skylake")
    names = sorted(one.name for one in folder.iterdir() if one.name.endswith((".c", ".h")))
    texts = {name: folder.joinpath(name).read_bytes() for name in names}
    calls = resources.files("sim").joinpath("system_calls.h").read_bytes()
    return texts | {"parameters.h": parameters.header(), "system_calls.h": calls}


@functools.cache
def model_digest() -> str:
    """Return what identifies the model: a hash of its sources and figures."""
    text = b"".join(name.encode() + b"\0" + code for name, code in sources().items())
    return hashlib.sha256(text).hexdigest()[:16]


@functools.cache
def valgrind_parts() -> tuple[Path, list[Path]]:
    """Return Valgrind's header folder and libraries; MissingTool when they are not installed."""
    for place in map(Path, _PLACES):
        headers = place / "include" / "valgrind"
        for folder in ("lib/x86_64-linux-gnu/valgrind", "lib/valgrind", "libexec/valgrind"):
            libraries = [place / folder / name for name in _LIBRARIES]
            if (headers / "pub_tool_tooliface.h").is_file() and libraries[0].is_file():
                return headers, [path for path in libraries if path.is_file()]
    raise MissingTool("valgrind's headers and libraries were not found", VALGRIND_REMEDY)


@functools.cache
def tool_path() -> Path:
    """Return the tool's executable, building it if this cache has none.

    MissingTool when Valgrind's parts or a compiler are not installed.
    """
    headers, libraries = valgrind_parts()
    compiler = shutil.which("gcc")
    if compiler is None:
        raise MissingTool("no C compiler was found (gcc)", COMPILER_REMEDY)
    known = hashlib.sha256(model_digest().encode())
    for library in libraries:
        known.update(library.read_bytes())
    folder = cache_directory() / "skylake" / known.hexdigest()[:16]
    target = folder / NAME
    if target.exists():
        return target
    folder.mkdir(parents=True, exist_ok=True)
    # Without it two processes would compile at once; beside the folder, which programs see.
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            _compile(compiler, headers, libraries, target)
    return target


def _compile(compiler: str, headers: Path, libraries: list[Path], target: Path) -> None:
    scratch = target.with_name(f"{NAME}.{os.getpid()}")
    with tempfile.TemporaryDirectory(prefix="pie-skylake-") as work:
        for name, text in sources().items():
            Path(work, name).write_bytes(text)
        files = [name for name in sources() if name.endswith(".c")]
        done = process.run(
            [
                *(compiler, *_FLAGS, "-I", str(headers), "-I", ".", "-o", str(scratch)),
                *(*files, *_LINK, *map(str, libraries)),
            ],
            cwd=work,
        )
    if b"No space left" in done.stderr:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))
    if done.returncode != 0:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["?"]
        why = next((line for line in lines if "error:" in line), lines[-1])
        raise MissingTool(
            f"the timing tool could not be compiled ({why})",
            "install a complete compiler with: sudo apt-get install g++ libc6-dev valgrind",
        )
    scratch.chmod(0o755)
    scratch.replace(target)
