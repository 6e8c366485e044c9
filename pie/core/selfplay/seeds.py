"""The problems of a pairs file, each by its fastest program: what self-play begins from."""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from pie.core.plan import LeftOut
from pie.core.problem import InputError, RowProblem
from pie.core.rows import InlineTest, Row, parse_row, read_lines
from pie.core.selfplay.description import Descriptions
from sim.program import Language, Program

WITNESSES = 3


@dataclass(frozen=True)
class Seed:
    """A problem and the program that stands for all its accepted ones."""

    problem_id: str
    program: Program
    program_id: str
    description: str
    """Empty where nothing says one."""
    tests: tuple[int | InlineTest, ...]
    """All that its rows name: indices in their order, then the inline ones."""
    witnesses: tuple[Program, ...] = ()
    """More accepted programs, the next best: what is an input of the problem, all agree on."""


@dataclass(frozen=True, order=True)
class _Choice:
    """An accepted program of a problem; the least one stands for it."""

    seconds: float
    rank: int
    """Of its role: 0 the target, 1 the source, 2 what the row calls the fastest."""
    source: str
    program_id: str


@dataclass
class _Gathered:
    """What the rows of a problem said so far."""

    description: str
    best: list[_Choice] = field(default_factory=list)
    """Of different text, the best first."""
    indices: set[int] = field(default_factory=set)
    inline: dict[tuple[str, str], InlineTest] = field(default_factory=dict)

    def consider(self, choice: _Choice) -> None:
        """Keep a program if it is among the best."""
        known = next((one for one in self.best if one.source == choice.source), None)
        if known is not None and known <= choice:
            return
        if known is not None:
            self.best.remove(known)
        insort(self.best, choice)
        del self.best[1 + WITNESSES :]


def read_seeds(
    path: Path, descriptions: Descriptions, option: str = "--seeds", limit: int | None = None
) -> tuple[list[Seed], list[LeftOut]]:
    """Return the problems of a file in the order of their first row, and the lines left out.

    A problem's program is the one with the least runtime that its rows state; where they state
    none, the target that comes first by its text. `limit`: only the first rows. InputError when no
    row can be used.
    """
    found: dict[tuple[str, Language], _Gathered] = {}
    left_out = []
    for line in islice(read_lines(path, option), limit):
        try:
            row = parse_row(line.data)
        except RowProblem as problem:
            left_out.append(LeftOut(line.number, str(problem)))
            continue
        key = row.problem_id, row.language
        if key not in found:
            found[key] = _Gathered(descriptions.of(row.problem_id, row.fields))
        gathered = found[key]
        for choice in _choices(row):
            gathered.consider(choice)
        for test in row.tests:
            if isinstance(test, int):
                gathered.indices.add(test)
            else:
                gathered.inline.setdefault((test.input, test.output), test)
    if not found:
        why = f" (line {left_out[0].line}: {left_out[0].reason})" if left_out else ""
        raise InputError(f"the file {path} has no row that can be used{why}", "give rows of PIE's")
    return [_seed(*key, one) for key, one in found.items()], left_out


def _choices(row: Row) -> list[_Choice]:
    fields = row.fields
    choices = [
        _Choice(_seconds(fields, "tgt"), 0, row.tgt_code, row.tgt_id or ""),
        _Choice(_seconds(fields, "src"), 1, row.src_code, row.src_id or ""),
    ]
    fastest, name = fields.get("fastest_code"), fields.get("fastest_id")
    if isinstance(fastest, str) and fastest.strip():
        choices.append(_Choice(_seconds(fields, "fastest"), 2, fastest, str(name or "")))
    return choices


def _seconds(fields: Mapping[str, Any], role: str) -> float:
    """Return a stated runtime; infinity where there is none above zero."""
    value = fields.get(f"{role}_agg_runtime")
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        return math.inf
    return float(value)


def _seed(problem_id: str, language: Language, one: _Gathered) -> Seed:
    tests: tuple[int | InlineTest, ...] = (*sorted(one.indices), *one.inline.values())
    first, *others = one.best
    return Seed(
        problem_id,
        Program(language, first.source),
        first.program_id,
        one.description,
        tests,
        tuple(Program(language, other.source) for other in others),
    )
