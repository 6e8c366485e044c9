"""What online judges compile with, and the headers that they offer besides the standard ones.

Sources: AtCoder's table of languages (https://atcoder.jp/contests/abc262/rules: `-O2 -DONLINE_JUDGE
-DATCODER`, limits of constant evaluation, the AtCoder Library, Boost, GMP, Eigen), Codeforces' list
of command lines (`-O2 -DONLINE_JUDGE`, a stack of 256 MiB) and Aizu's `-O2`. All three have a C++17
of GCC. `-march=native` (AtCoder) is left out: it makes other code on every host.
"""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sim.errors import InputError

DEFINES = ("ONLINE_JUDGE",)
"""Macros of every build: programs written for a judge read files where it is missing."""
_SYSTEM_FOLDERS = ("/usr/include", "/usr/include/x86_64-linux-gnu")
_LIBRARY_FOLDERS = ("/usr/lib/x86_64-linux-gnu", "/usr/lib")
_MOST_HEADERS = 20_000
_MOST_HEADER_BYTES = 256 << 20


@dataclass(frozen=True)
class Library:
    """A library of the system's, used where it is installed."""

    header: str
    """What a program includes; relative to the system's folders of headers."""
    package: str
    """Debian's name of it."""
    folder: str = ""
    """A folder of headers that the compiler does not search by itself."""
    linked: tuple[str, ...] = ()
    """Its archives, without `lib`; none for headers alone."""
    version: str = ""
    """The header that names its version; empty: `header`."""

    def installed(self, link: Literal["static", "dynamic"]) -> bool:
        """Tell whether programs can be compiled and linked with it."""
        ending = ".a" if link == "static" else ".so"
        return _find(self.header, _SYSTEM_FOLDERS) is not None and all(
            _find(f"lib{name}{ending}", _LIBRARY_FOLDERS) for name in self.linked
        )

    def fingerprint(self) -> str:
        """Return a digest of its version and archives."""
        digest = hashlib.sha256()
        paths = [_find(self.version or self.header, _SYSTEM_FOLDERS)]
        paths += [_find(f"lib{name}.a", _LIBRARY_FOLDERS) for name in self.linked]
        for path in paths:
            digest.update(path.read_bytes() if path else b"")
        return digest.hexdigest()[:16]


LIBRARIES = {
    "boost": Library("boost/version.hpp", "libboost-dev"),
    "eigen": Library(
        "eigen3/Eigen/Core",
        "libeigen3-dev",
        folder="/usr/include/eigen3",
        version="eigen3/Eigen/src/Core/util/Macros.h",
    ),
    "gmp": Library("gmpxx.h", "libgmp-dev", linked=("gmpxx", "gmp")),
}
_REMEDIES = {
    "atcoder": "give the folder of the AtCoder Library with --include",
    "boost": "install libboost-dev",
    "Eigen": "install libeigen3-dev and ask for --judge atcoder",
    "gmp.h": "install libgmp-dev",
    "gmpxx.h": "install libgmp-dev",
}


@dataclass(frozen=True)
class OnlineJudge:
    """A preset of `--judge`."""

    flags: tuple[str, ...]
    defines: tuple[str, ...] = DEFINES
    libraries: tuple[str, ...] = ()
    """Names in `LIBRARIES`."""


_CONSTANT_EVALUATION = tuple(
    f"-fconstexpr-{what}={2**31 - 1}" for what in ("depth", "loop-limit", "ops-limit")
)
ONLINE_JUDGES = {
    "atcoder": OnlineJudge(
        ("-O2", "-std=gnu++17", *_CONSTANT_EVALUATION),
        (*DEFINES, "ATCODER"),
        tuple(LIBRARIES),
    ),
    "codeforces": OnlineJudge(("-O2", "-std=gnu++17")),
    "aizu": OnlineJudge(("-O2", "-std=gnu++17")),
}


def online_judge(name: str) -> OnlineJudge:
    """Return a preset by its name; InputError for one that is not known."""
    if name not in ONLINE_JUDGES:
        known = ", ".join(ONLINE_JUDGES)
        raise InputError(f"unknown judge {name!r}", f"choose none, {known}")
    return ONLINE_JUDGES[name]


def header_folders(folders: Sequence[Path]) -> tuple[str, ...]:
    """Return the absolute paths of the user's folders of headers; InputError for what is none."""
    paths = []
    for folder in folders:
        if not folder.is_dir():
            problem = "is not a folder" if folder.exists() else "does not exist"
            raise InputError(f"--include {folder} {problem}", "give a folder of headers")
        paths.append(str(folder.resolve()))
        digest_of_headers(paths[-1])
    return tuple(paths)


@functools.cache
def digest_of_headers(folder: str) -> str:
    """Return a digest of all files of a folder, by name; InputError where they are too many."""
    digest = hashlib.sha256()
    size = 0
    try:
        for number, path in enumerate(_files(folder)):
            size += path.stat().st_size
            if number >= _MOST_HEADERS or size > _MOST_HEADER_BYTES:
                raise InputError(
                    f"--include {folder} holds more than {_MOST_HEADERS:,} files or "
                    f"{_MOST_HEADER_BYTES >> 20} MiB",
                    "give the folder of the headers alone",
                )
            name = os.fsencode(path.relative_to(folder))
            digest.update(b"%d %d " % (len(name), path.stat().st_size) + name)
            digest.update(path.read_bytes())
    except OSError as error:
        raise InputError(
            f"--include {folder} cannot be read ({error.strerror}: {error.filename})",
            "make its files readable",
        ) from error
    return digest.hexdigest()[:16]


def remedy_for(message: str) -> str:
    """Return what to do about a compiler's message on a missing header; empty for any other."""
    if "No such file or directory" not in message:
        return ""
    _, _, missing = message.partition("fatal error: ")
    top = missing.partition(":")[0].partition("/")[0].strip()
    return _REMEDIES.get(top, "")


def _files(folder: str) -> Iterator[Path]:
    """Yield the regular files below a folder, in an order that is the same everywhere."""
    for path, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            if (file := Path(path, name)).is_file():
                yield file


def _find(name: str, folders: Sequence[str]) -> Path | None:
    return next((path for folder in folders if (path := Path(folder, name)).is_file()), None)
