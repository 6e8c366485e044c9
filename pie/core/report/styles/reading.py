"""Reads a run's programs, test by test, one task or row at a time.

`tasks.jsonl` (or `pairs.jsonl`) and `measurements.jsonl` are in one order, so both are gone through
together. Peaks of memory that the machine does not count are those of the native runs, of
`native.jsonl`. Of a row its programs' places are kept, in case a later row has one of them again.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

from pie.core.problem import RowProblem
from pie.core.report.pair_rows import ReportError, read_rows
from pie.core.report.styles.subject import Measured, Subject, TestRun
from pie.core.rows import ANSWERS, language_of, parse_answers
from sim.program import Program, digest_of
from sim.verdict import Verdict

UNNAMED = "answers"
"""The group of answers whose model is not named."""
_REPETITION = "cpu_seconds_"

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a program's lines stand in a file, so that a later row can read them again."""

    offset: int
    lines: int


class _Lines:
    """The lines of a file that belong to one program after the other, read as they are asked."""

    def __init__(self, path: Path, kind: str = "") -> None:
        self._path, self._kind = path, kind
        self._rows = self._read(0) if path.exists() else iter(())
        self._next: tuple[int, dict[str, Any]] | None = next(self._rows, None)

    def of(self, owner: str, task: str, program: str) -> tuple[Place, list[dict[str, Any]]]:
        """Return the next lines if they are of this program, else none."""
        start = self._next[0] if self._next is not None else 0
        taken: dict[Any, dict[str, Any]] = {}
        while self._next is not None:
            line = self._next[1]
            if (
                (line.get(owner), line.get("program")) != (task, program)
                or line.get("test") in taken
                or any(_role(line) != _role(one) for one in taken.values())
            ):
                break
            taken[line.get("test")] = line
            self._next = next(self._rows, None)
        return Place(start, len(taken)), list(taken.values())

    def at(self, place: Place) -> list[dict[str, Any]]:
        """Return lines that were read before."""
        if not place.lines:
            return []
        return [line for _offset, line in islice(self._read(place.offset), place.lines)]

    def _read(self, offset: int) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield the lines from a place on, each with its own; a torn last one is not there."""
        with self._path.open("rb") as file:
            file.seek(offset)
            for data in file:
                start, offset = offset, offset + len(data)
                try:
                    line = json.loads(data)
                except (ValueError, RecursionError) as error:
                    if not data.endswith(b"\n"):
                        return
                    raise ReportError(
                        f"{self._path}: byte {start}: not a line of JSON ({error})"
                    ) from error
                if isinstance(line, dict) and (not self._kind or line.get("kind") == self._kind):
                    yield start, line


def _role(line: Record) -> tuple[object, ...]:
    """Return what tells the same program in two rows apart, where the file has it."""
    return line.get("src_id"), line.get("tgt_id"), line.get("role")


class Measurements:
    """What `measurements.jsonl` and `native.jsonl` say of the programs, in the order of the run."""

    def __init__(self, folder: Path) -> None:
        self._costs = _Lines(folder / "measurements.jsonl")
        self._native = _Lines(folder / "native.jsonl", "run")
        self.aa_ratios = array("d")
        """On a machine that measures twice: the first program of a row against itself."""

    def of(
        self, owner: str, task: str, program: str, verdict: str
    ) -> tuple[tuple[Place, Place], Measured]:
        """Return the next program; ReportError when the files hold another one there."""
        place, costs = self._costs.of(owner, task, program)
        beside, native = self._native.of(owner, task, program)
        if not costs:
            raise ReportError(f"measurements.jsonl does not go with the rows: {task} is not there")
        ratios = ((one.get("counters") or {}).get("aa_ratio") for one in costs)
        self.aa_ratios.extend(float(ratio) for ratio in ratios if ratio)
        return (place, beside), _measured(verdict, costs, native)

    def at(self, places: tuple[Place, Place], verdict: str) -> Measured:
        """Return a program that an earlier row has brought."""
        return _measured(verdict, self._costs.at(places[0]), self._native.at(places[1]))


def _measured(verdict: str, costs: Sequence[Record], native: Sequence[Record]) -> Measured:
    peaks = {one["test"]: one.get("peak_memory_bytes") for one in native}
    runs = {
        str(one["test"]): _run(one, peaks.get(one["test"]))
        for one in costs
        if one.get("test") is not None
    }
    return Measured(Verdict(verdict), runs, _repeats(costs))


def _run(line: Record, native_peak: float | None) -> TestRun:
    counters = line.get("counters") or {}
    cycles, seconds = line.get("cycles"), line.get("seconds")
    verdict = Verdict(line["verdict"])
    if verdict is not Verdict.ACCEPTED:
        return TestRun(verdict)
    return TestRun(
        verdict,
        (cycles if cycles is not None else seconds) or None,
        seconds or None,
        counters.get("memory_peak_bytes") or native_peak,
        counters.get("memory_byte_seconds"),
    )


def _repeats(lines: Sequence[Record]) -> tuple[float, ...]:
    """Return the sums over the tests of each repetition; empty unless all tests have as many."""
    by_test = [
        [value for name, value in one["counters"].items() if name[:-2] == _REPETITION]
        for one in lines
        if one.get("counters")
    ]
    if not by_test or len({len(one) for one in by_test}) != 1 or len(by_test) != len(lines):
        return ()
    return tuple(sum(one) for one in zip(*by_test, strict=True))


def read_tasks(
    folder: Path, measurements: Measurements, limit: int | None, iterations: int
) -> Iterator[Subject]:
    """Yield the finished tasks of a run; with iterations, answers are those of each in turn."""
    path = folder / "tasks.jsonl"
    for number, row in _rows(path, limit):
        try:
            yield _task(row, measurements, iterations)
        except ReportError:
            raise
        except (KeyError, TypeError, ValueError) as error:
            raise ReportError(f"{path}:{number}: a row is damaged ({error!r})") from error


def _task(row: Record, measurements: Measurements, iterations: int) -> Subject:
    name = row["task_id"]
    known: dict[str, Measured] = {}
    for one in chain(row["references"], row["answers"]):
        digest = one["program"]
        if digest not in known:
            _places, known[digest] = measurements.of("task_id", name, digest, one["verdict"])
    groups: dict[str, list[Measured]] = {}
    for answer in row["answers"]:
        groups.setdefault(answer.get("model") or UNNAMED, []).append(known[answer["program"]])
    scores, hardness = row.get("reference_scores"), row.get("hardness")
    answers = {group: tuple(given) for group, given in groups.items()}
    if iterations:
        answers = by_iteration(answers.get(UNNAMED, ()), iterations)
    return Subject(
        name=name,
        problem=name,
        given=None,
        references=tuple(known[one["program"]] for one in row["references"]),
        answers=answers,
        scores=None if scores is None else tuple(map(float, scores)),
        hardness=None if hardness is None else tuple(map(float, hardness)),
        counts=row.get("counts_in_enamel", True) is not False,
    )


def read_pair_subjects(
    folder: Path, measurements: Measurements, limit: int | None, iterations: int
) -> Iterator[Subject]:
    """Yield the finished rows of a run of pairs, in the same way."""
    path = folder / "pairs.jsonl"
    known: dict[bytes, tuple[Place, Place]] = {}
    for number, row in _rows(path, limit):
        try:
            yield _pair(number, row, measurements, known, iterations)
        except ReportError:
            raise
        except (KeyError, TypeError, ValueError, RowProblem) as error:
            raise ReportError(f"{path}:{number}: a row is damaged ({error!r})") from error


def _pair(
    number: int,
    row: Record,
    measurements: Measurements,
    known: dict[bytes, tuple[Place, Place]],
    iterations: int,
) -> Subject:
    problem = str(row["problem_id"])
    language = language_of(str(row.get("language") or "cpp"))
    texts = [row["src_code"], row["tgt_code"], *parse_answers(row.get(ANSWERS))]
    generations = [one["verdict"] for one in row["generations"]]
    verdicts = [row["src_verdict"], row["tgt_verdict"], *generations]
    tests = [one if isinstance(one, int) else [one["input"], one["output"]] for one in row["tests"]]
    made = []
    for text, verdict in zip(texts, verdicts, strict=True):
        digest = Program(language, text).digest
        # As `pie.core.result_rows` tells which programs no earlier row has brought.
        key = bytes.fromhex(digest_of(digest, problem, tests, verdict))
        if key in known:
            made.append(measurements.at(known[key], verdict))
        else:
            known[key], one = measurements.of("problem_id", problem, digest, verdict)
            made.append(one)
    answers = {UNNAMED: tuple(made[2:])} if made[2:] else {}
    if iterations:
        answers = by_iteration(tuple(made[2:]), iterations)
    return Subject(f"row {number}", problem, made[0], (made[1],), answers)


def by_iteration(answers: tuple[Measured, ...], iterations: int) -> dict[str, tuple[Measured, ...]]:
    """Divide answers by iteration; ValueError where there are not as many of each."""
    samples, rest = divmod(len(answers), iterations)
    if rest:
        raise ValueError(f"{len(answers)} programs are not {iterations} iterations")
    return {
        f"iteration {number}": answers[number * samples : (number + 1) * samples]
        for number in range(iterations)
    }


def _rows(path: Path, limit: int | None) -> Iterator[tuple[int, Record]]:
    # A run that was stopped before its first row has no such file yet.
    if not path.exists():
        return
    for number, row in islice(read_rows(path), limit):
        if not isinstance(row, dict):
            raise ReportError(f"{path}:{number}: not a row: a JSON object is needed")
        yield number, row
