"""The answers of a sampling run: appended as they arrive, found again by key, never rewritten.

A line of `answers.jsonl` is one answer. What `add` has returned for is on the disk. A torn last
line, of a process that was killed while it wrote, was never acknowledged and is cut off.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pie.core.problem import InputError
from pie.core.run_folder import encode


class AnswerStore:
    """Append-only answers by key; one process at a time, which the run folder's lock sees to."""

    def __init__(self, path: Path) -> None:
        """Open or make the file; InputError when a line in its midst is damaged."""
        self.path = path
        self._places: dict[bytes, int] = {}
        self._file = path.open("a+b")
        self._end = self._index()
        if self._end < self._file.seek(0, os.SEEK_END):
            self._file.truncate(self._end)

    def _index(self) -> int:
        """Take note of where each answer begins; return the end of the last whole line."""
        self._file.seek(0)
        at = 0
        for number, line in enumerate(self._file, start=1):
            if not line.endswith(b"\n"):
                return at
            try:
                record = json.loads(line)
                key = bytes.fromhex(record["key"])
                if not isinstance(record["text"], str):
                    raise TypeError("its text is none")
            except (ValueError, KeyError, TypeError, RecursionError) as error:
                raise InputError(
                    f"{self.path}:{number}: the line is damaged ({error})",
                    "remove that line; its prompt is then asked again",
                ) from error
            self._places.setdefault(key, at)
            at += len(line)
        return at

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, key: str) -> bool:
        return bytes.fromhex(key) in self._places

    def add(self, records: Iterable[Mapping[str, Any]]) -> None:
        """Append answers, each with its `key`, and return when they are on the disk.

        An answer to a key that has one is not kept: a prompt is answered once.
        """
        lines = bytearray()
        places = {}
        for record in records:
            key = bytes.fromhex(record["key"])
            if key not in self._places and key not in places:
                places[key] = self._end + len(lines)
                lines += encode(record)
        if not lines:
            return
        self._file.write(lines)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._places.update(places)
        self._end += len(lines)

    def get(self, key: str) -> dict[str, Any] | None:
        """Return the answer to a key; None when it has none."""
        at = self._places.get(bytes.fromhex(key))
        if at is None:
            return None
        self._file.seek(at)
        record: dict[str, Any] = json.loads(self._file.readline())
        return record

    def close(self) -> None:
        self._file.close()
