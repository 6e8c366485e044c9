"""Draws inputs by a grammar, near a given one or larger, and says whether a text has the grammar.

Of random numbers only `Random.random` is used: its sequence is the one that Python promises to
keep, so that a seed gives the same inputs everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from pie.core.testing.shapes import (
    INTEGER,
    Array,
    Block,
    Count,
    Counted,
    Environment,
    Fields,
    Group,
    Line,
    Node,
    Row,
    Tagged,
    Tree,
    Until,
    at_the_end,
    lines_of,
    parse,
    render,
    text_of,
)
from pie.core.testing.slots import Grammar, Graph
from pie.core.testing.values import Plan, Unfit, Values


def draw(grammar: Grammar, base: Sequence[Tree], plan: Plan, random: Random) -> bytes:
    """Return an input near a given tree; Unfit when it could not be one."""
    drawing = _Drawing(grammar, plan, random)
    trees = drawing.nodes(grammar.nodes, base, {})
    return text_of(render(grammar.nodes, trees))


def fits(nodes: Sequence[Node], text: bytes) -> list[Tree] | None:
    """Return the tree of a text of a shape; None if it has another."""
    lines = lines_of(text)
    read = parse(nodes, lines, 0, {})
    return read[0] if read is not None and at_the_end(lines, read[1]) else None


class _Drawing(Values):
    """Draws the lines of an input, by the nodes of its shape."""

    def nodes(
        self, nodes: Sequence[Node], base: Sequence[Tree] | None, environment: Environment
    ) -> list[Tree]:
        made = []
        for number, node in enumerate(nodes):
            made.append(self.node(node, None if base is None else base[number], environment))
        return made

    def node(self, node: Node, base: Tree | None, environment: Environment) -> Tree:
        if isinstance(node, Group):
            return self.group(node, base or [], environment)
        if isinstance(node, Block):
            size = len(base or []) if node.count is None else node.count.value(environment)
            if node.count is None and self.plan.scale != 1.0:
                size = max(1, round(size * self.plan.scale))
            return self.block(node.row, size, base or [], environment)
        if isinstance(node, Fields):
            return self.fields(node, base, environment)
        return self.row(node, base, environment)

    def group(self, node: Group, base: Sequence[Any], environment: Environment) -> Tree:
        times = len(base)
        if node.until is Until.COUNT:
            assert node.count is not None
            times = node.count.value(environment)
        elif (self.plan.resize or self.plan.shrink) and times > 1 and self.plan.scale == 1.0:
            times = 1 + self.below(times)
        first = node.body[0]
        made = []
        for number in range(max(0, times)):
            own = base[number % len(base)] if base else None
            one = self.nodes(node.body, own, environment)
            if node.until is Until.ZEROS and isinstance(first, Fields) and set(one[0]) == {b"0"}:
                raise Unfit("a group's first line would end the input")
            made.append(one)
        return made

    def fields(self, node: Fields, base: Line | None, environment: Environment) -> Line:
        made: Line = []
        for number, slot in enumerate(node.slots):
            own = None if base is None else base[number]
            token = self.field(slot, own, environment)
            made.append(token)
            if INTEGER.match(token):
                environment[slot] = int(token)
        made = self.related(node, made)
        for slot, token in zip(node.slots, made, strict=True):
            if INTEGER.match(token):
                environment[slot] = int(token)
        return made

    def field(self, slot: int, own: bytes | None, environment: Environment) -> bytes:
        about = self.grammar.slots[slot]
        if slot not in self.grammar.counts:
            return self.array(slot, 1, [own] if own is not None else [], environment)[0]
        value = int(own) if own is not None else about.low + self.below(about.high - about.low + 1)
        if self.plan.shrink and not about.fixed:
            least = min(about.low, value)
            shrunk = self.chance(max(0.5, self.plan.shrink))
            return b"%d" % (least + self.below(value - least + 1) if shrunk else value)
        if about.fixed:
            return b"%d" % value
        if self.plan.scale != 1.0:
            value = self.scaled(slot, value, about.low)
        elif self.plan.resize and not self.chance(self.plan.keep):
            # Small sizes as often as large ones.
            most = max(value, about.low)
            value = about.low + self.below(most - about.low + 1)
        return b"%d" % value

    def scaled(self, slot: int, value: int, low: int) -> int:
        if slot in self.grammar.powers:
            return value + max(1, int(self.plan.scale).bit_length() - 1)
        return max(low, round(value * self.plan.scale))

    def block(
        self, row: Row, size: int, base: Sequence[Line], environment: Environment
    ) -> list[Line]:
        if size < 0:
            raise Unfit("a block of fewer than no lines")
        if isinstance(row, Fields):
            columns = [
                self.array(slot, size, [one[k] for one in base], environment)
                for k, slot in enumerate(row.slots)
            ]
            graph = self.grammar.graphs.get(row.slots)
            if graph is not None:
                columns[:2] = self.edges(graph[0], graph[1], size, environment)
                return [list(one) for one in zip(*columns, strict=True)]
            return [self.related(row, list(one)) for one in zip(*columns, strict=True)]
        return [
            self.row(row, base[k % len(base)] if base else None, environment) for k in range(size)
        ]

    def row(self, row: Row, base: Line | None, environment: Environment) -> Line:
        if isinstance(row, Fields):
            return self.block(row, 1, [base] if base else [], environment)[0]
        if isinstance(row, Array):
            return self.array(row.slot, row.count.value(environment), base or [], environment)
        if isinstance(row, Counted):
            size = len(base or [])
            if self.plan.shrink:
                size = self.below(size + 1)
            if self.plan.scale != 1.0:
                size = round(size * self.plan.scale)
            elif self.plan.resize and not self.chance(self.plan.keep):
                size = self.below(size + 1)
            return self.array(row.slot, size, base or [], environment)
        assert isinstance(row, Tagged)
        tags = dict(row.others)
        tag = base[0] if base and self.chance(self.plan.keep) else None
        if tag is None:
            tag = row.others[self.below(len(row.others))][0]
        own = base if base and base[0] == tag else None
        rest = [
            self.array(slot, 1, [own[k]] if own else [], environment)[0]
            for k, slot in enumerate(tags[tag], start=1)
        ]
        return [tag, *rest]

    def related(self, row: Fields, tokens: Line) -> Line:
        """Put the columns of a line into the order that they have everywhere."""
        for one in self.grammar.relations.get(row.slots, ()):
            if {row.slots[one.first], row.slots[one.second]} & self.grammar.counts:
                continue
            a, b = int(tokens[one.first]), int(tokens[one.second])
            if a > b or (one.strict and a == b):
                low, high = min(a, b), max(a, b)
                if one.strict and low == high:
                    if high < self.grammar.slots[row.slots[one.second]].high:
                        high += 1
                    else:
                        low -= 1
                tokens[one.first], tokens[one.second] = b"%d" % low, b"%d" % high
        return tokens

    def edges(self, graph: Graph, upper: Count, size: int, environment: Environment) -> list[Line]:
        nodes = upper.value(environment)
        first = 0 if upper.offset == -1 else 1
        known = nodes - first + 1
        if graph is Graph.TREE:
            if size != known - 1:
                raise Unfit("a tree has an edge fewer than nodes")
            return self.tree(first, known)
        if size > known * (known - 1) // 2:
            raise Unfit("more edges than a simple graph has")
        found: dict[tuple[int, int], None] = {}
        tries = 0
        while len(found) < size:
            a, b = first + self.below(known), first + self.below(known)
            tries += 1
            if tries > 50 * size + 100:
                raise Unfit("edges that are hard to find")
            if a != b:
                found[min(a, b), max(a, b)] = None
        turned = [pair if self.chance(0.5) else pair[::-1] for pair in found]
        return [[b"%d" % pair[0] for pair in turned], [b"%d" % pair[1] for pair in turned]]

    def tree(self, first: int, nodes: int) -> list[Line]:
        """Draw a tree: random, a path or a star, with its nodes renamed."""
        names = self.shuffled(list(range(first, first + nodes)))
        kind = self.below(4)
        parents = [0 if kind == 0 else k - 1 if kind == 1 else self.below(k)
                   for k in range(1, nodes)]  # fmt: skip
        pairs = [(names[parent], names[k]) for k, parent in enumerate(parents, start=1)]
        pairs = self.shuffled(pairs)
        return [[b"%d" % a for a, _ in pairs], [b"%d" % b for _, b in pairs]]
