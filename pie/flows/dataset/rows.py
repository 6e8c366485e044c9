"""Rows of a pairs file for the steps that pass them on: read, checked, the broken ones told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pie.core.dataset.manifest import Counts, listing_beside
from pie.core.dataset.table import Record, Writer, read
from pie.core.dataset.trajectory import in_range
from pie.core.problem import InputError


def pair_rows(
    path: Path, counts: Counts, listed: Writer | None = None, limit: int | None = None
) -> Iterator[Record]:
    """Yield the rows that have a problem_id and two programs; count and list the others.

    `limit`: only the first rows of the file. InputError when there are rows and none of them is
    usable. A table without any row is one: a small data set has parts without a problem.
    """
    usable = 0
    first = ""
    for record in read(path, limit):
        counts.rows_in += 1
        problem = record.problem or _complaint(record)
        if problem:
            first = first or f"{record.place}: {problem}"
            counts.left_out["broken_row"] += 1
            if listed is not None:
                listed.write({"table": path.name, "place": record.place, "reason": problem})
            continue
        usable += 1
        yield record
    if first and not usable:
        raise InputError(
            f"the pairs file {path} has no usable row ({first})", "give rows of PIE's form"
        )


def _complaint(record: Record) -> str:
    for name in ("problem_id", "src_code", "tgt_code"):
        value = record.fields.get(name)
        if value is None:
            return f"the field {name} is missing"
        if name == "problem_id" and isinstance(value, int) and not isinstance(value, bool):
            continue
        if not isinstance(value, str):
            return f"the field {name} is not a text"
        if name == "problem_id" and not value:
            return "the field problem_id is empty"
    for name in ("src_id", "tgt_id", "user_id"):
        if not isinstance(record.fields.get(name), str | int | float | None):
            return f"the field {name} is neither a text nor a number"
    for name in ("speedup", "src_agg_runtime", "tgt_agg_runtime"):
        number: Any = record.fields.get(name)
        if _positive(number) and not in_range(number):
            return f"the field {name} is too large or too small for any runtime"
    return ""


def _positive(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, int | float) and value > 0


def seconds(record: Record, name: str) -> float | None:
    """Return a row's runtime; None when it has none above zero that can be one."""
    value: Any = record.fields.get(name)
    return float(value) if _positive(value) and in_range(value) else None


def speedup(record: Record) -> float | None:
    """Return source over target as the row states it, else of its runtimes."""
    stated = seconds(record, "speedup")
    if stated is not None:
        return stated
    src, tgt = seconds(record, "src_agg_runtime"), seconds(record, "tgt_agg_runtime")
    return None if src is None or tgt is None else src / tgt


def listing(out: Path) -> Writer:
    """Return the file beside an output that tells what was left out, row by row."""
    return Writer(listing_beside(out))
