"""Makes further inputs out of a problem's own, in the grammar that these have.

Where no grammar is found, or it draws nothing new, tokens change in their places, and what may be a
count stays. Either is a guess: programs of the problem must show that an input is one.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

from pie.core.testing.drawing import draw, fits
from pie.core.testing.inference import infer
from pie.core.testing.shapes import Node, Tree
from pie.core.testing.slots import Grammar, describe
from pie.core.testing.values import Plan, Unfit
from sim.program import digest_of

_TOKEN = re.compile(rb"[^\s]+")
_NUMBER = re.compile(rb"-?(?:0|[1-9][0-9]{0,17})\Z")
_SHARE = 0.5
"""Of the tokens that may change, so many do on average."""
_TRIES = 20
_BARREN = 40
"""Draws without anything new after which a grammar is given up, as one of a single small input."""
_LARGEST_READ = 4 << 20
"""Bytes of all inputs up to which a grammar is looked for."""
_LARGEST_BASE = 1 << 18
"""Bytes of an input up to which others are made near it."""
_MOST_DRAWN = 32 << 20
"""Bytes after which no more are drawn, new or not."""
_PLANS = (
    Plan(keep=0.8, resize=False),
    Plan(keep=0.5),
    Plan(keep=0.0, resize=False),
    Plan(keep=0.0),
    Plan(keep=0.0),
)
"""Near the given input, and away from it; in turns."""


@dataclass(frozen=True)
class Mutant:
    """An input that was made."""

    text: bytes
    base: int
    """The number of the given input that it was made of."""
    how: str
    """`grammar`, `tokens`, or `grown` with its scale."""


class Mutator:
    """The inputs of one problem, and what is known of their form."""

    def __init__(self, inputs: Sequence[bytes], seed: int | str) -> None:
        self.inputs = tuple(inputs)
        self.seed = seed

    def with_seed(self, seed: int | str) -> Mutator:
        """Return a maker of other inputs, with the same grammar; it is not looked for again."""
        other = Mutator(self.inputs, seed)
        other.__dict__["grammar"] = self.grammar
        if self.grammar is not None:
            other.__dict__["trees"] = self.trees
        return other

    @cached_property
    def grammar(self) -> Grammar | None:
        """The grammar of all inputs; None where none was found."""
        if sum(map(len, self.inputs)) > _LARGEST_READ:
            return None
        nodes = infer(self.inputs)
        if nodes is None:
            return None
        trees = [self._tree(nodes, one) for one in self.inputs]
        return describe(nodes, trees)

    @staticmethod
    def _tree(nodes: tuple[Node, ...], text: bytes) -> list[Tree]:
        tree = fits(nodes, text)
        assert tree is not None, "an inferred shape reads every input"
        return tree

    @cached_property
    def trees(self) -> list[list[Tree]]:
        """The given inputs as trees of the grammar."""
        assert self.grammar is not None
        return [self._tree(self.grammar.nodes, one) for one in self.inputs]

    @cached_property
    def _bases(self) -> list[int]:
        """The inputs that others are made near to: all of a usual size, or the smallest."""
        usual = [k for k, one in enumerate(self.inputs) if len(one) <= _LARGEST_BASE]
        return usual or [min(range(len(self.inputs)), key=lambda k: len(self.inputs[k]))]

    def near(self, wanted: int) -> Iterator[Mutant]:
        """Yield at most `wanted` distinct inputs that are none of the given ones; always the same.

        Counts stay within those that were given, and values within their range.
        """
        seen = set(self.inputs)
        made = drawn = 0
        vocabulary = None
        for number in range(wanted * _TRIES if self.inputs else 0):
            if made == wanted:
                return
            random = self._random("near", number)
            base = self._bases[number % len(self._bases)]
            how, text = "grammar", None
            if self.grammar is not None and (made or number < _BARREN):
                text = self._drawn(base, _PLANS[number // len(self._bases) % len(_PLANS)], random)
                if text is None:
                    continue
            if text is None:
                vocabulary = vocabulary or _Vocabulary(self.inputs)
                how, text = "tokens", _mutated(self.inputs[base], vocabulary, random)
            drawn += len(text)
            if drawn > _MOST_DRAWN:
                return
            if text not in seen:
                seen.add(text)
                made += 1
                yield Mutant(text, base, how)

    def grown(self, scale: float, wanted: int) -> Iterator[Mutant]:
        """Yield at most `wanted` inputs whose counts are `scale` times those of a given one.

        The largest given inputs come first. None where there is no grammar, or nothing counts.
        """
        if self.grammar is None:
            return
        order = sorted(range(len(self.inputs)), key=lambda k: (-len(self.inputs[k]), k))
        seen: set[bytes] = set(self.inputs)
        for number in range(wanted * 4):
            if wanted == 0:
                return
            base = order[number % min(len(order), 4)]
            random = self._random(f"grown {scale}", number)
            text = self._drawn(base, Plan(keep=0.0, resize=False, scale=scale), random)
            if text is not None and text not in seen and len(text) > len(self.inputs[base]):
                seen.add(text)
                wanted -= 1
                yield Mutant(text, base, f"grown {scale:g}")

    def smaller(self, text: bytes, wanted: int) -> Iterator[bytes]:
        """Yield at most `wanted` inputs that are smaller than one and made of it, largest last."""
        made: set[bytes] = set()
        tree = None if self.grammar is None else fits(self.grammar.nodes, text)
        for number in range(4 * wanted):
            random = self._random(f"smaller {len(text)}", number)
            other = None
            if self.grammar is not None and tree is not None:
                plan = Plan(keep=1.0, resize=False, shrink=(0.001, 0.3, 0.8)[number % 3])
                with suppress(Unfit, KeyError, IndexError, ValueError):
                    other = draw(self.grammar, tree, plan, random)
            else:
                other = _shrunk_tokens(text, random)
            if other is not None and size_of(other) < size_of(text):
                made.add(other)
            if len(made) == wanted:
                break
        yield from sorted(made, key=size_of)

    def _drawn(self, base: int, plan: Plan, random: random.Random) -> bytes | None:
        assert self.grammar is not None
        try:
            return draw(self.grammar, self.trees[base], plan, random)
        except (Unfit, KeyError, ZeroDivisionError):
            return None

    def _random(self, what: str, number: int) -> random.Random:
        # `random()` is the one generator whose sequence Python promises to keep.
        return random.Random(int(digest_of(what, self.seed, number), 16))


def mutations(inputs: Sequence[bytes], wanted: int, seed: int) -> Iterator[bytes]:
    """Yield at most `wanted` distinct inputs near the given ones, and none of these."""
    for one in Mutator(inputs, seed).near(wanted):
        yield one.text


def size_of(text: bytes) -> tuple[int, bytes]:
    """Return what makes an input smaller than another."""
    return len(text), text


def _shrunk_tokens(given: bytes, draw: random.Random) -> bytes:
    """Make some numbers smaller in their places."""

    def change(match: re.Match[bytes]) -> bytes:
        if not _NUMBER.match(match[0]) or draw.random() < _SHARE:
            return match[0]
        value = int(match[0])
        return b"%d" % (int(draw.random() * abs(value)) * (-1 if value < 0 else 1))

    return _TOKEN.sub(change, given)


class _Vocabulary:
    """What stands in the inputs: the largest integer by digits, the words by length."""

    def __init__(self, inputs: Sequence[bytes]) -> None:
        words: defaultdict[int, set[bytes]] = defaultdict(set)
        self.largest: dict[int, int] = {}
        for token in (token for one in inputs for token in _TOKEN.findall(one)):
            if _NUMBER.match(token):
                value = abs(int(token))
                digits = len(str(value))
                self.largest[digits] = max(value, self.largest.get(digits, 0))
            else:
                words[len(token)].add(token)
        self.words = {length: sorted(found) for length, found in words.items()}


def _mutated(given: bytes, vocabulary: _Vocabulary, draw: random.Random) -> bytes:
    """Change tokens of an input in their places.

    - An integer becomes another with as many digits at most as it has, and with its sign; never
      beyond the largest with that many digits among the given inputs.
    - A word becomes another of the same length among the given inputs.
    - What may be a count stays: an integer that is the number of tokens of a line, of the lines
      after its own, or the length of a word in its input.
    """
    counts = _counts(given)
    at, after = 0, given.count(b"\n")

    def change(match: re.Match[bytes]) -> bytes:
        nonlocal at, after
        token = match[0]
        # Tokens come in their order: each line is counted once.
        after -= given.count(b"\n", at, match.end())
        at = match.end()
        chosen, place = draw.random() < _SHARE, draw.random()
        if not chosen:
            return token
        if not _NUMBER.match(token):
            words = vocabulary.words[len(token)]
            return words[int(place * len(words))]
        value = int(token)
        if value in counts or value in (after, after - 1):
            return token
        digits = len(str(abs(value)))
        lowest = 0 if value == 0 else 1
        changed = lowest + int(place * (vocabulary.largest[digits] - lowest + 1))
        return b"%d" % (-changed if value < 0 else changed)

    return _TOKEN.sub(change, given)


def _counts(given: bytes) -> set[int]:
    """Return what a number in an input may count."""
    lines = [line.split() for line in given.split(b"\n")]
    words = {len(token) for line in lines for token in line if not _NUMBER.match(token)}
    return {len(line) for line in lines if len(line) > 1} | words
