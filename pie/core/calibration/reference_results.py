"""Recorded measurements of a reference machine, a line for each run.

    {"sha": "0123456789abcdef", "problem_id": "p1", "test": 3, "cycles": 124725, "insts": 8842,
     "machine": "...", "compiler": "...", "flags": "-O3 -std=c++17", "link": "static"}

`sha` is the first 16 hex digits of SHA-256 of the program's text, `test` the index of a test of
the problem. From `insts` on, fields are optional; others are passed over.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pie.core.problem import InputError, RowProblem
from pie.core.rows import read_lines
from pie.core.wording import count
from sim.program import digest_of
from sim.toolchain import Toolchain

RunKey = tuple[str, str, str]
"""Program, problem and test."""
_DESCRIBING = ("machine", "compiler", "flags", "link")
_MOST = 10**18


@dataclass(frozen=True)
class Recorded:
    """What the reference said of one run."""

    cycles: int
    instructions: int | None = None


@dataclass
class ReferenceResults:
    """A file of recorded measurements."""

    path: Path
    sha256: str = ""
    runs: dict[RunKey, Recorded] = field(default_factory=dict)
    rows: int = 0
    repeated: int = 0
    """Rows that tell a run again, with the same cycles."""
    left_out: list[tuple[int, str]] = field(default_factory=list)
    """Lines that cannot be used, with the reason."""
    described: dict[str, str] = field(default_factory=dict)
    """What all rows say of machine, compiler and flags, where they do."""

    def tests_of(self, program: str, problem_id: str) -> frozenset[int]:
        """Return the tests on which a program was recorded."""
        return self._tests.get((program, problem_id), frozenset())

    def __post_init__(self) -> None:
        self._tests: dict[tuple[str, str], frozenset[int]] = {}

    def add(self, key: RunKey, recorded: Recorded, line: int) -> None:
        """Take in a row; InputError where it contradicts an earlier one."""
        earlier = self.runs.setdefault(key, recorded)
        if earlier is not recorded:
            if earlier.cycles != recorded.cycles:
                raise InputError(
                    f"{self.path}:{line} gives {recorded.cycles} cycles to a run that had "
                    f"{earlier.cycles} in an earlier line",
                    "keep the rows of one machine in one configuration",
                )
            self.repeated += 1
        where = key[:2]
        self._tests[where] = self._tests.get(where, frozenset()) | {int(key[2])}


def text_hash(text: str) -> str:
    """Return what a program's text is called in recorded measurements."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def runs_digest(cycles: Mapping[RunKey, int]) -> str:
    """Return a digest of runs and the reference's cycles, whatever their order."""
    return digest_of(sorted([*key, number] for key, number in cycles.items()))[:16]


def read_reference(path: Path, *, strict: bool = False) -> ReferenceResults:
    """Read a file of recorded measurements; InputError when nothing in it can be used.

    A line that cannot be used is left out and counted; with `strict` it is an InputError.
    """
    made = ReferenceResults(path)
    whole = hashlib.sha256()
    try:
        path.open("rb").close()
    except OSError as error:
        raise InputError(
            f"the file of recorded measurements {path} cannot be read ({error.strerror})",
            "check the path given to --reference-results",
        ) from error
    for line in read_lines(path):
        whole.update(line.data)
        made.rows += 1
        try:
            row = _object(line.data)
            key, recorded = _parse(row)
        except RowProblem as problem:
            if strict:
                raise InputError(
                    f"{path}:{line.number}: {problem}", "mend the line, or leave --strict out"
                ) from problem
            made.left_out.append((line.number, str(problem)))
            continue
        made.add(key, recorded, line.number)
        _describe(made, row, line.number)
    made.sha256 = whole.hexdigest()
    if not made.runs:
        first = f" (line {made.left_out[0][0]}: {made.left_out[0][1]})" if made.left_out else ""
        raise InputError(
            f"none of the {count(made.rows, 'line')} of {path} is a recorded measurement{first}",
            "give JSONL with sha, problem_id, test and cycles in each line",
        )
    return made


def refuse_other_flags(reference: ReferenceResults, toolchain: Toolchain) -> None:
    """InputError when the file says that its executables were built in another way."""
    here = {"flags": " ".join(toolchain.flags), "link": toolchain.link}
    for name, ours in here.items():
        theirs = reference.described.get(name)
        if theirs is not None and theirs.split() != ours.split():
            option = "--cxxflags" if name == "flags" else "--link"
            raise InputError(
                f"the reference in {reference.path} was measured with {name} {theirs!r}, "
                f"not {ours!r}",
                f"give {option} {theirs!r}, or another reference",
            )


def _object(data: bytes) -> dict[str, Any]:
    try:
        row = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise RowProblem("the line is not JSON") from error
    if not isinstance(row, dict):
        raise RowProblem("the line is not a JSON object")
    return row


def _parse(row: Mapping[str, Any]) -> tuple[RunKey, Recorded]:
    missing = [name for name in ("sha", "problem_id", "test", "cycles") if name not in row]
    if missing:
        raise RowProblem(f"the field {missing[0]} is missing")
    sha, problem, test = row["sha"], row["problem_id"], row["test"]
    if sha is None:
        raise RowProblem("it names no program")
    if not isinstance(sha, str) or len(sha) != 16 or set(sha) - set("0123456789abcdef"):
        raise RowProblem("sha is not 16 hexadecimal digits")
    if not isinstance(problem, str | int) or isinstance(problem, bool) or problem == "":
        raise RowProblem("problem_id is neither a string nor an integer")
    if not _whole(test, 0):
        raise RowProblem("test is not the index of a test")
    if not _whole(row["cycles"], 1):
        raise RowProblem("cycles is not a whole number above 0")
    instructions = row.get("insts")
    if instructions is not None and not _whole(instructions, 1):
        raise RowProblem("insts is not a whole number above 0")
    return (sha, str(problem), str(test)), Recorded(row["cycles"], instructions)


def _whole(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= _MOST


def _describe(made: ReferenceResults, row: Mapping[str, Any], number: int) -> None:
    for name in _DESCRIBING:
        value = row.get(name)
        if value is None:
            continue
        earlier = made.described.setdefault(name, str(value))
        if earlier != str(value):
            raise InputError(
                f"{made.path}:{number} is of {name} {str(value)[:60]!r}, earlier lines of "
                f"{earlier[:60]!r}",
                "keep the rows of one machine, compiler and flags in one file",
            )
