"""What is measured: a program in a language, what building it gave, and a test case."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sim.paths import cache_directory
from sim.verdict import Verdict


class Language(StrEnum):
    """The languages that can be built and run."""

    CPP = "cpp"
    PYTHON = "python"


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=str)


def digest_of(*parts: object) -> str:
    """Return a 128-bit hex digest of JSON-able parts; equal parts give equal digests anywhere."""
    text = _CANONICAL.encode(parts)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


@dataclass(frozen=True)
class Program:
    """One source text in one language."""

    language: Language
    source: str

    @property
    def digest(self) -> str:
        """128-bit hex digest of language and source."""
        return digest_of(self.language.value, self.source)


@dataclass(frozen=True)
class TestCase:
    """A test: what the program reads, and what it must print.

    The expected output is read by the judge alone and never enters a sandbox.
    """

    __test__ = False  # not a test class for pytest

    name: str
    """The index in the data set, or `inline.K`."""
    input_path: Path
    expected_path: Path | None
    """None: only the exit status is judged."""
    input_digest: str
    expected_digest: str


@dataclass(frozen=True)
class Build:
    """What the compiler made of a program; `verdict` is None when it can be run."""

    language: Language
    digest: str = ""
    """SHA-256 of the executable's bytes (the source's for Python); the key of all that follows."""
    verdict: Verdict | None = None
    detail: str = ""
    sha256: str = ""
    """Of the kept file's bytes."""
    seconds: float = 0.0
    """Host time of the build; not part of any result."""
    size: int = 0
    """Bytes of the executable."""
    static_bytes: int = 0
    """Memory of its own code and data before it runs; 0 for a script."""
    clock_dependent: bool = False
    """It asks for the time, randomness or threads: run twice, to see whether its cost changes."""

    @property
    def path(self) -> Path:
        """The executable (the script for Python) in the cache of this host."""
        return cache_directory() / "binaries" / self.digest[:2] / self.digest

    @property
    def kept(self) -> bool:
        """Whether the cache still holds it, whole."""
        try:
            return bool(self.digest) and self.path.stat().st_size == self.size
        except OSError:
            return False
