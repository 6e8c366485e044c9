"""What holds of each place of a problem's inputs, in all that are given: what a drawn one keeps.

Ranges, order, permutations, words and their letters, indices below a count, and of blocks whether
their lines are the edges of a tree or of a simple graph.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import pairwise
from math import gcd

from pie.core.testing.shapes import (
    INTEGER,
    Block,
    Count,
    Fields,
    Group,
    Instance,
    Node,
    Row,
    Tree,
    counting,
    instances,
)

_DECIMAL = re.compile(rb"-?[0-9]+\.[0-9]+\Z")
_FEW_WORDS = 24
"""So many distinct words are a vocabulary, if each comes twice on average."""
_POOL = 512
"""Most observed values that are kept of a place."""
_ENOUGH = 3
"""Values or lines from which on a coincidence is not believed."""
_CHECKED = 3000
"""Lines of a block up to which it is looked at as a graph."""


class Order(StrEnum):
    """How an array or column is sorted."""

    NONE = "none"
    RISING = "rising"
    STRICT = "strictly rising"
    FALLING = "falling"
    CONVEX = "convex"
    """The differences of neighbours never fall."""
    CONCAVE = "concave"


class Kind(StrEnum):
    """What the tokens of a place are."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    WORD = "word"


class Graph(StrEnum):
    """What two columns of a block are, if they are edges."""

    NONE = "none"
    SIMPLE = "simple"
    """No loops, no edge twice."""
    TREE = "tree"


@dataclass(frozen=True)
class Slot:
    """A place and what holds of it."""

    kind: Kind
    low: int = 0
    """Of integers the least; of words the length of the shortest."""
    high: int = 0
    step: int = 1
    """All integers are `low` and a multiple of this."""
    fixed: bool = True
    """The same token everywhere."""
    order: Order = Order.NONE
    distinct: bool = False
    by_chance: bool = False
    """So few are distinct by chance, too: where there are more places than values they need not."""
    permutation: bool = False
    """Each array has each integer from `low` on once."""
    upper: Count | None = None
    """A field that no integer exceeds: indices."""
    length: Count | None = None
    """Of words, where a field tells it."""
    vocabulary: tuple[bytes, ...] = ()
    letters: bytes = b""
    decimals: int = 0
    pool: tuple[bytes, ...] = ()
    """Observed tokens, as far as they are few."""


@dataclass(frozen=True)
class Relation:
    """Two columns of lines of fields, the first below the second."""

    first: int
    second: int
    strict: bool


@dataclass(frozen=True)
class Grammar:
    """The shape of a problem's inputs and what holds of its places."""

    nodes: tuple[Node, ...]
    slots: Mapping[int, Slot]
    counts: frozenset[int]
    """Slots that count something."""
    powers: frozenset[int]
    """Those of which two to their power counts."""
    relations: Mapping[tuple[int, ...], tuple[Relation, ...]]
    """By the slots of a line of fields."""
    graphs: Mapping[tuple[int, ...], tuple[Graph, Count]]
    """By the slots of a block's lines; the count is that of the nodes."""


def describe(nodes: tuple[Node, ...], trees: Sequence[Sequence[Tree]]) -> Grammar:
    """Return what holds of all trees of a shape."""
    seen: defaultdict[int, list[Instance]] = defaultdict(list)
    for tree in trees:
        for slot, one in instances(nodes, tree, {}):
            seen[slot].append(one)
    slots = {slot: _slot(found) for slot, found in seen.items()}
    found = _Lines()
    for node in _flat(nodes):
        row = node.row if isinstance(node, Block) else node
        if isinstance(row, Fields) and len(row.slots) > 1:
            found.add(row, node, seen, slots)
    for columns, relations in found.relations.items():
        for relation in relations:
            below, above = columns[relation.first], columns[relation.second]
            if slots[below].upper is None and slots[above].upper is not None:
                slots[below] = replace(slots[below], upper=slots[above].upper)
    counts = list(counting(nodes))
    return Grammar(
        nodes,
        slots,
        frozenset(one.slot for one in counts),
        frozenset(one.slot for one in counts if one.power),
        dict(found.relations),
        dict(found.graphs),
    )


