"""Results that are kept: one SQLite file, keyed by everything that matters.

A result is committed as it arrives, so a kill at any point loses none that was acknowledged
(write-ahead log, `synchronous=NORMAL`: a power cut may lose the last moments, never damage the
file). Writing a key twice changes nothing.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sim.errors import InputError

SCHEMA_VERSION = 1
_MOST_KEYS = 500
"""In one query: SQLite takes 999 parameters or more."""
_encode = json.JSONEncoder(separators=(",", ":")).encode


class Store:
    """The kept results of one cache folder or one run."""

    def __init__(self, path: Path) -> None:
        """Open or create the file; InputError when it cannot be used."""
        self.path = path
        with self._explained():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(
                # Threads may take turns; none uses it while another does.
                path,
                timeout=60.0,
                isolation_level=None,
                check_same_thread=False,
            )
            self._write_ahead()
            self._db.execute("PRAGMA synchronous=NORMAL")
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, SCHEMA_VERSION):
                raise InputError(
                    f"the cache {path} was written by another version of this program",
                    "set PIE_CACHE to a new folder or delete that file",
                )
            # With row numbers: keys are random, and payloads among them would each touch a page or
            # two. (Older files are WITHOUT ROWID, and answer the same.)
            self._db.execute(
                "CREATE TABLE IF NOT EXISTS results (key TEXT PRIMARY KEY, kind TEXT NOT NULL, "
                "payload TEXT NOT NULL, created REAL NOT NULL)"
            )
            self._db.execute(f"PRAGMA user_version={SCHEMA_VERSION}")

    def _write_ahead(self) -> None:
        """Switch to the write-ahead log; SQLite does not wait for another process that does so."""
        deadline = time.monotonic() + 60.0
        while True:
            try:
                self._db.execute("PRAGMA journal_mode=WAL")
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)

    def get(self, key: str) -> Any | None:
        """Return the kept value of a key, or None."""
        with self._explained():
            row = self._db.execute("SELECT payload FROM results WHERE key=?", (key,)).fetchone()
            return None if row is None else json.loads(row[0])

    def get_all(self, keys: Sequence[str]) -> dict[str, str]:
        """Return the kept values of keys as JSON, without those that are not kept."""
        found: dict[str, str] = {}
        with self._explained():
            for start in range(0, len(keys), _MOST_KEYS):
                part = list(keys[start : start + _MOST_KEYS])
                marks = ",".join("?" * len(part))
                query = f"SELECT key, payload FROM results WHERE key IN ({marks})"
                found.update(self._db.execute(query, part).fetchall())
        return found

    def read(self, payload: str) -> Any:
        """Return the value of what `get_all` has given; InputError when it is damaged."""
        with self._explained():
            return json.loads(payload)

    def put(self, key: str, kind: str, value: Any) -> bool:
        """Keep a value; when this returns, a kill of the process does not lose it.

        False where another process was first: its value stays.
        """
        payload = _encode(value)
        with self._explained():
            cursor = self._db.execute(
                "INSERT OR IGNORE INTO results VALUES (?, ?, ?, ?)",
                (key, kind, payload, time.time()),
            )
        return cursor.rowcount > 0

    def put_all(self, values: Sequence[tuple[str, str, Any]]) -> set[str]:
        """Keep values, given as (key, kind, value), in one commit; see `put`.

        Returns the keys for which another process was first.
        """
        if not values:
            return set()
        now = time.time()
        rows = [(key, kind, _encode(value), now) for key, kind, value in values]
        late: set[str] = set()
        with self._explained():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                if self._insert(rows) < len(rows):
                    self._db.execute("ROLLBACK")
                    self._db.execute("BEGIN IMMEDIATE")
                    late = set(self.get_all([key for key, _kind, _value in values]))
                    self._insert(rows)
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
        return late

    def _insert(self, rows: Sequence[tuple[str, str, str, float]]) -> int:
        """Add rows whose keys are not there; return how many."""
        before = self._db.total_changes
        self._db.executemany("INSERT OR IGNORE INTO results VALUES (?, ?, ?, ?)", rows)
        return self._db.total_changes - before

    def counts(self) -> dict[str, int]:
        """Return how many results of each kind are kept."""
        with self._explained():
            rows = self._db.execute("SELECT kind, count(*) FROM results GROUP BY kind").fetchall()
        return dict(rows)

    def prune(self, older_than_seconds: float) -> int:
        """Delete results older than so many seconds; return how many."""
        with self._explained():
            cursor = self._db.execute(
                "DELETE FROM results WHERE created < ?", (time.time() - older_than_seconds,)
            )
            self._db.execute("VACUUM")
        return cursor.rowcount

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError, json.JSONDecodeError) as error:
            raise InputError(*_explain(self.path, error)) from error


def _explain(path: Path, error: Exception) -> tuple[str, str]:
    text = str(error)
    if "full" in text or "No space" in text:
        return (
            f"the disk is full, so a result could not be kept in {path}",
            "free some space and run the same command again: whatever was measured before is kept",
        )
    if "not a database" in text or "malformed" in text or isinstance(error, json.JSONDecodeError):
        return f"the cache {path} is damaged ({text})", "delete that file and run again"
    if "locked" in text:
        return f"the cache {path} is held by another process ({text})", "end it and run again"
    return (
        f"the cache {path} cannot be used ({text})",
        "set PIE_CACHE to a folder that can be written, or use --no-cache",
    )
