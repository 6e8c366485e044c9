"""Finds rows of one part of a data set whose programs are nearly those of another part."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from pie.core.dataset.near_duplicates import THRESHOLD, Index, Shingles, shingles

_ROLES = ("src_code", "tgt_code")
_REMEMBERED = 10_000
"""Programs whose answer is remembered."""


class HeldOut:
    """The programs of the parts that are evaluated on: memory for their shingles."""

    def __init__(self) -> None:
        self._programs: dict[str, Shingles] = {}
        self._parts: dict[str, str] = {}
        self._index: Index | None = None
        self._found: dict[str, frozenset[str]] = {}

    def add(self, row: Mapping[str, Any], part: str) -> None:
        """Take a row's programs in; all before the first `find`."""
        for role in _ROLES:
            code = str(row[role])
            name = _name(code)
            if name not in self._programs:
                self._programs[name] = shingles(code, _language(row))
            # The test part weighs more: what is in both is not to be trained on for its sake.
            if self._parts.get(name) != "test":
                self._parts[name] = part

    def close(self, threshold: float = THRESHOLD) -> None:
        """Make them findable; no more can be added."""
        self._index = Index(self._programs, threshold)
        for name in self._programs:
            self._index.add(name)

    def find(self, row: Mapping[str, Any], below: str) -> str | None:
        """Return the gravest part, apart from `below`, that holds a near-duplicate of the row.

        None when no other part does.
        """
        parts: set[str] = set()
        for role in _ROLES:
            parts |= self._near(str(row[role]), _language(row))
        parts.discard(below)
        return "test" if "test" in parts else "val" if "val" in parts else None

    def _near(self, code: str, language: str) -> frozenset[str]:
        """Return the parts with a near-duplicate; neighbouring rows share programs."""
        assert self._index is not None
        name = _name(code)
        found = self._found.get(name)
        if found is None:
            program = self._programs.get(name) or shingles(code, language)
            found = frozenset(self._parts[one] for one in self._index.find(program))
            if len(self._found) >= _REMEMBERED:
                self._found.pop(next(iter(self._found)))
            self._found[name] = found
        return found


def _name(code: str) -> str:
    return hashlib.blake2b(code.encode("utf-8", "replace"), digest_size=12).hexdigest()


def _language(row: Mapping[str, Any]) -> str:
    return str(row.get("language") or "cpp")
