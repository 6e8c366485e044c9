"""What is measured: a program in a language, what building it gave, and a test case."""

from __future__ import annotations

import functools
import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

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
    entry_point: str = ""
    """What a test calls, for Python: `name`, or `Class().method` for a class without arguments.

    Empty: the program is run as a script, on standard input.
    """

    @functools.cached_property
    def digest(self) -> str:
        """128-bit hex digest of language, source and entry point."""
        entry = (self.entry_point,) if self.entry_point else ()
        return digest_of(self.language.value, self.source, *entry)


class TestKind(StrEnum):
    """What a test gives a program, and what it takes from it."""

    STDIN = "stdin"
    """Text on standard input; what is compared is standard output."""
    CALL = "call"
    """Arguments of the entry point; what is compared is the value that it returns."""
    BLOCK = "block"
    """Assertions that run in the guest after the program; what is compared is how many held."""

    __test__ = False


class Comparison(Protocol):
    """Says whether what a run gave is right. A frozen dataclass of plain values: it travels.

    It runs in a worker, outside every sandbox, unless it starts one itself.
    """

    @property
    def key(self) -> object:
        """Everything that could change its answer, as JSON has it: a part of each result's key."""

    def difference(self, test: TestCase, given: bytes) -> str:
        """Return '' where the run was right, else in one sentence what is wrong.

        `given` is the standard output, or what a call gave (`sim.calls.returned` reads it).
        MachineFailure where it cannot decide by its own fault, as a checker that breaks down.
        """


@dataclass(frozen=True)
class TestCase:
    """A test: what the program is given, and what it must give back.

    What is expected is read by the judge alone and never enters a sandbox; only a block of
    assertions holds it itself. `sim.calls` makes the tests that are no text on standard input.
    """

    __test__ = False  # not a test class for pytest

    name: str
    """The index in the data set, or `inline.K`."""
    input_path: Path
    """What is on standard input, or the request that the harness reads there (`sim.calls`)."""
    expected_path: Path | None
    """The expected output, or value; None: only the exit status is judged."""
    input_digest: str
    expected_digest: str
    kind: TestKind = TestKind.STDIN
    comparison: Comparison | None = None
    """None: the setting's rule, and of a call `sim.calls.SameValue()`."""

    @property
    def identity(self) -> tuple[object, ...]:
        """Everything of the test that can change a result, as JSON has it; not its name."""
        own: tuple[object, ...] = (self.input_digest, self.expected_digest)
        if self.kind is not TestKind.STDIN or self.comparison is not None:
            compared = self.comparison.key if self.comparison else None
            own = (*own, self.kind.value, compared)
        return own


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
