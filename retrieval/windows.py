"""How a text longer than a model's window is read: in overlapping windows, each token once.

A token's vector depends on what the model sees around it, so every token is taken from the window
in which it is farther from a cut; the others only lend it context.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Window:
    """Tokens `start` to `stop` are read; of these, `first` to `last` are taken (ends excluded)."""

    start: int
    stop: int
    first: int
    last: int


def windows(tokens: int, size: int, overlap: int) -> list[Window]:
    """Return the windows of a text; a text that fits has one, the last one is as long as others.

    Every token from 0 to `tokens` is taken exactly once. `overlap` is in tokens, below `size`.
    """
    if not 0 <= overlap < size:
        raise ValueError(f"an overlap of {overlap} tokens does not fit a window of {size}")
    if tokens <= size:
        return [Window(0, tokens, 0, tokens)]
    starts = [*range(0, tokens - size, size - overlap), tokens - size]
    cuts = [0]
    for before, after in pairwise(starts):
        cuts.append((after + before + size) // 2)
    cuts.append(tokens)
    return [
        Window(start, start + size, first, last)
        for start, (first, last) in zip(starts, pairwise(cuts), strict=True)
    ]
