"""Rows of a CSV file, with its broken lines told and the others read."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from pie.core.dataset.submission import LONGEST_CODE
from pie.core.dataset.table import Record, require_file
from pie.core.problem import InputError

SHORT_FIELD = 1024
"""Characters that are enough for every field of a table without programs."""


def read_csv(path: Path, longest_field: int = 4 * LONGEST_CODE) -> Iterator[Record]:
    """Yield the rows of a CSV file with a heading; a broken one has `problem` and no fields.

    A quoted field that does not end takes the lines after it along, up to the longest field that
    is allowed; the place names all of them.
    """
    require_file(path)
    csv.field_size_limit(longest_field)
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        lines = csv.reader(file, strict=True)
        try:
            heading = next(lines)
        except (StopIteration, csv.Error) as error:
            raise InputError(
                f"the table {path} has no heading", "its first line must name the columns"
            ) from error
        names = [name.strip() for name in heading]
        if len(set(names)) != len(names):
            raise InputError(f"the table {path} names a column twice", "mend its first line")
        while True:
            first = lines.line_num + 1
            try:
                values = next(lines)
            except StopIteration:
                return
            except csv.Error as error:
                yield Record(_place(first, lines.line_num), {}, f"not CSV ({error})")
                continue
            if not values:
                continue
            place = _place(first, lines.line_num)
            if len(values) != len(names):
                problem = f"{len(values)} fields, the heading has {len(names)}"
                yield Record(place, {}, problem)
            else:
                yield Record(place, dict(zip(names, values, strict=True)))


def heading_of(path: Path) -> list[str]:
    """Return the column names of a CSV file; InputError when it has none."""
    require_file(path)
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        try:
            return [name.strip() for name in next(csv.reader(file))]
        except (StopIteration, csv.Error) as error:
            raise InputError(
                f"the table {path} has no heading", "its first line must name the columns"
            ) from error


def _place(first: int, last: int) -> str:
    return f"line {first}" if last <= first else f"lines {first} to {last}"
