"""Makes further inputs out of a problem's own: the same tokens in the same places, other values.

Nobody tells a program's input format, so a mutation is a guess: who uses it must see by a program
of the problem that it is an input at all.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from sim.program import digest_of

_TOKEN = re.compile(rb"[^\s]+")
_NUMBER = re.compile(rb"-?(?:0|[1-9][0-9]{0,17})\Z")
_SHARE = 0.5
"""Of the tokens that may change, so many do on average."""
_TRIES = 20


def mutations(inputs: Sequence[bytes], wanted: int, seed: int) -> Iterator[bytes]:
    """Yield at most `wanted` distinct inputs that are none of the given ones; always the same.

    - An integer becomes another with as many digits at most as it has, and with its sign; never
      beyond the largest with that many digits among the given inputs.
    - A word becomes another of the same length among the given inputs.
    - What may be a count stays: an integer that is the number of tokens of a line, of the lines
      after its own, or the length of a word in its input.
    """
    vocabulary = _Vocabulary(inputs)
    seen = set(inputs)
    made = 0
    for number in range(wanted * _TRIES):
        if made == wanted or not inputs:
            return
        # `random()` is the one generator whose sequence Python promises to keep.
        draw = random.Random(int(digest_of("mutation", seed, number), 16))
        changed = _mutated(inputs[number % len(inputs)], vocabulary, draw)
        if changed not in seen:
            seen.add(changed)
            made += 1
            yield changed


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
    counts = _counts(given)

    def change(match: re.Match[bytes]) -> bytes:
        token = match[0]
        chosen, place = draw.random() < _SHARE, draw.random()
        if not chosen:
            return token
        if not _NUMBER.match(token):
            words = vocabulary.words[len(token)]
            return words[int(place * len(words))]
        value = int(token)
        after = given.count(b"\n", match.end())
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
