"""The shape of a problem's inputs: lines of fields, arrays, blocks and groups; read and written.

A shape is made of nodes; an input that has it is a tree of the same form, with tokens as leaves.
Slots number the places of a shape; of each integer on a line of its own kind the value is known to
all that follows, since it may be a count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

INTEGER = re.compile(rb"-?(?:0|[1-9][0-9]{0,17})\Z")
_LARGEST_POWER = 24
_UNKNOWN = 1 << 60
Line = list[bytes]
Environment = dict[int, int]
"""By slot, the values of the fields before."""
Tree = Any
"""Of `Fields` and `Array` tokens, of `Block` rows, of `Group` a list of trees for each time."""


@dataclass(frozen=True)
class Count:
    """A number of tokens or lines: the value of a field, and what is to be added to it."""

    slot: int
    offset: int = 0
    power: bool = False
    """Two to the power of the field, as for all subsets of a set."""

    def value(self, environment: Environment) -> int:
        # A field that is no integer of a usual size counts nothing.
        field = environment.get(self.slot, -_UNKNOWN)
        if self.power:
            # Beyond this nobody reads a line for each subset.
            return (1 << field if 0 <= field <= _LARGEST_POWER else -1) + self.offset
        return field + self.offset


@dataclass(frozen=True)
class Fields:
    """A line with as many tokens as slots."""

    slots: tuple[int, ...]


@dataclass(frozen=True)
class Array:
    """A line with a counted number of tokens."""

    slot: int
    count: Count


@dataclass(frozen=True)
class Counted:
    """A line whose first token is the number of the others; its tree has the others."""

    slot: int


@dataclass(frozen=True)
class Tagged:
    """A line whose first token, of a few, tells how many others follow."""

    slot: int
    others: tuple[tuple[bytes, tuple[int, ...]], ...]
    """By first token, the slots of the others."""


Row = Fields | Array | Counted | Tagged


@dataclass(frozen=True)
class Block:
    """So many lines of one kind."""

    row: Row
    count: Count | None
    """None: to the end of the input."""


class Until(StrEnum):
    """Where the groups of an input end."""

    COUNT = "count"
    ZEROS = "zeros"
    """A line of zeros, with as many tokens as a group's first line."""
    END = "end"


@dataclass(frozen=True)
class Group:
    """A part of an input that comes several times, each with counts of its own; the last node."""

    body: tuple[Node, ...]
    until: Until
    count: Count | None = None


Node = Fields | Array | Counted | Tagged | Block | Group


def counting(nodes: Iterable[Node]) -> Iterable[Count]:
    """Yield what counts tokens, lines or groups."""
    for node in nodes:
        if isinstance(node, Group):
            if node.count is not None:
                yield node.count
            yield from counting(node.body)
        elif isinstance(node, Block):
            if node.count is not None:
                yield node.count
            yield from counting([node.row])
        elif isinstance(node, Array):
            yield node.count


def lines_of(text: bytes) -> list[Line]:
    """Return the lines of an input as tokens; one may have none, as an empty array's."""
    return [line.split() for line in text.removesuffix(b"\n").split(b"\n")] if text.strip() else []


def at_the_end(lines: Sequence[Line], at: int) -> bool:
    """Tell whether only blank lines follow, if any."""
    return not any(lines[k] for k in range(at, len(lines)))


def text_of(lines: Sequence[Line]) -> bytes:
    """Return lines as an input."""
    return b"".join(b" ".join(line) + b"\n" for line in lines)


def parse(
    nodes: Sequence[Node], lines: Sequence[Line], at: int, environment: Environment
) -> tuple[list[Tree], int] | None:
    """Return the tree of nodes from a line on, and the line after it; None if it has another shape.

    The environment gets the fields that were read.
    """
    trees = []
    for node in nodes:
        read = _parse(node, lines, at, environment)
        if read is None:
            return None
        tree, at = read
        trees.append(tree)
    return trees, at


