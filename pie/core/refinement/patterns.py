"""SBLLM's code transformation patterns: the edits of two other programs, as lines of a diff.

One is an edit like those that were tried, of a program like the given one; the other an edit unlike
them. Source: Gao et al. 2025, merge.py, whose BM25 over programs and edits is replaced: how near a
program is, an index says, and how alike two edits are, their common words.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from pie.core.refinement.feedback import shortened

_WORD = re.compile(r"\w+|[^\w\s]")
CANDIDATES = 50
"""Nearest programs whose edits are compared."""


@dataclass(frozen=True)
class KnownEdit:
    """A slow program of another problem and a faster one."""

    source: str
    target: str
    nearness: float
    """Of the slow program to the given one; higher is nearer."""


Nearest = Callable[[str], Sequence[KnownEdit]]
"""From a program to what is known of others like it, the nearest first."""


@dataclass(frozen=True)
class _Edit:
    removed: Counter[str]
    added: Counter[str]


def patterns(
    known: Sequence[KnownEdit], given: str, tried: Sequence[str], beam: int
) -> tuple[str, ...]:
    """Return the similar and the dissimilar pattern; none where nothing is known.

    `tried` are the versions of the given program that the prompt shows, at most `beam`. A known
    edit is worth the nearness of its program, and for each version a `beam`-th of how like (or
    unlike) its edit is, where that is above (or below) the median of all; each term is scaled to 0
    to 1. Of equal ones the nearer program is taken.
    """
    if not known:
        return ()
    near = _scaled([one.nearness for one in known])
    similar, dissimilar = list(near), list(near)
    edits = [_edit(one.source, one.target) for one in known]
    for version in tried:
        own = _edit(given, version)
        scores = _scaled([_likeness(own, one) for one in edits])
        if not any(scores):
            continue
        middle = median(scores)
        for place, score in enumerate(scores):
            similar[place] += score / beam if score >= middle else 0.0
            dissimilar[place] += (1.0 - score) / beam if score <= middle else 0.0
    chosen = [max(range(len(known)), key=worth.__getitem__) for worth in (similar, dissimilar)]
    return tuple(shortened(_lines(known[place].source, known[place].target)) for place in chosen)


def _scaled(values: Sequence[float]) -> list[float]:
    """Return values from 0 to 1; all zero where they are equal."""
    low, high = min(values), max(values)
    return [(one - low) / (high - low) if high > low else 0.0 for one in values]


def _changes(source: str, target: str) -> tuple[list[str], list[str], list[str]]:
    """Return the lines that go, those that come, and both as a diff without context."""
    before, after = source.splitlines(), target.splitlines()
    removed, added, both = [], [], []
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for _tag, low, high, new_low, new_high in matcher.get_opcodes():
        if _tag == "equal":
            continue
        removed += before[low:high]
        added += after[new_low:new_high]
        both += [f"- {line}" for line in before[low:high]]
        both += [f"+ {line}" for line in after[new_low:new_high]]
    return removed, added, both


def _lines(source: str, target: str) -> str:
    return "\n".join(_changes(source, target)[2])


def _edit(source: str, target: str) -> _Edit:
    removed, added, _both = _changes(source, target)
    return _Edit(
        Counter(_WORD.findall("\n".join(removed))), Counter(_WORD.findall("\n".join(added)))
    )


def _likeness(one: _Edit, other: _Edit) -> float:
    """Return how many words two edits share: of what goes and of what comes, 0 to 2."""
    return _shared(one.removed, other.removed) + _shared(one.added, other.added)


def _shared(one: Counter[str], other: Counter[str]) -> float:
    total = one.total() + other.total()
    return 2.0 * (one & other).total() / total if total else 0.0
