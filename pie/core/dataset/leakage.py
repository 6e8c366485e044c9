"""Finds rows of one part of a data set whose programs are nearly those of another part."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from pie.core.dataset.near_duplicates import THRESHOLD, Index, Shingles, shingles

_ROLES = ("src_code", "tgt_code")


class HeldOut:
    """The programs of the parts that are evaluated on: memory for their shingles."""

    def __init__(self) -> None:
        self._programs: dict[str, Shingles] = {}
        self._parts: dict[str, str] = {}
        self._index: Index | None = None

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
        assert self._index is not None
        parts: set[str] = set()
        for role in _ROLES:
            code = str(row[role])
            known = self._programs.get(_name(code)) or shingles(code, _language(row))
            parts.update(self._parts[name] for name in self._index.find(known))
        parts.discard(below)
        return "test" if "test" in parts else "val" if "val" in parts else None


def _name(code: str) -> str:
    return hashlib.blake2b(code.encode("utf-8", "replace"), digest_size=12).hexdigest()


def _language(row: Mapping[str, Any]) -> str:
    return "python" if str(row.get("language", "")).lower().startswith("py") else "cpp"
