"""What the page holds, as JSON: the numbers of the run, a line a row, and the rows' programs.

The numbers come first and are small, so that a browser shows them at once. The programs are in
blocks, which it unpacks when somebody opens a pair.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pie.core.metrics.metrics import (
    exclusion_at_k,
    human_exclusion,
    human_ratio,
    is_correct_at_k,
    is_judged_at_k,
    is_optimised_at_k,
    speedup_at_k,
)
from pie.core.metrics.pair_result import PairResult
from pie.core.metrics.standing import UnsupportedAs
from pie.core.page import distribution
from pie.core.page.program_runs import VERDICTS, ProgramRuns, RunsByProgram
from pie.core.page.tables import Cycles, Failures
from pie.core.problem import RowProblem
from pie.core.report.pair_rows import read_pairs_and_rows
from pie.core.report.report import Report
from pie.core.report.report_formats import as_dict
from pie.core.rows import ANSWERS, language_of, parse_answers
from sim.machine import CLOCK_HZ
from sim.program import Language, Program

SCHEMA_VERSION = 1
MOST_TESTS = 20
"""Tests of a pair whose numbers the page shows: those that cost the source most."""
_BLOCK_CHARACTERS = 256 * 1024
"""Characters of programs in one block: as much as a browser unpacks unnoticed."""
_UNITS = {"counts": ("Minstr", 1e6 / CLOCK_HZ)}


@dataclass
class _Columns:
    """The rows, column by column; a program is `[verdict, seconds, tests passed, tests]`."""

    problems: list[str] = field(default_factory=list)
    problem: list[int] = field(default_factory=list)
    source_id: list[str] = field(default_factory=list)
    target_id: list[str] = field(default_factory=list)
    source: list[list[Any]] = field(default_factory=list)
    target: list[list[Any]] = field(default_factory=list)
    generations: list[list[list[Any]]] = field(default_factory=list)
    human: list[float | None] = field(default_factory=list)
    """Source / target, not clamped; None where the row has none."""
    best: list[float | None] = field(default_factory=list)
    """PIE's speedup at the largest k; None where the row is not scored."""
    ratio: list[float | None] = field(default_factory=list)
    """Source / fastest accepted generation, not clamped."""
    optimised: list[bool | None] = field(default_factory=list)
    correct: list[bool | None] = field(default_factory=list)
    """Whether a generation is accepted; None where the row is not judged."""


@dataclass(frozen=True)
class PageSource:
    """A run, read for its page."""

    run: Path
    report: Report
    threshold: float
    unsupported: UnsupportedAs
    limit: int | None = None

    def head(self) -> dict[str, Any]:
        """Everything but the programs."""
        most = len(self.report.best_at)
        lines = distribution.lines_of((pair for pair, _row in self._rows()), most, self.unsupported)
        unit, size = _UNITS.get(self.report.machine, ("ms", 1e-3))
        return {
            "schema_version": SCHEMA_VERSION,
            "run": self.run.resolve().name,
            "report": as_dict(self.report),
            "threshold": self.threshold,
            "unit": {"name": unit, "seconds": size},
            "most": most,
            "verdicts": VERDICTS,
            "thresholds": distribution.THRESHOLDS,
            "edges": distribution.EDGES,
            "lines": [] if self.report.refused else [line.as_dict() for line in lines],
            "rows": self._columns(most),
            "suspicious": self._suspicious(),
            **self._tables(),
        }

    def _tables(self) -> dict[str, Any]:
        """What every program has a part in."""
        failures = Failures(self.threshold, self.unsupported)
        cycles = Cycles()
        for pair, row in self._rows():
            failures.add(pair, _generated(row))
            after = _compared_with(pair, row)
            if after is not None and pair.src_seconds is not None:
                language, problem = _language(row), pair.problem_id
                texts = (_text(row.get("src_code")), after)
                cycles.add(
                    *(self.runs.of(problem, Program(language, text).digest) for text in texts)
                )
        return {"failures": failures.as_dict(), "cycles": cycles.as_dict()}

    @cached_property
    def runs(self) -> RunsByProgram:
        """What each program cost on each test."""
        return RunsByProgram(self.run / "measurements.jsonl")

    def blocks(self) -> Iterator[tuple[int, list[dict[str, Any]]]]:
        """Yield the programs of some rows at a time, with the number of the first."""
        block: list[dict[str, Any]] = []
        first = size = 0
        for number, (_pair, row) in enumerate(self._rows()):
            one = _programs(row, self.runs)
            block.append(one)
            size += sum(map(len, one["texts"]))
            if size >= _BLOCK_CHARACTERS:
                yield first, block
                block, first, size = [], number + 1, 0
        if block:
            yield first, block

    def _rows(self) -> Iterator[tuple[PairResult, Mapping[str, object]]]:
        pairs = self.run / "pairs.jsonl"
        # A run that was stopped before its first row has no such file yet. The run may have grown
        # since its report was made, and the page is of one moment.
        finished = self.report.rows.finished
        return read_pairs_and_rows(pairs, finished) if pairs.exists() else iter(())

    def _columns(self, most: int) -> dict[str, Any]:
        columns = _Columns()
        places: dict[str, int] = {}
        for pair, row in self._rows():
            place = places.setdefault(pair.problem_id, len(places))
            columns.problem.append(place)
            columns.source_id.append(_text(row.get("src_id")))
            columns.target_id.append(_text(row.get("tgt_id")))
            columns.source.append([_place(pair.src_verdict), pair.src_seconds])
            columns.target.append([_place(pair.tgt_verdict), pair.tgt_seconds])
            columns.generations.append(_generations(pair, row))
            columns.human.append(None if human_exclusion(pair) else human_ratio(pair))
            scored = most > 0 and exclusion_at_k(pair, most, self.unsupported) is None
            judged = most > 0 and is_judged_at_k(pair, most, self.unsupported)
            columns.best.append(speedup_at_k(pair, most) if scored else None)
            columns.ratio.append(
                distribution.ratio_at_k(pair, most, self.unsupported) if scored else None
            )
            columns.optimised.append(
                is_optimised_at_k(pair, most, self.threshold) if scored else None
            )
            columns.correct.append(is_correct_at_k(pair, most) if judged else None)
        columns.problems = list(places)
        return vars(columns)

    def _suspicious(self) -> list[tuple[int, str]]:
        """The marked programs: number of the row, and role (`tgt`, `generation_K`)."""
        path = self.run / "native.jsonl"
        if self.report.native is None or not path.exists():
            return []
        marked = []
        with path.open("rb") as lines:
            for line in lines:
                if b'"suspicious":true' not in line or not line.endswith(b"\n"):
                    continue
                told = json.loads(line)
                if told.get("kind") == "pair" and told["row"] < self.report.rows.finished:
                    marked.append((told["row"], told["role"]))
        return marked