def _flat(nodes: Iterable[Node]) -> Iterable[Row | Block]:
    for node in nodes:
        if isinstance(node, Group):
            yield from _flat(node.body)
        else:
            yield node


def _slot(found: Sequence[Instance]) -> Slot:
    tokens = [token for one in found for token in one.tokens]
    fixed = len(set(tokens)) <= 1
    if not tokens:
        return Slot(Kind.WORD)
    pool = tuple(dict.fromkeys(tokens))[:_POOL]
    if all(map(INTEGER.match, tokens)):
        return _integers(found, fixed, pool)
    if all(INTEGER.match(one) or _DECIMAL.match(one) for one in tokens):
        decimals = max(len(one.partition(b".")[2]) for one in tokens)
        values = [float(one) for one in tokens]
        return Slot(
            Kind.DECIMAL, int(min(values)), int(max(values)), 1, fixed, decimals=decimals, pool=pool
        )
    return _words(found, tokens, fixed, pool)


def _integers(found: Sequence[Instance], fixed: bool, pool: tuple[bytes, ...]) -> Slot:
    lists = [[int(token) for token in one.tokens] for one in found]
    values = [value for one in lists for value in one]
    low, high = min(values), max(values)
    step = 0
    for value in values:
        step = gcd(step, value - low)
    longer = [one for one in lists if len(one) > 1]
    many = sum(map(len, longer)) >= _ENOUGH
    distinct = many and all(len(set(one)) == len(one) for one in longer)
    permutation = distinct and all(
        min(one) == low and max(one) - low == len(one) - 1 for one in lists if one
    )
    return Slot(
        Kind.INTEGER,
        low,
        high,
        step if len(set(values)) > 4 * _ENOUGH else 1,
        fixed,
        _order(longer) if many else Order.NONE,
        distinct and (permutation or sum(map(len, longer)) > 4 * _ENOUGH),
        _collisions(longer, low, high) < 2,
        permutation,
        None if permutation else _upper(found, lists, low),
        pool=pool,
    )


def _collisions(lists: Sequence[Sequence[int]], low: int, high: int) -> float:
    """Return how many pairs of equal values one would expect of values drawn evenly."""
    return sum(len(one) * (len(one) - 1) / 2 for one in lists) / (high - low + 1)


def _order(lists: Sequence[Sequence[int]]) -> Order:
    pairs = [pair for one in lists for pair in pairwise(one)]
    if all(a < b for a, b in pairs):
        return Order.STRICT
    if all(a <= b for a, b in pairs):
        return Order.RISING
    if all(a >= b for a, b in pairs):
        return Order.FALLING
    slopes = [[b - a for a, b in pairwise(one)] for one in lists]
    turns = [pair for one in slopes for pair in pairwise(one)]
    if len(turns) < 2 * _ENOUGH:
        return Order.NONE
    if all(a <= b for a, b in turns):
        return Order.CONVEX
    return Order.CONCAVE if all(a >= b for a, b in turns) else Order.NONE


def _upper(found: Sequence[Instance], lists: Sequence[Sequence[int]], low: int) -> Count | None:
    """Return the field that bounds indices: none exceeds it, and it is nearly reached."""
    if low < 0:
        return None
    known = set.intersection(*(set(one.environment) for one in found))
    for slot in sorted(known):
        bounds = [one.environment[slot] for one in found]
        if len(set(bounds)) < 2 or len(lists) < 2:
            continue
        reached, touched = 0, False
        for bound, values in zip(bounds, lists, strict=True):
            if values and max(values) > bound:
                break
            reached += bool(values) and 2 * max(values) >= bound
            touched = touched or (bool(values) and max(values) == bound)
        else:
            if 2 * reached >= len(lists) and (low < 2 or touched):
                zero_based = all(
                    not values or max(values) < bound
                    for bound, values in zip(bounds, lists, strict=True)
                )
                return Count(slot, -1 if low == 0 and zero_based else 0)
    return None


