"""`pie.measure`: programs as texts or files, which is faster, and by how much."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pie.api.html_table import html_table, paragraph
from pie.api.settings import setting_of
from pie.core.report import ranking_table
from pie.core.report.ranking import Ranking
from pie.core.report.ranking_formats import TITLES, cells
from pie.flows import measure as flow
from pie.flows import measure_files
from pie.flows.measure_files import Given
from sim.errors import InputError
from sim.program import Language, Program

Text = str | os.PathLike[str]
"""A text, or a path: see `measure`."""
_CPP = re.compile(r"^\s*#\s*include\b|\bint\s+main\s*\(", re.MULTILINE)


@dataclass(frozen=True)
class Measured:
    """Programs measured side by side."""

    ranking: Ranking
    """Every number; the fastest first in `ranking.measured`."""
    sentence: str
    """Which is faster, by how much, on what."""
    comparable: bool
    """Whether all programs end well and print the same."""

    @property
    def speedup(self) -> float | None:
        """First program's cost / second one's; None for another number, or where one has none."""
        costs = [one.seconds for one in self.ranking.entries]
        if len(costs) != 2 or not self.comparable or not costs[0] or not costs[1]:
            return None
        return costs[0] / costs[1]

    def rows(self) -> list[dict[str, object]]:
        """Return a line for each program, the fastest first, as plain values."""
        return self.ranking.as_dicts()

    def to_pandas(self) -> Any:
        """Return the same as a pandas DataFrame."""
        from pie.api.frames import pandas

        return pandas().DataFrame(self.rows())

    def __str__(self) -> str:
        lines = [*ranking_table.table(self.ranking, 100), "", self.sentence]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return html_table(TITLES, cells(self.ranking)) + paragraph(self.sentence)


def measure(
    *programs: Text,
    inputs: Sequence[Text | bytes] = (),
    expected: Sequence[Text | bytes] | None = None,
    language: Literal["cpp", "python"] | None = None,
    names: Sequence[str] | None = None,
    machine: str = "auto",
    cxxflags: str | None = None,
    compare: str = "tokens",
    max_instructions: int | None = None,
    memory_limit: int = 1024,
    use_cache: bool = True,
) -> Measured:
    """Measure programs on inputs (one empty input where there is none), side by side.

    A program is a path where it is a `Path`, or a text of one line that ends like a program
    (`.cpp`, `.py`, ...); else it is the program itself. Its language is `language`, else guessed:
    C++ where it includes a header or has an `int main(`. An input or expected output is a `Path`,
    else the text itself. Without `expected` the first program that ends well says what is right.
    `memory_limit` in MiB. InputError or MissingTool, in one sentence, for what cannot be used.
    """
    if not programs:
        raise InputError("there is no program to measure", "give at least one")
    if names is not None and len(names) != len(programs):
        raise InputError(f"{len(programs)} programs but {len(names)} names", "give one for each")
    if expected is not None and len(expected) != len(inputs):
        raise InputError(
            f"{len(inputs)} inputs but {len(expected)} expected outputs", "give one for each"
        )
    read = [_program(one, place, language) for place, one in enumerate(programs)]
    answers: Sequence[Text | bytes | None] = expected or [None] * len(inputs)
    given = [
        Given(_input_name(one, place), _bytes(one), None if answer is None else _bytes(answer))
        for place, (one, answer) in enumerate(zip(inputs, answers, strict=True))
    ]
    compared = flow.compare_texts(
        list(names or [name for name, _program_ in read]),
        [program for _name, program in read],
        given or [Given("empty input", b"", None)],
        setting_of(machine, cxxflags, compare, max_instructions, memory_limit),
        use_cache=use_cache,
    )
    return Measured(compared.ranking, flow.sentence(compared), compared.comparable)


def _program(given: Text, place: int, language: str | None) -> tuple[str, Program]:
    is_name = isinstance(given, str) and "\n" not in given
    if not isinstance(given, str) or (
        is_name and Path(given).suffix.lower() in measure_files.SUFFIXES
    ):
        return str(given), measure_files.program(Path(given))
    if language is None:
        language = Language.CPP.value if _CPP.search(given) else Language.PYTHON.value
    if language not in tuple(Language):
        raise InputError(f"unknown language {language!r}", "choose cpp or python")
    return f"program {place + 1}", Program(Language(language), given)


def _bytes(given: Text | bytes) -> bytes:
    if isinstance(given, bytes):
        return given
    if isinstance(given, str):
        return given.encode("utf-8", "surrogatepass")
    return measure_files.read(Path(given))


def _input_name(given: Text | bytes, place: int) -> str:
    return f"input {place + 1}" if isinstance(given, str | bytes) else str(given)
