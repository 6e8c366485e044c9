"""Chooses a problem's pairs: the best first, none near one that is chosen, a limit for each user.

Users' pairs grow with the square of their programs, so pairs are not listed: each program has the
set of its targets as the bits of an integer, fastest target first, and a heap holds the best pair
of each source. Choosing a pair takes all pairs near it out of these sets at once. Memory is a bit
for each pair of a user's programs, whatever becomes of them.
"""

from __future__ import annotations

import heapq
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import TypeVar

from pie.core.dataset.near_duplicates import Index, Shingles
from pie.core.dataset.trajectory import Pair, Solution, improves, moment

_REMEMBERED = 4096
"""Programs whose near-duplicates are remembered, and sets of a user's programs near one."""

K = TypeVar("K")
V = TypeVar("V")


@dataclass
class Targets:
    """One user's programs, and for each which later ones improve on it."""

    trajectory: Sequence[Solution]
    by_cost: list[Solution]
    """The same, fastest first; equal costs by name. A program's place is its bit."""
    open: list[int]
    """For each program of the trajectory the targets that are neither chosen nor dropped."""
    improving: int
    """How many pairs there are."""
    chosen: int = 0


@dataclass
class Choice:
    """What became of the improving pairs; chosen ones in the order of users and of time."""

    pairs: list[Pair] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)


def targets(trajectory: Sequence[Solution], improvement: float) -> Targets:
    """Return which pairs of one user improve; no pair is looked at by itself."""
    by_cost = sorted(trajectory, key=lambda one: (one.cost, one.submission_id))
    places = {id(one): place for place, one in enumerate(by_cost)}
    later = improving = 0
    opened = []
    for src in reversed(trajectory):

        def too_slow(tgt: Solution, src: Solution = src) -> bool:
            return not improves(Pair(src, tgt), improvement)

        fast = (1 << bisect_left(by_cost, True, key=too_slow)) - 1
        opened.append(later & fast)
        improving += opened[-1].bit_count()
        later |= 1 << places[id(src)]
    return Targets(trajectory, by_cost, opened[::-1], improving)


def programs(users: Iterable[Targets]) -> list[Solution]:
    """Return the programs that are in a pair, in the order of submission."""
    found = []
    for user in users:
        as_target = 0
        for bits in user.open:
            as_target |= bits
        targeted = set(map(id, _at(user, as_target)))
        for src, bits in zip(user.trajectory, user.open, strict=True):
            if bits or id(src) in targeted:
                found.append(src)
    return sorted(found, key=moment)


def choose(
    users: Sequence[Targets], known: Mapping[str, Shingles], threshold: float, most: int
) -> Choice:
    """Choose pairs, and empty the users' sets of targets.

    In the order of speedup, largest first (then by the names of source and target), a pair is
    chosen unless one that is chosen already has a near source and a near target: so no two chosen
    pairs are near-duplicates, and each dropped one is near a chosen one that gains as much or
    more. Pairs of other users count as well. A pair of two programs with the same tokens is none.
    After `most` pairs of a user the rest are dropped. `known` holds the shingles of `programs`.
    """
    result = Choice()
    nearness = _Nearness(users, known, threshold)
    chosen: list[list[int]] = [[0] * len(user.open) for user in users]
    for number, user in enumerate(users):
        for at, src in enumerate(user.trajectory):
            if user.open[at]:
                same = user.open[at] & nearness.same(number, src)
                result.dropped["same_program"] += same.bit_count()
                user.open[at] &= ~same
    for number, at, bit in _best_first(users):
        user = users[number]
        if user.chosen == most:
            result.dropped["over_the_users_limit"] += sum(map(int.bit_count, user.open))
            user.open[:] = [0] * len(user.open)
            continue
        user.chosen += 1
        chosen[number][at] |= 1 << bit
        user.open[at] &= ~(1 << bit)
        src, tgt = user.trajectory[at], user.by_cost[bit]
        for other, place, near in nearness.of(src, tgt):
            result.dropped["near_duplicate"] += near.bit_count()
            users[other].open[place] &= ~near
    for number, user in enumerate(users):
        for at, src in enumerate(user.trajectory):
            later = sorted(_at(user, chosen[number][at]), key=moment)
            result.pairs += [Pair(src, tgt) for tgt in later]
    return result


