"""What running a program on its tests gave, for ECCO's execution-conditioned rows."""

from __future__ import annotations

import json
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pie.core.problem import InputError
from sim.verdict import Verdict

PUBLIC_TESTS = 3
"""ECCO shows a problem's public tests, 3.1 to 3.3 on average."""

Runs = dict[tuple[str, str], dict[str, "TestRun"]]
"""(problem, digest of the program) -> test -> what it gave."""


@dataclass(frozen=True, slots=True)
class TestRun:
    """One program on one test. Neither input nor expected output is ever shown to a model."""

    __test__ = False  # not a test class for pytest

    passed: bool
    seconds: float | None
    """Simulated; None unless it passed and was measured."""
    memory_kb: float | None
    """Peak resident KiB; None where the run noted none."""


def read_runs(run: Path, wanted: Container[tuple[str, str]]) -> Runs:
    """Read what a run of `pie simulate` measured of some programs; InputError if it is no run."""
    path = run / "measurements.jsonl"
    memory = _memory(run / "native.jsonl", wanted)
    found: Runs = {}
    for number, line in _lines(path):
        key = str(line.get("problem_id")), str(line.get("program"))
        test = line.get("test")
        if key not in wanted or test is None or line.get("verdict") == Verdict.NOT_MEASURED:
            continue  # what was not measured has neither passed nor failed
        try:
            found.setdefault(key, {})[str(test)] = _run(
                {**line, **memory.get((*key, str(test)), {})}
            )
        except ValueError as error:
            raise InputError(f"{path}:{number}: {error}", "give a run of `pie simulate`") from error
    return found


def _memory(
    path: Path, wanted: Container[tuple[str, str]]
) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Read the memory of the native runs; an older run has it with its measurements."""
    if not path.exists():
        return {}
    found = {}
    for _number, line in _lines(path):
        key = str(line.get("problem_id")), str(line.get("program"))
        if line.get("kind") == "run" and key in wanted:
            found[*key, str(line.get("test"))] = {
                "peak_memory_bytes": line.get("peak_memory_bytes")
            }
    return found


def chosen(runs: Mapping[str, TestRun], tests: Sequence[str], most: int) -> tuple[TestRun, ...]:
    """Return the runs of a row's first tests, in order; a test without one is left out."""
    return tuple(runs[test] for test in tests[:most] if test in runs)


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        with path.open("rb") as file:
            for number, data in enumerate(file, start=1):
                try:
                    line = json.loads(data)
                except (ValueError, RecursionError) as error:
                    if not data.endswith(b"\n"):
                        return  # cut off: the run is still going on
                    raise InputError(
                        f"{path}:{number} is not a line of JSON", "give a run of `pie simulate`"
                    ) from error
                if isinstance(line, dict):
                    yield number, line
    except FileNotFoundError as error:
        raise InputError(
            f"{path.parent} holds no measurements", "give the folder of a run of `pie simulate`"
        ) from error


def _run(line: Mapping[str, Any]) -> TestRun:
    passed = line.get("verdict") == Verdict.ACCEPTED
    seconds, memory = line.get("seconds"), line.get("peak_memory_bytes")
    for value in (seconds, memory):
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise ValueError(f"{value!r} is not a number")
    return TestRun(
        passed,
        float(seconds) if passed and seconds is not None else None,
        float(memory) / 1024 if memory is not None else None,
    )