def _parse(
    node: Node, lines: Sequence[Line], at: int, environment: Environment
) -> tuple[Tree, int] | None:
    if isinstance(node, Group):
        return _parse_group(node, lines, at, environment)
    if isinstance(node, Block):
        size = len(lines) - at if node.count is None else node.count.value(environment)
        if size < 0 or at + size > len(lines):
            return None
        rows = [_row(node.row, lines[at + k], environment) for k in range(size)]
        return None if None in rows else (rows, at + size)
    if at >= len(lines):
        # The line of an empty array may be left out at the end.
        empty = isinstance(node, Array) and node.count.value(environment) == 0
        return ([], at) if empty else None
    tree = _row(node, lines[at], environment)
    if tree is None:
        return None
    if isinstance(node, Fields):
        for slot, token in zip(node.slots, tree, strict=True):
            if INTEGER.match(token):
                environment[slot] = int(token)
    return tree, at + 1


def _row(row: Row, line: Line, environment: Environment) -> Line | None:
    if isinstance(row, Fields):
        return line if len(line) == len(row.slots) else None
    if isinstance(row, Array):
        return line if len(line) == row.count.value(environment) else None
    if not line:
        return None
    if isinstance(row, Counted):
        fits = INTEGER.match(line[0]) and int(line[0]) == len(line) - 1
        return line[1:] if fits else None
    slots = dict(row.others).get(line[0])
    return line if slots is not None and len(line) == 1 + len(slots) else None


def _parse_group(
    node: Group, lines: Sequence[Line], at: int, environment: Environment
) -> tuple[Tree, int] | None:
    times: list[Tree] = []
    first = node.body[0]
    zeros = [b"0"] * len(first.slots) if isinstance(first, Fields) else None
    while True:
        if node.until is Until.COUNT:
            assert node.count is not None
            if len(times) >= node.count.value(environment):
                return times, at
        elif node.until is Until.ZEROS:
            if at < len(lines) and lines[at] == zeros:
                return times, at + 1
        elif at_the_end(lines, at):
            return times, len(lines)
        read = parse(node.body, lines, at, environment)
        if read is None or read[1] == at:
            return None
        times.append(read[0])
        at = read[1]


def render(nodes: Sequence[Node], trees: Sequence[Tree]) -> list[Line]:
    """Return the lines of a tree."""
    lines: list[Line] = []
    for node, tree in zip(nodes, trees, strict=True):
        if isinstance(node, Group):
            for one in tree:
                lines += render(node.body, one)
            first = node.body[0]
            if node.until is Until.ZEROS and isinstance(first, Fields):
                lines.append([b"0"] * len(first.slots))
        elif isinstance(node, Block):
            lines += [_line(node.row, row) for row in tree]
        else:
            lines.append(_line(node, tree))
    return lines


def _line(row: Row, tree: Line) -> Line:
    return [b"%d" % len(tree), *tree] if isinstance(row, Counted) else list(tree)


@dataclass(frozen=True)
class Instance:
    """The tokens of one place of a tree, with the fields that were known there."""

    node: Node
    """The line, or the block, that they stand on."""
    column: int
    """Of a block of fields."""
    tokens: Sequence[bytes]
    environment: Environment


def instances(
    nodes: Sequence[Node], trees: Sequence[Tree], environment: Environment
) -> Iterator[tuple[int, Instance]]:
    """Yield the slots of a tree with what stands there; of a block each column is one."""
    for node, tree in zip(nodes, trees, strict=True):
        if isinstance(node, Group):
            for one in tree:
                yield from instances(node.body, one, environment)
        elif isinstance(node, Block):
            yield from _of_block(node, tree, environment)
        elif isinstance(node, Fields):
            for column, (slot, token) in enumerate(zip(node.slots, tree, strict=True)):
                yield slot, Instance(node, column, [token], dict(environment))
                if INTEGER.match(token):
                    environment[slot] = int(token)
        else:
            yield from _of_block(Block(node, None), [tree], environment)


def _of_block(
    node: Block, rows: Sequence[Line], environment: Environment
) -> Iterator[tuple[int, Instance]]:
    known = dict(environment)
    row = node.row
    if isinstance(row, Fields):
        for column, slot in enumerate(row.slots):
            yield slot, Instance(node, column, [one[column] for one in rows], known)
    elif isinstance(row, Tagged):
        yield row.slot, Instance(node, 0, [one[0] for one in rows], known)
        for tag, slots in row.others:
            tagged = [one for one in rows if one[0] == tag]
            for column, slot in enumerate(slots, start=1):
                yield slot, Instance(node, column, [one[column] for one in tagged], known)
    else:
        for one in rows:
            yield row.slot, Instance(node, 0, one, known)
