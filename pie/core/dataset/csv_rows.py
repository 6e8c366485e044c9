"""Rows of a CSV file, with its broken lines told and the others read."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pie.core.dataset.submission import LONGEST_CODE
from pie.core.dataset.table import Record, require_file
from pie.core.encoding import refuse_utf16
from pie.core.problem import InputError

SHORT_FIELD = 1024
"""Characters that are enough for every field of a table without programs."""


def read_csv(path: Path, longest_field: int = 4 * LONGEST_CODE) -> Iterator[Record]:
    """Yield the rows of a CSV file with a heading; a broken one has `problem` and no fields.

    A stray quote takes the lines after it along, to the next quote or the longest field that is
    allowed. Such lines are then read each by itself, so that only broken ones are lost.
    """
    _require_text(path)
    csv.field_size_limit(longest_field)
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        lines = _Lines(file)
        rows = csv.reader(lines, strict=True)
        try:
            heading = next(rows)
        except (StopIteration, csv.Error) as error:
            raise InputError(
                f"the table {path} has no heading", "its first line must name the columns"
            ) from error
        names = [name.strip() for name in heading]
        if len(set(names)) != len(names):
            raise InputError(f"the table {path} names a column twice", "mend its first line")
        while True:
            lines.taken.clear()
            try:
                values, problem = next(rows), ""
            except StopIteration:
                return
            except csv.Error as error:
                values, problem = [], f"not CSV ({error})"
            whole = _record(lines.taken, values, problem, names)
            if whole is None:
                continue
            if whole.problem and len(lines.taken) > 1:
                yield from _line_by_line(lines, whole, names, torn=bool(problem))
            else:
                yield whole


class _Lines:
    """The lines of a file with their numbers; the last one can be put back."""

    def __init__(self, file: Iterator[str]) -> None:
        self._numbered = enumerate(file, 1)
        self._back: list[tuple[int, str]] = []
        self.taken: list[tuple[int, str]] = []
        """Of the row that is being read."""

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._back.pop() if self._back else next(self._numbered)
        self.taken.append(line)
        return line[1]

    def put_back(self, line: tuple[int, str]) -> None:
        self._back.append(line)


def _record(
    lines: list[tuple[int, str]], values: list[str], problem: str, names: list[str]
) -> Record | None:
    """Return what some lines hold; None for an empty one."""
    place = _place(lines[0][0], lines[-1][0])
    if problem:
        return Record(place, {}, problem)
    if not values:
        return None
    if len(values) != len(names):
        return Record(place, {}, f"{len(values)} fields, the heading has {len(names)}")
    return Record(place, dict(zip(names, values, strict=True)))


def _line_by_line(
    lines: _Lines, whole: Record, names: list[str], *, torn: bool
) -> Iterator[Record]:
    """Yield the rows of a broken record's lines, or the record when none is a row by itself.

    A stray quote may end at the one that opens the next row's program. That last line is put back
    then, at most once for each line, so that a hostile file costs no more than two readings.
    """
    taken = list(lines.taken)
    alone = [_alone(line, names) for line in taken]
    rows = any(one is not None and not one.problem for one in alone)
    last = alone[-1]
    if (torn or rows) and last is not None and last.problem:
        lines.put_back(taken.pop())
        alone.pop()
        whole = replace(whole, place=_place(taken[0][0], taken[-1][0]))
    if rows:
        yield from (one for one in alone if one is not None)
    else:
        yield whole


def _alone(line: tuple[int, str], names: list[str]) -> Record | None:
    try:
        values = next(csv.reader([line[1]], strict=True))
    except csv.Error as error:
        return _record([line], [], f"not CSV ({error})", names)
    return _record([line], values, "", names)


def heading_of(path: Path) -> list[str]:
    """Return the column names of a CSV file; InputError when it has none."""
    _require_text(path)
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        try:
            return [name.strip() for name in next(csv.reader(file))]
        except (StopIteration, csv.Error) as error:
            raise InputError(
                f"the table {path} has no heading", "its first line must name the columns"
            ) from error


def _require_text(path: Path) -> None:
    require_file(path)
    with path.open("rb") as file:
        refuse_utf16(path, file.read(4))


def _place(first: int, last: int) -> str:
    return f"line {first}" if last <= first else f"lines {first} to {last}"
