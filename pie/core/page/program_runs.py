"""What each program of a run cost on each test, from `measurements.jsonl`."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from pie.core.report.explanation import explain
from pie.core.report.pair_rows import ReportError, read_rows
from sim.verdict import Verdict

VERDICTS = tuple(verdict.value for verdict in Verdict)


@dataclass(frozen=True, slots=True)
class ProgramRuns:
    """One program on all its tests."""

    tests: Mapping[str, tuple[int, float | None, int | None]]
    """By test: place in `VERDICTS`, seconds, instructions."""
    split: Mapping[str, float] | None
    """Shares of the cycles by part (`pie.core.report.explanation`); None where it is not told."""
    cycles: int | None
    instructions: int | None
    """Over all tests; None where one of them was not measured."""


class RunsByProgram:
    """The runs of every program; a few bytes of memory for each."""

    def __init__(self, path: Path) -> None:
        """Read a file that may still be growing; ReportError for a damaged line."""
        self._kept: dict[tuple[str, str], bytes] = {}
        if not path.exists():
            return
        lines = (_line(path, number, row) for number, row in read_rows(path))
        for key, group in groupby(lines, key=lambda one: (one["problem_id"], one["program"])):
            # A program that another row has with other tests comes again.
            runs = [*self._runs(key), *(_told(one) for one in group)]
            self._kept[key] = zlib.compress(json.dumps(runs).encode(), 1)

    def _runs(self, key: tuple[str, str]) -> list[Any]:
        kept = self._kept.get(key)
        return [] if kept is None else list(json.loads(zlib.decompress(kept)))

    def of(self, problem: str, program: str) -> ProgramRuns:
        """Return the runs of a program, by its digest; none where the file has none."""
        runs = {test: rest for test, *rest in self._runs((problem, program)) if test is not None}
        told = list(runs.values())
        cycles = [one[3] for one in told]
        instructions = [one[2] for one in told]
        return ProgramRuns(
            tests={test: (one[0], one[1], one[2]) for test, one in runs.items()},
            split=_split([one[4] for one in told], cycles),
            cycles=_total(cycles),
            instructions=_total(instructions),
        )


def _line(path: Path, number: int, row: object) -> dict[str, Any]:
    if not isinstance(row, dict) or not {"problem_id", "program", "test", "verdict"} <= set(row):
        raise ReportError(f"{path}:{number}: no line of `pie simulate`")
    return row


def _told(line: dict[str, Any]) -> tuple[object, ...]:
    counters = line.get("counters") or {}
    slots = {name: value for name, value in counters.items() if name.startswith("slots_")}
    verdict = VERDICTS.index(line["verdict"]) if line["verdict"] in VERDICTS else None
    numbers = line.get("seconds"), line.get("instructions"), line.get("cycles")
    return (line["test"], verdict, *numbers, slots)


def _split(counters: Sequence[Any], cycles: Sequence[int | None]) -> Mapping[str, float] | None:
    total = _total(cycles)
    if not total or not all(counters):
        return None
    told = explain(list(counters), total)
    return told.split if told else None


def _total(numbers: Sequence[int | None]) -> int | None:
    known = [one for one in numbers if one is not None]
    return sum(known) if known and len(known) == len(numbers) else None