def _compared_with(pair: PairResult, row: Mapping[str, object]) -> str | None:
    """The fastest accepted generation, or the target where there are none; None without one."""
    if not pair.generations:
        return _text(row.get("tgt_code")) if pair.tgt_seconds is not None else None
    times = [(one.seconds, place) for place, one in enumerate(pair.generations) if one.seconds]
    return _answers(row)[min(times)[1]] if times else None


def _programs(row: Mapping[str, object], runs: RunsByProgram) -> dict[str, Any]:
    """The programs of a row: each distinct text once, and who has which."""
    texts: dict[str, int] = {}

    def place(text: str) -> int:
        return texts.setdefault(text, len(texts))

    answers = _answers(row)
    roles = [
        place(_text(row.get("src_code"))),
        place(_text(row.get("tgt_code"))),
        *(place(answer) for answer in answers),
    ]
    language = _language(row)
    problem = str(row["problem_id"])
    measured = [runs.of(problem, Program(language, text).digest) for text in texts]
    source = measured[roles[0]].tests
    tests = dict.fromkeys(test for one in measured for test in one.tests)
    shown = sorted(tests, key=lambda test: -(source[test][1] or 0) if test in source else 0)
    shown = shown[:MOST_TESTS]
    details = [_text(row.get("src_detail")), _text(row.get("tgt_detail"))]
    details += [_text(one.get("detail")) for one in _generated(row)]
    return {
        "language": language.value,
        "texts": list(texts),
        "roles": roles,
        "details": details,
        "tests": shown,
        "of_tests": len(tests),
        "runs": [_runs(one, shown) for one in measured],
    }


def _runs(measured: ProgramRuns, shown: list[str]) -> dict[str, Any]:
    return {
        "tests": [measured.tests[test][:2] if test in measured.tests else None for test in shown],
        "cycles": measured.cycles,
        "instructions": measured.instructions,
        "split": measured.split and {name: round(s, 6) for name, s in measured.split.items()},
    }


def _generations(pair: PairResult, row: Mapping[str, object]) -> list[list[Any]]:
    return [
        [_place(one.verdict), one.seconds, told.get("tests_passed"), told.get("tests")]
        for one, told in zip(pair.generations, _generated(row), strict=True)
    ]


def _generated(row: Mapping[str, object]) -> list[Mapping[str, object]]:
    found = row.get("generations") or []
    assert isinstance(found, list)  # else it had been no pair
    return found


def _answers(row: Mapping[str, object]) -> tuple[str, ...]:
    """The generated programs that were measured; empty texts where they cannot be read."""
    number = len(_generated(row))
    try:
        texts = parse_answers(row.get(ANSWERS))
    except RowProblem:
        texts = ()
    return texts if len(texts) == number else ("",) * number


def _language(row: Mapping[str, object]) -> Language:
    try:
        return language_of(str(row.get("language") or Language.CPP.value))
    except RowProblem:
        return Language.CPP


def _place(verdict: str) -> int:
    return VERDICTS.index(verdict)


def _text(value: object) -> str:
    return "" if value is None else str(value)
