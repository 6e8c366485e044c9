"""Finds programs that are nearly the same, exactly (no sketches) and the same on every run.

A program is the set of its token 5-grams, comments and white space left out; two are near-
duplicates when the Jaccard index of these sets reaches a threshold. To compare not everything
with everything: in one order of all 5-grams, rarest first, two sets of that similarity share k of
the first n - ceil(threshold * n) + k of each (prefix filtering, Bayardo et al. 2007; with k above
1, Wang et al. 2012).
"""

from __future__ import annotations

import hashlib
import math
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

THRESHOLD = 0.9
_GRAM = 5
_SHARED = 8
"""The k above: more of it means longer prefixes, and far fewer programs to compare in full."""
_COMMON = 4096
"""5-grams, those in most programs, that are compared as bits of a number, all at once."""

_BASE, _MASK = 0x9E3779B97F4A7C15, 2**64 - 1
_OLDEST = pow(_BASE, _GRAM - 1, 2**64)
"""What the first word of a run is multiplied by; all modulo 2**64."""


@dataclass(frozen=True, slots=True)
class Shingles:
    """A program as its token sequence's digest and the sorted hashes of its token 5-grams."""

    tokens: bytes
    grams: array[int]


def shingles(code: str, language: str) -> Shingles:
    """Return a program's shingles; shorter programs than five tokens are one shingle.

    MissingTool without tree-sitter.
    """
    tokens = _tokens(code, language)
    whole = hashlib.blake2b("\0".join(tokens).encode("utf-8", "replace"), digest_size=16).digest()
    words = {token: _hash(token) for token in set(tokens)}
    return Shingles(whole, array("Q", sorted(_grams([words[token] for token in tokens]))))


def _grams(words: Sequence[int]) -> set[int]:
    """Return the hashes of all runs of five words: each of the one before, by a polynomial."""
    rolled = 0
    for word in words[:_GRAM]:
        rolled = (rolled * _BASE + word) & _MASK
    grams = {rolled}
    for old, new in zip(words, words[_GRAM:], strict=False):
        rolled = ((rolled - old * _OLDEST) * _BASE + new) & _MASK
        grams.add(rolled)
    return grams


def similarity(left: Shingles, right: Shingles) -> float:
    """Return the Jaccard index, between 0 and 1; 1 for equal token sequences."""
    if left.tokens == right.tokens:
        return 1.0
    common = len(set(left.grams).intersection(right.grams))
    return common / (len(left.grams) + len(right.grams) - common)


class Index:
    """Programs to look near-duplicates up in."""

    def __init__(self, known: Mapping[str, Shingles], threshold: float = THRESHOLD) -> None:
        """`known` by name; the rarity of 5-grams is counted in it."""
        if not 0 < threshold <= 1:
            raise ValueError(f"the threshold must be above 0 and at most 1, not {threshold}")
        self._known = known
        self._threshold = threshold
        self._counts: Counter[int] = Counter()
        for one in known.values():
            self._counts.update(one.grams)
        common = [gram for gram, count in self._counts.most_common(_COMMON) if count > 1]
        self._bits = {gram: 1 << place for place, gram in enumerate(common)}
        self._names: dict[int, list[str]] = {}
        self._order: dict[str, int] = {}
        self._halves: dict[str, tuple[int, array[int]]] = {}

    def add(self, name: str) -> None:
        """Make one of the known programs findable."""
        self._order[name] = len(self._order)
        self._halves[name] = self._halved(self._known[name])
        for gram in self._prefix(self._known[name]):
            self._names.setdefault(gram, []).append(name)

    def find(self, program: Shingles) -> Iterator[str]:
        """Yield the findable near-duplicates of any program, in the order they were added."""
        shared: Counter[str] = Counter()
        for gram in self._prefix(program):
            shared.update(self._names.get(gram, ()))
        bits, rare = self._halved(program)
        mine, size = set(rare), len(program.grams)
        least = min(_SHARED, self._overlap(size))
        found = []
        for name, number in shared.items():
            if number < least:
                continue
            one = self._known[name]
            shorter, longer = sorted((size, len(one.grams)))
            if shorter < self._overlap(longer):
                continue
            its_bits, its_rare = self._halves[name]
            common = (bits & its_bits).bit_count() + len(mine.intersection(its_rare))
            near = common / (size + len(one.grams) - common) >= self._threshold
            if near or program.tokens == one.tokens:
                found.append(name)
        yield from sorted(found, key=self._order.__getitem__)

    def _halved(self, program: Shingles) -> tuple[int, array[int]]:
        """Return a program's common 5-grams as bits, and its other ones."""
        bits, rare = 0, array("Q")
        for gram in program.grams:
            bit = self._bits.get(gram)
            if bit is None:
                rare.append(gram)
            else:
                bits |= bit
        return bits, rare

    def _prefix(self, program: Shingles) -> Sequence[int]:
        grams = sorted(program.grams, key=lambda gram: (self._counts[gram], gram))
        return grams[: len(grams) - self._overlap(len(grams)) + _SHARED]

    def _overlap(self, size: int) -> int:
        """Return how many 5-grams a program of so many has in common with a near-duplicate."""
        # The slack keeps a product such as 0.9 * 10 from being rounded above 9.
        return max(1, math.ceil(self._threshold * size - 1e-9))


def grammar_of(language: str) -> Literal["cpp", "python"]:
    """Return the grammar for a row's language, by whatever name."""
    return "python" if language.strip().lower().startswith(("py", "cpy")) else "cpp"


def _tokens(code: str, language: str) -> list[str]:
    from retrieval.syntax import leaves
    from sim.errors import MissingTool

    try:
        return [text for _kind, text in leaves(code, grammar_of(language))]
    except ImportError as error:
        raise MissingTool(
            "comparing programs needs tree-sitter, which is not installed",
            "run: pip install 'pie-perf-toolkit[data]'",
        ) from error


def _hash(text: str) -> int:
    return int.from_bytes(
        hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "big"
    )
