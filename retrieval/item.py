"""What goes into an index and what comes out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Item:
    """One program of an index."""

    id: str
    text: str
    groups: tuple[str, ...] = ()
    """The problems that it belongs to: a query of one of them never gets it."""
    payload: Mapping[str, Any] = field(default_factory=dict)
    """JSON values that are kept with it and given back, never looked at."""


@dataclass(frozen=True)
class Hit:
    """One neighbour."""

    id: str
    score: float
    """Higher is nearer: the inner product, or minus the squared Euclidean distance."""


def text_digest(text: str) -> str:
    """Return the SHA-256 of a text without its whitespace: a program set out anew is the same."""
    return hashlib.sha256("".join(text.split()).encode("utf-8", "surrogatepass")).hexdigest()
