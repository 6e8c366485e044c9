"""Where two settings or manifests differ: the name of each entry, with its old and new value."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pie.core.wording import one_line

_MOST_NAMED = 6
_LONGEST = 60
_ABSENT = "none"


@dataclass(frozen=True)
class Difference:
    """One entry that two settings have with different values, or that one of them lacks."""

    name: str
    left: Any
    right: Any

    def __str__(self) -> str:
        left, right = _around(_shown(self.left), _shown(self.right))
        return f"{self.name}: {left} against {right}"


def differences(name: str, left: Any, right: Any) -> Iterator[Difference]:
    """Yield the innermost entries that differ, under dotted names that begin with `name`."""
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        for key in sorted({*left, *right}):
            below = f"{name}.{key}" if name else str(key)
            yield from differences(below, left.get(key), right.get(key))
    elif left != right:
        yield Difference(name, left, right)


def named(found: Iterable[Difference]) -> str:
    """Name the entries, the first few with both values."""
    every = list(found)
    told = [str(one) for one in every[:_MOST_NAMED]]
    more = ", ".join(one.name for one in every[_MOST_NAMED:])
    return "; ".join([*told, *([f"and also {more}"] if more else [])])


def _shown(value: Any) -> str:
    if value is None:
        return _ABSENT
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _around(left: str, right: str) -> tuple[str, str]:
    """Cut two long texts to where they begin to differ."""
    at = next((n for n, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), 0)
    start = max(0, at - _LONGEST // 3) if max(len(left), len(right)) > _LONGEST else 0
    before = "..." if start else ""
    return before + one_line(left[start:], _LONGEST), before + one_line(right[start:], _LONGEST)