def _words(
    found: Sequence[Instance], tokens: Sequence[bytes], fixed: bool, pool: tuple[bytes, ...]
) -> Slot:
    distinct = sorted(set(tokens))
    letters = bytes(sorted({letter for one in distinct for letter in one}))
    lengths = [len(one) for one in tokens]
    length = None
    known = set.intersection(*(set(one.environment) for one in found))
    for slot in sorted(known):
        told = [one.environment[slot] for one in found for _ in one.tokens]
        if told == lengths and max(lengths) > 1:
            length = Count(slot)
            break
    few = len(distinct) <= _FEW_WORDS and 2 * len(distinct) <= len(tokens)
    is_vocabulary = few and length is None and max(lengths) > 1 and len(letters) > 4
    return Slot(
        Kind.WORD,
        min(lengths),
        max(lengths),
        1,
        fixed,
        length=length,
        vocabulary=tuple(distinct) if is_vocabulary else (),
        letters=letters,
        pool=pool,
    )


@dataclass
class _Lines:
    """What holds between the columns of lines of fields."""

    relations: dict[tuple[int, ...], tuple[Relation, ...]] = field(default_factory=dict)
    graphs: dict[tuple[int, ...], tuple[Graph, Count]] = field(default_factory=dict)

    def add(
        self,
        row: Fields,
        node: Node,
        seen: Mapping[int, Sequence[Instance]],
        slots: Mapping[int, Slot],
    ) -> None:
        columns = [
            [int(token) for one in seen[slot] for token in one.tokens]
            if slot in slots and slots[slot].kind is Kind.INTEGER
            else None
            for slot in row.slots
        ]
        found = []
        for a, first in enumerate(columns):
            for b, second in enumerate(columns):
                if a == b or first is None or second is None or len(first) < _ENOUGH:
                    continue
                pairs = list(zip(first, second, strict=True))
                strict = all(x < y for x, y in pairs)
                if strict or (a < b and all(x <= y for x, y in pairs)):
                    found.append(Relation(a, b, strict))
        self.relations[row.slots] = tuple(found)
        if isinstance(node, Block) and columns[0] is not None and columns[1] is not None:
            graph = _graph(row, seen, slots)
            if graph is not None:
                self.graphs[row.slots] = graph


def _graph(
    row: Fields, seen: Mapping[int, Sequence[Instance]], slots: Mapping[int, Slot]
) -> tuple[Graph, Count] | None:
    """Return what the first two columns of blocks are, where both are indices of one count."""
    upper = slots[row.slots[0]].upper or slots[row.slots[1]].upper
    if upper is None:
        return None
    simple = tree = True
    edges = 0
    for one, other in zip(seen[row.slots[0]], seen[row.slots[1]], strict=True):
        nodes = upper.value(one.environment)
        pairs = [(int(a), int(b)) for a, b in zip(one.tokens, other.tokens, strict=True)]
        if any(max(pair) > nodes for pair in pairs) or len(pairs) > _CHECKED:
            return None
        edges += len(pairs)
        sorted_pairs = {(min(pair), max(pair)) for pair in pairs}
        simple = simple and len(sorted_pairs) == len(pairs) and all(a != b for a, b in pairs)
        size = nodes + (1 if upper.offset == -1 else 0)
        tree = tree and len(pairs) == size - 1 and _is_connected(pairs)
    if edges < _ENOUGH or not simple:
        return None
    return (Graph.TREE if tree else Graph.SIMPLE), upper


def _is_connected(pairs: Sequence[tuple[int, int]]) -> bool:
    """Tell whether edges, one fewer than nodes, are a tree: none closes a circle."""
    parents: dict[int, int] = {}

    def root(one: int) -> int:
        while parents.setdefault(one, one) != one:
            parents[one] = parents[parents[one]]
            one = parents[one]
        return one

    for a, b in pairs:
        if root(a) == root(b):
            return False
        parents[root(a)] = root(b)
    return True
