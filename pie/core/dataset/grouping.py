"""Reads a table problem by problem: memory for the submissions of one problem."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from types import NoneType
from typing import Any

from pie.core.dataset.table import Record, read
from pie.core.problem import InputError

SUBMISSION_COLUMNS = {
    "problem_id": "text",
    "user_id": "text",
    "submission_id": "text",
    "date": "integer",
    "language": "text",
    "code": "text",
    "cpu_time_ms": "number",
}
"""Of what `pie dataset import` writes."""
MEASURED_COLUMNS = {
    **SUBMISSION_COLUMNS,
    "verdict": "text",
    "detail": "text",
    "agg_runtime": "number",
    "cycles": "integer",
    "tests": "integers",
    "measured_on": "text",
}
"""Of what `pie dataset measure` writes; times are seconds summed over the tests."""


_TYPES: Mapping[str, frozenset[type]] = {
    "text": frozenset({str}),
    "integer": frozenset({int, float, NoneType}),
    "number": frozenset({int, float, NoneType}),
    "integers": frozenset({list}),
}


def by_problem(
    path: Path, columns: Mapping[str, str], made_by: str, limit: int | None = None
) -> Iterator[list[Record]]:
    """Yield the rows of each problem together, as they stand in the file; or of its first rows.

    InputError when the file lacks a column or a value of its kind, a row is broken, or a problem
    is in two places: then it is not what the command `made_by` wrote.
    """
    seen: set[str] = set()
    checked = _checked(path, columns, made_by, limit)
    for problem_id, group in groupby(checked, key=lambda one: str(one.fields["problem_id"])):
        if problem_id in seen:
            raise InputError(
                f"the rows of {problem_id} are not together in {path}",
                f"give the file that `{made_by}` wrote, unchanged",
            )
        seen.add(problem_id)
        yield list(group)


def _checked(
    path: Path, columns: Mapping[str, str], made_by: str, limit: int | None
) -> Iterator[Record]:
    for record in read(path, limit):
        problem = record.problem or _complaint(record.fields, columns)
        if problem:
            raise InputError(
                f"{path}, {record.place}: {problem}", f"give the file that `{made_by}` wrote"
            )
        yield record


def _complaint(fields: Mapping[str, Any], columns: Mapping[str, str]) -> str:
    for name, kind in columns.items():
        if name not in fields:
            return f"the column {name} is missing"
        if type(fields[name]) not in _TYPES[kind]:
            return f"the value of {name} is not of the kind {kind}"
    return ""
