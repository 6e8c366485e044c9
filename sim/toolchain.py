"""Which compiler and interpreter build and run programs here, and all about them that matters."""

from __future__ import annotations

import functools
import hashlib
import os
import re
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sim import process
from sim.errors import InputError, MissingTool
from sim.online_judge import DEFINES, LIBRARIES, Library, digest_of_headers
from sim.program import Language
from sim.python_build import harness_digest, usual_modules
from sim.remedies import installing
from sim.runner import COMPILER_REMEDY

Link = Literal["static", "dynamic"]

COMPILER_ENV = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "SOURCE_DATE_EPOCH": "0"}
"""The compiler's environment: nothing of the user's, such as CPATH, may change what it makes."""


PYTHON_START = "5"
"""Raised when scripts are started in another way, with another path or environment."""


@dataclass(frozen=True)
class Toolchain:
    """How programs are built; every field can change a result."""

    compiler: str = "g++"
    """Name or path of a GCC-compatible C++ compiler."""
    flags: tuple[str, ...] = ("-O3", "-std=c++17")
    link: Link = "static"
    defines: tuple[str, ...] = DEFINES
    """Macros that are defined in every build."""
    include: tuple[str, ...] = ()
    """Folders of the user's headers, on the host."""
    libraries: tuple[str, ...] = ()
    """Names of libraries that programs may use where they are installed."""
    interpreter: str = ""
    """Path of the Python interpreter for Python programs; empty: the system's, else ours."""
    arguments: tuple[str, ...] = ()
    """What C++ programs are started with, after their name (`parse_arguments`)."""

    def compiler_path(self) -> str:
        """Return the compiler's path; MissingTool when there is none."""
        path = _which(self.compiler, os.environ.get("PATH", ""))
        if path is None:
            raise MissingTool(f"no C++ compiler was found ({self.compiler})", COMPILER_REMEDY)
        return path

    def interpreter_path(self) -> str:
        """Return the interpreter's path; MissingTool when there is none."""
        named = self.interpreter or "/usr/bin/python3"
        folders = os.environ.get("PATH", "")
        path = _which(named, folders) or ("" if self.interpreter else _which("python3", folders))
        if not path:
            raise MissingTool(
                f"no Python interpreter was found ({named})",
                "give its path with --python" if self.interpreter else installing("python3"),
            )
        # A virtual environment is known by where the interpreter's link lies.
        virtual = Path(path).absolute().parent.parent / "pyvenv.cfg"
        return str(Path(path).absolute() if virtual.is_file() else Path(path).resolve())

    def compile_flags(self) -> list[str]:
        """Return all flags of the compilation step; the last ones make it reproducible.

        Macros come first, so that the user's flags can define or undefine them otherwise.
        """
        defines = [f"-D{name}" for name in self.defines]
        folders = [word for one in self._installed() if one.folder for word in ("-I", one.folder)]
        return [*defines, *self.flags, *folders, "-w", "-frandom-seed=pie"]

    def link_flags(self) -> list[str]:
        """Return all flags of the linking step."""
        link = ["-static"] if self.link == "static" else []
        return [*self.flags, *link, "-Wl,--build-id=none", "-Wl,-z,noexecstack"]

    def linked_libraries(self) -> list[str]:
        """Return what follows the program's own object file in the linking step."""
        return [f"-l{name}" for one in self._installed() for name in one.linked]

    def _installed(self) -> list[Library]:
        chosen = [LIBRARIES[name] for name in self.libraries]
        return [library for library in chosen if library.installed(self.link)]

    def fingerprint(self, language: Language) -> dict[str, str]:
        """Return what identifies the builds of a language.

        MissingTool when its compiler or interpreter is not installed.
        """
        if language is Language.PYTHON:
            path = self.interpreter_path()
            return {
                "interpreter": _version(path, "-VV"),
                "interpreter_sha256": _hash(path),
                "interpreter_path": path,
                "library": _library_hash(path),
                "start": PYTHON_START,
                "harness": harness_digest()[:16],
            }
        path = self.compiler_path()
        return {
            "compiler": _version(path, "--version"),
            "flags": " ".join(self.flags),
            "defines": " ".join(self.defines),
            "link": self.link,
            "libc": _libc_hash(path),
            **({"arguments": shlex.join(self.arguments)} if self.arguments else {}),
            **{
                f"library {name}": LIBRARIES[name].fingerprint()
                for name in self.libraries
                if LIBRARIES[name].installed(self.link)
            },
            **{
                f"include {number}": digest_of_headers(folder)
                for number, folder in enumerate(self.include)
            },
        }


