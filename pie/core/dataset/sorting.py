"""Brings submissions into the order that all later steps rely on, in bounded memory.

SQLite does it: rows go to a scratch file as they come, an index of the keys is built by merging,
and rows are read back along it. A sort that carries the programs along (DuckDB's was tried) needs
memory for a good part of them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, fields
from pathlib import Path
from types import TracebackType

from pie.core.dataset.submission import Submission
from pie.core.problem import InputError

ORDER = ("problem_id", "user_id", "date", "submission_id")
"""Texts by code points, as Python sorts them."""
_CACHE_KIB = 64 * 1024
_COLUMNS = [field.name for field in fields(Submission)]


class Sorter:
    """Takes submissions in any order, and gives them back in `ORDER`; a context manager."""

    def __init__(self, scratch: Path) -> None:
        """`scratch` is a file that is made, and gone in the end."""
        self._path = scratch
        scratch.unlink(missing_ok=True)
        with self._explained():
            self._db = sqlite3.connect(scratch, isolation_level=None)
            for pragma in ("journal_mode=OFF", "synchronous=OFF", f"cache_size=-{_CACHE_KIB}"):
                self._db.execute(f"PRAGMA {pragma}")
            self._db.execute(f"CREATE TABLE submissions ({', '.join(_COLUMNS)})")
            self._db.execute("CREATE UNIQUE INDEX names ON submissions (submission_id)")
            self._db.execute("BEGIN")

    def add(self, one: Submission) -> bool:
        """Take a submission in; False, and nothing taken, when one of that id is there already."""
        marks = ", ".join("?" for _name in _COLUMNS)
        with self._explained():
            done = self._db.execute(
                f"INSERT OR IGNORE INTO submissions VALUES ({marks})", astuple(one)
            )
        return done.rowcount == 1

    def ordered(self) -> Iterator[Submission]:
        """Yield everything that was taken, one at a time."""
        keys = ", ".join(ORDER)
        with self._explained():
            self._db.execute("COMMIT")
            self._db.execute(f"CREATE INDEX ordered ON submissions ({keys})")
            for row in self._db.execute(
                f"SELECT * FROM submissions INDEXED BY ordered ORDER BY {keys}"
            ):
                yield Submission(*row)

    def __enter__(self) -> Sorter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._db.close()
        self._path.unlink(missing_ok=True)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise InputError(
                f"the submissions could not be sorted ({error}; {self._path})",
                "free some space there and run the same command again",
            ) from error
