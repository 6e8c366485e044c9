"""The rows of a run's `pairs.jsonl`, read one at a time into the numbers that metrics need."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

from pie.core.metrics.pair_result import Generation, PairResult
from sim.verdict import Verdict


class ReportError(ValueError):
    """A run folder cannot be reported on; one sentence with the place."""


def read_pairs(path: Path, limit: int | None = None) -> Iterator[PairResult]:
    """Yield the finished rows of a file that may still be growing; memory for one row.

    `limit`: only the first rows. ReportError, with file and line, for everything that is no row.
    """
    for pair, _row in read_pairs_and_rows(path, limit):
        yield pair


def read_pairs_and_rows(
    path: Path, limit: int | None = None
) -> Iterator[tuple[PairResult, Mapping[str, object]]]:
    """Yield what `read_pairs` does, each with its whole row."""
    for number, row in read_rows(path, limit):
        try:
            pair = pair_from_row(row)
        except ValueError as error:
            raise ReportError(f"{path}:{number}: {error}") from error
        assert isinstance(row, dict)  # else it had been no pair
        yield pair, row


def read_rows(path: Path, limit: int | None = None) -> Iterator[tuple[int, object]]:
    """Yield the finished lines of a file that may still be growing, as JSON, with their numbers.

    A last line that has no newline and is no JSON is a write that was cut off: not finished, so
    it is not there. Blank lines are skipped. ReportError for another that is not JSON. `limit`:
    only the first ones.
    """
    return islice(_read_rows(path), limit)


def _read_rows(path: Path) -> Iterator[tuple[int, object]]:
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line.decode("utf-8"))
            except (ValueError, RecursionError) as error:
                if not line.endswith(b"\n"):
                    return
                raise ReportError(f"{path}:{number}: not a line of JSON ({error})") from error
            yield number, row


def pair_from_row(row: object) -> PairResult:
    """Take the numbers out of one row; ValueError, naming the row, says what is wrong with it.

    A row without `generations` has none.
    """
    if not isinstance(row, Mapping):
        raise ValueError("not a row: a JSON object is needed")
    name = f"{row.get('src_id', '?')} -> {row.get('tgt_id', '?')}"
    problem_id = row.get("problem_id")
    if isinstance(problem_id, int) and not isinstance(problem_id, bool):
        problem_id = str(problem_id)
    if not isinstance(problem_id, str):
        raise ValueError(f"row {name}: problem_id is {problem_id!r}, not a string")
    generations = row.get("generations") or []
    if not isinstance(generations, list):
        raise ValueError(f"row {name}: generations is not a list")
    return PairResult(
        problem_id=problem_id,
        src_verdict=_verdict(row, "src_verdict", name),
        src_seconds=_seconds(row, "src_agg_runtime", name),
        tgt_verdict=_verdict(row, "tgt_verdict", name),
        tgt_seconds=_seconds(row, "tgt_agg_runtime", name),
        generations=tuple(_generation(generation, name) for generation in generations),
        name=name,
        src_net=_seconds(row, "src_net_runtime", name),
        tgt_net=_seconds(row, "tgt_net_runtime", name),
        src_marks=_marks(row, "src_marks", name),
        tgt_marks=_marks(row, "tgt_marks", name),
    )


def _generation(generation: object, name: str) -> Generation:
    if not isinstance(generation, Mapping):
        raise ValueError(f"row {name}: a generation is not a JSON object")
    return Generation(
        _verdict(generation, "verdict", name),
        _seconds(generation, "agg_runtime", name),
        _seconds(generation, "net_runtime", name),
        _marks(generation, "marks", name),
        _made_inputs(generation, name),
    )


def _made_inputs(generation: Mapping[str, object], name: str) -> int:
    fuzz = generation.get("fuzz")
    number = fuzz.get("inputs") if isinstance(fuzz, Mapping) else 0
    if not isinstance(number, int) or number < 0:
        raise ValueError(f"row {name}: the number of made inputs of a generation is {number!r}")
    return number


def _marks(record: Mapping[str, object], key: str, name: str) -> frozenset[str]:
    """Return the marks of a program; a row of an earlier version has none."""
    value = record.get(key)
    if value is None:
        return frozenset()
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ValueError(f"row {name}: {key} is {value!r}, not a list of marks")
    return frozenset(value)


def _verdict(record: Mapping[str, object], key: str, name: str) -> Verdict:
    try:
        return Verdict(str(record.get(key)))
    except ValueError as error:
        raise ValueError(f"row {name}: {key} is {record.get(key)!r}, not a verdict") from error


def _seconds(record: Mapping[str, object], key: str, name: str) -> float | None:
    value = record.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"row {name}: {key} is {value!r}, not a number of seconds")
    return float(value)
