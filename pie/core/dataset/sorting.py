"""Brings submissions into the order that all later steps rely on, in bounded memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pie.core.dataset.table import read
from pie.core.problem import InputError
from sim.errors import MissingTool

MEMORY_LIMIT = "512MB"
"""Of the sort; what does not fit is spilled beside the output."""
ORDER = ("problem_id", "user_id", "date", "submission_id")
STAGED = {
    "ordinal": "integer",
    "place": "text",
    "problem_id": "text",
    "user_id": "text",
    "submission_id": "text",
    "date": "integer",
    "language": "text",
    "code": "text",
    "cpu_time_ms": "number",
}
"""Columns of the unsorted Parquet file."""


def in_order(staged: Path, scratch: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of a Parquet file with the columns `STAGED`, sorted by `ORDER`.

    Of rows with one submission_id only the one with the smallest ordinal comes as it is; the
    others come, anywhere, with `code` None. MissingTool without duckdb; InputError when the disk
    is full.
    """
    try:
        import duckdb
    except ImportError as error:
        raise MissingTool(
            "sorting a table of submissions needs duckdb, which is not installed",
            "run: pip install 'pie-perf-toolkit[data]'",
        ) from error
    with tempfile.TemporaryDirectory(prefix=".sort-", dir=scratch) as folder:
        ordered = Path(folder) / "ordered.parquet"
        connection = duckdb.connect(":memory:")
        try:
            connection.execute(f"SET memory_limit='{MEMORY_LIMIT}'")
            connection.execute("SET threads=2")
            connection.execute("SET preserve_insertion_order=false")
            connection.execute(f"SET temp_directory={_text(Path(folder) / 'spill')}")
            source = f"read_parquet({_text(staged)})"
            connection.execute(
                f"""CREATE TEMP TABLE again AS SELECT a.ordinal FROM {source} a
                    JOIN (SELECT submission_id, min(ordinal) AS first FROM {source}
                          GROUP BY submission_id HAVING count(*) > 1) b
                    ON a.submission_id = b.submission_id AND a.ordinal > b.first"""
            )
            connection.execute(
                f"""COPY (SELECT * REPLACE (CASE WHEN ordinal IN (SELECT ordinal FROM again)
                                            THEN NULL ELSE code END AS code)
                          FROM {source} ORDER BY {", ".join(ORDER)}, ordinal)
                    TO {_text(ordered)} (FORMAT parquet, ROW_GROUP_SIZE 2048)"""
            )
        except duckdb.Error as error:
            raise InputError(
                f"the submissions could not be sorted ({str(error).splitlines()[0][:200]})",
                "free some space beside the output and run the same command again",
            ) from error
        finally:
            connection.close()
        for record in read(ordered):
            yield record.fields


def _text(path: Path) -> str:
    """Return a path as an SQL string."""
    return "'" + str(path).replace("'", "''") + "'"