def _at(user: Targets, bits: int) -> Iterator[Solution]:
    while bits:
        lowest = bits & -bits
        yield user.by_cost[lowest.bit_length() - 1]
        bits ^= lowest


def _best_first(users: Sequence[Targets]) -> Iterator[tuple[int, int, int]]:
    """Yield (user, source, target's bit) of the open pairs, the best first.

    What is taken out of `open` meanwhile is not yielded any more.
    """
    heap: list[tuple[float, str, float, str, int, int, int, int]] = []
    ties = count()

    def push(number: int, at: int) -> None:
        user = users[number]
        bits = user.open[at]
        if bits:
            bit = (bits & -bits).bit_length() - 1
            src, tgt = user.trajectory[at], user.by_cost[bit]
            rank = (-Pair(src, tgt).speedup, src.submission_id, tgt.cost, tgt.submission_id)
            heapq.heappush(heap, (*rank, next(ties), number, at, bit))

    for number, user in enumerate(users):
        for at in range(len(user.open)):
            push(number, at)
    while heap:
        *_rank, number, at, bit = heapq.heappop(heap)
        if users[number].open[at] >> bit & 1:
            yield number, at, bit
        push(number, at)


class _Nearness:
    """Which pairs are near one: asked for chosen pairs only, since most are never compared."""

    def __init__(
        self, users: Sequence[Targets], known: Mapping[str, Shingles], threshold: float
    ) -> None:
        self._users = users
        # Programs with the same tokens are one text.
        texts = {one.tokens: one for one in known.values()}
        numbers = {tokens: number for number, tokens in enumerate(texts)}
        self._texts = {name: numbers[one.tokens] for name, one in known.items()}
        self._shingles = list(texts.values())
        named = {str(number): one for number, one in enumerate(self._shingles)}
        self._index = Index(named, threshold)
        for name in named:
            self._index.add(name)
        self._sources: list[list[tuple[int, int]]] = [[] for _text in named]
        self._bits: list[dict[int, int]] = [{} for _user in users]
        for number, user in enumerate(users):
            bits = self._bits[number]
            for place, one in enumerate(user.by_cost):
                text = self._texts.get(one.submission_id)
                if text is not None:
                    bits[text] = bits.get(text, 0) | 1 << place
            for at, one in enumerate(user.trajectory):
                if user.open[at]:
                    self._sources[self._texts[one.submission_id]].append((number, at))
        self._near: dict[int, array[int]] = {}
        self._targets: dict[tuple[int, int], int] = {}

    def same(self, user: int, program: Solution) -> int:
        """Return the bits of a user's programs that are this one but for layout and comments."""
        return self._bits[user].get(self._texts[program.submission_id], 0)

    def of(self, src: Solution, tgt: Solution) -> Iterator[tuple[int, int, int]]:
        """Yield (user, source, bits of targets): open pairs near both source and target."""
        target = self._texts[tgt.submission_id]
        for text in self._near_texts(self._texts[src.submission_id]):
            for number, at in self._sources[text]:
                user = self._users[number]
                if user.open[at]:
                    bits = user.open[at] & self._near_targets(number, target)
                    if bits:
                        yield number, at, bits

    def _near_texts(self, text: int) -> array[int]:
        """Return the numbers of the texts near one, in ascending order."""
        found = self._near.get(text)
        if found is None:
            found = array("L", map(int, self._index.find(self._shingles[text])))
            _remember(self._near, text, found)
        return found

    def _near_targets(self, user: int, text: int) -> int:
        """Return the bits of a user's programs that are near a text."""
        bits = self._targets.get((user, text))
        if bits is None:
            bits, own, near = 0, self._bits[user], self._near_texts(text)
            if len(near) < len(own):
                for one in near:
                    bits |= own.get(one, 0)
            else:  # not all near texts for each user: there may be thousands of both
                for one, places in own.items():
                    at = bisect_left(near, one)
                    if at < len(near) and near[at] == one:
                        bits |= places
            _remember(self._targets, (user, text), bits)
        return bits


def _remember(known: dict[K, V], key: K, value: V) -> None:
    if len(known) >= _REMEMBERED:
        del known[next(iter(known))]
    known[key] = value