def parse_flags(text: str) -> tuple[str, ...]:
    """Split the user's compiler flags; InputError for one that would leave the sandbox's folder."""
    import shlex

    flags = tuple(shlex.split(text))
    _refuse_unseen_folders(flags)
    for flag in flags:
        if flag.startswith(("-o", "@", "-fplugin", "-B", "-wrapper", "--sysroot")):
            raise InputError(
                f"the compiler flag {flag} is not allowed", "leave it out of --cxxflags"
            )
        if flag.endswith("=native"):
            raise InputError(
                f"the compiler flag {flag} makes other code on every host",
                "name the architecture, such as -march=x86-64-v3",
            )
    return flags


_LONGEST_ARGUMENTS = 4096


def parse_arguments(text: str) -> tuple[str, ...]:
    """Split the arguments of a program as a shell does; InputError for what cannot be passed on."""
    try:
        arguments = tuple(shlex.split(text))
    except ValueError as error:
        raise InputError(
            f"--args {text!r} cannot be split ({error})", "check its quotes"
        ) from error
    if any(not one.isprintable() or "{" in one for one in arguments):
        raise InputError(
            f"--args {text!r} has a brace or a control character",
            "leave it out: programs read input",
        )
    if len(text) > _LONGEST_ARGUMENTS:
        raise InputError("--args is too long", "give what is long on standard input, by -i")
    return arguments


_FOLDER_FLAGS = ("-isystem", "-iquote", "-idirafter", "-I", "-L")


def _refuse_unseen_folders(flags: tuple[str, ...]) -> None:
    """Refuse a folder that the sandbox does not show to the compiler: it would find nothing."""
    for flag, following in zip(flags, (*flags[1:], ""), strict=True):
        name = next((name for name in _FOLDER_FLAGS if flag.startswith(name)), None)
        if name is None:
            continue
        folder = flag.removeprefix(name).removeprefix("=") or following
        if not folder.startswith("/usr/"):
            raise InputError(
                f"the compiler does not see the folder {folder or '(none)'} of {name}",
                "give a folder of headers with --include DIR",
            )


@functools.lru_cache(maxsize=64)
def _find(name: str, folders: str) -> str | None:
    return shutil.which(name, path=folders or None)


def _which(name: str, folders: str) -> str | None:
    """Return a program's path in the folders of PATH, looked for once while it is there.

    Every result's key asks for it: looking anew would take longer than all else of a key.
    """
    path = _find(name, folders)
    if path is None or not os.access(path, os.X_OK):
        _find.cache_clear()
        path = _find(name, folders)
    return path


@functools.cache
def _version(path: str, option: str) -> str:
    done = process.run([path, option], env=COMPILER_ENV)
    lines = (done.stdout or done.stderr).decode("utf-8", "replace").strip().splitlines()
    return lines[0] if lines else "unknown"


@functools.cache
def _hash(path: str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:16]


_LIBRARY = """
import hashlib, os, site, sys
for name in {modules!r}:
    try:
        __import__(name)
    except ImportError:
        pass
files = set(getattr(one, '__file__', None) or '' for one in list(sys.modules.values()))
with open('/proc/self/maps') as maps:
    files.update(line.split()[-1] for line in maps if '.so' in line)
digest = hashlib.sha256()
for name in sorted(files):
    if os.path.isfile(name):
        with open(name, 'rb') as file:
            digest.update(name.encode() + hashlib.sha256(file.read()).digest())
for folder in site.getsitepackages():
    if os.path.isdir(folder):
        digest.update(repr(sorted(n for n in os.listdir(folder) if n.endswith('-info'))).encode())
print(digest.hexdigest()[:16])
"""


@functools.cache
def _library_hash(path: str) -> str:
    """Return a hash of an interpreter's modules that programs usually import, and of its packages.

    MissingTool where it is no interpreter. Of packages names and versions count.
    """
    script = _LIBRARY.format(modules=usual_modules())
    asked = process.run([path, "-s", "-c", script], env=COMPILER_ENV)
    told = asked.stdout.decode("utf-8", "replace").strip()
    if asked.returncode != 0 or not re.fullmatch("[0-9a-f]{16}", told):
        raise MissingTool(f"{path} is no Python 3 interpreter", "give the path of one by --python")
    return told


@functools.cache
def _libc_hash(compiler: str) -> str:
    """Return a hash of the C and C++ libraries that end up in every program."""
    digest = hashlib.sha256()
    for name in ("libc.a", "libstdc++.a", "libm.a"):
        asked = process.run([compiler, f"-print-file-name={name}"], env=COMPILER_ENV)
        found = asked.stdout.decode().strip()
        if Path(found).is_absolute() and Path(found).exists():
            digest.update(Path(found).read_bytes())
    return digest.hexdigest()[:16]
