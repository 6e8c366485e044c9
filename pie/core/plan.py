"""Reads a data set before anything is measured: which rows can be used, how much work they are.

Memory is a few bytes for each row and program, whatever the size of the file.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from pie.core.problem import InputError, RowProblem
from pie.core.rows import ANSWERS, Row, parse_row, read_lines
from pie.core.shard import Shard
from pie.core.test_cases import TestCases
from sim.program import Language, digest_of


@dataclass(frozen=True)
class LeftOut:
    """A line that is not measured, and why."""

    line: int
    reason: str


@dataclass
class Plan:
    """What a pairs file holds."""

    path: Path
    answers: str = ANSWERS
    """The field of the programs that are measured beside source and target."""
    sha256: str = ""
    tests_digest: str = ""
    """Of the contents of all test files that usable rows refer to."""
    offsets: array[int] = field(default_factory=lambda: array("Q"))
    """Where each usable row begins."""
    left_out: list[LeftOut] = field(default_factory=list)
    programs: int = 0
    """Distinct programs."""
    compiled: int = 0
    """Those of them that are compiled."""
    runs: int = 0
    """Distinct (program, test)."""
    languages: list[Language] = field(default_factory=list)
    most_generations: int = 0

    @property
    def rows(self) -> int:
        """Number of usable rows."""
        return len(self.offsets)

    def read(self) -> Iterator[Row]:
        """Yield the usable rows again, in order; InputError when the file changed meanwhile."""
        try:
            with self.path.open("rb") as file:
                for offset in self.offsets:
                    file.seek(offset)
                    yield parse_row(file.readline().removeprefix(b"\xef\xbb\xbf"), self.answers)
        except (OSError, RowProblem) as error:
            raise InputError(
                f"the pairs file {self.path} changed while it was measured ({error})",
                "run the command again",
            ) from error


def plan(
    path: Path,
    tests: TestCases,
    limit: int | None = None,
    answers: str = ANSWERS,
    *,
    shard: Shard | None = None,
    repeated: bool = False,
) -> Plan:
    """Read and check the lines of a pairs file. InputError when no row can be used.

    With a limit, the file is taken to end after that many lines that are not blank; with a shard,
    to hold the lines of that part only. `repeated`: the file is our own, and its rows count however
    alike they are.
    """
    made = Plan(path, answers)
    seen_rows: dict[bytes, tuple[int, bytes]] = {}
    seen_work: set[bytes] = set()
    seen_programs: set[bytes] = set()
    whole = hashlib.sha256(b"" if answers == ANSWERS else answers.encode() + b"\n")
    lines = 0
    for line in islice(read_lines(path), limit):
        if shard is not None and not shard.holds(path, line.offset):
            continue
        lines += 1
        whole.update(line.data)
        try:
            row = parse_row(line.data, answers)
            tests.check(row.problem_id, row.tests)
            tests.take(row.problem_id, row.tests)
            if not repeated:
                refuse_duplicate(row, line.number, seen_rows)
        except RowProblem as problem:
            made.left_out.append(LeftOut(line.number, str(problem)))
            continue
        made.offsets.append(line.offset)
        _count_work(row, made, seen_programs, seen_work)
    made.sha256 = whole.hexdigest()
    made.tests_digest = tests.digest
    if lines == 0 and shard is not None:
        raise InputError(f"no line of {path} begins in the shard {shard}", "make fewer shards")
    if lines == 0:
        raise InputError(f"the pairs file {path} is empty", "give a JSONL file with a row a line")
    if made.rows == 0:
        first = made.left_out[0]
        none = "the only row" if lines == 1 else f"none of the {lines} rows"
        raise InputError(
            f"{none} of {path} can{'not' if lines == 1 else ''} be measured "
            f"(line {first.line}: {first.reason})",
            "mend the rows or the folder of test cases",
        )
    if answers != ANSWERS and not made.most_generations:
        raise InputError(f"no row of {path} has programs in {answers!r}", "check --answers")
    made.programs = len(seen_programs)
    return made


def refuse_duplicate(row: Row, number: int, seen: dict[bytes, tuple[int, bytes]]) -> None:
    """Two rows with one identity would count twice, or contradict each other."""
    answers = digest_of(list(row.generations))
    code = digest_of(row.src_code, row.tgt_code)
    named = row.src_id is not None or row.tgt_id is not None
    # Without ids only the same codes on the same tests are the same row.
    ids = [row.src_id, row.tgt_id] if named else [code, row.language, _tests(row)]
    name = bytes.fromhex(digest_of(row.problem_id, ids, answers))
    content = bytes.fromhex(code)
    earlier = seen.setdefault(name, (number, content))
    if earlier[0] != number:
        if not named:
            raise RowProblem(f"the same row stands on line {earlier[0]} already")
        what = "the same" if earlier[1] == content else "other"
        raise RowProblem(
            f"the ids {row.src_id} and {row.tgt_id} stand on line {earlier[0]} already, "
            f"with {what} code"
        )


def _tests(row: Row) -> list[int | list[str]]:
    return [one if isinstance(one, int) else [one.input, one.output] for one in row.tests]


def _count_work(row: Row, made: Plan, programs: set[bytes], work: set[bytes]) -> None:
    tests = _tests(row)
    for program in row.programs():
        digest = program.digest
        if program.language is Language.CPP and bytes.fromhex(digest) not in programs:
            made.compiled += 1
        programs.add(bytes.fromhex(digest))
        key = bytes.fromhex(digest_of(digest, row.problem_id, tests))
        if key not in work:
            work.add(key)
            made.runs += len(tests)
    if row.language not in made.languages:
        made.languages.append(row.language)
    made.most_generations = max(made.most_generations, len(row.generations))
