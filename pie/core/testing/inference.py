"""Finds the shape that all inputs of a problem have: a search, node by node, with steps back.

Nobody tells a program's input format. Where a line has as many tokens in every input as an earlier
field says, it is taken for an array, and likewise for lines and blocks. An interpretation is kept
only if it reads all inputs to their end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

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
    Until,
    at_the_end,
    counting,
    lines_of,
    parse,
)

_STEPS = 2000
"""Nodes tried for one problem."""
_STEPS_OF_A_GROUP = 60
_MOST_NODES = 24
_MOST_TAGS = 12
_MOST_FIELDS = 40
"""On a line that no count explains."""
_SMALL, _FEW = 8_000, 3
"""Bytes of the inputs that are looked at first, and their least number."""
_LARGEST_COUNT = 10**7


@dataclass(frozen=True)
class _Stream:
    """An input, read up to a line."""

    lines: Sequence[Line]
    at: int
    environment: Environment

    @property
    def ended(self) -> bool:
        return at_the_end(self.lines, self.at)

    @property
    def line(self) -> Line:
        """The next line; a blank one at the end, where an empty array may be left out."""
        return self.lines[self.at] if self.at < len(self.lines) else []

    @property
    def last(self) -> Line:
        """The last line that is not blank."""
        return next((one for one in reversed(self.lines) if one), [])

    def after(self, node: Node) -> _Stream | None:
        environment = dict(self.environment)
        read = parse([node], self.lines, self.at, environment)
        return None if read is None else _Stream(self.lines, read[1], environment)


Finished = Callable[[tuple[Node, ...], Sequence[_Stream]], bool]


def infer(inputs: Sequence[bytes]) -> tuple[Node, ...] | None:
    """Return the shape of all inputs; None where none was found.

    It is looked for in the small ones first: most shapes can be told from these.
    """
    small: list[bytes] = []
    size = 0
    for one in sorted(inputs, key=len):
        size += len(one)
        if size > _SMALL and len(small) >= _FEW:
            break
        small.append(one)
    if len(small) < len(inputs):
        found = _infer(small)
        if found is not None and all(_reads(found, one) for one in inputs):
            return found
    return _infer(inputs)


def _reads(nodes: tuple[Node, ...], text: bytes) -> bool:
    lines = lines_of(text)
    read = parse(nodes, lines, 0, {})
    return read is not None and at_the_end(lines, read[1])


def _infer(inputs: Sequence[bytes]) -> tuple[Node, ...] | None:
    streams = [_Stream(lines_of(one), 0, {}) for one in inputs]
    if not streams or any(not one.lines for one in streams):
        return None
    found = _Search().extend((), streams, _at_the_end, 0)
    return found or next(_Search().groups(streams, [(Until.END, None)]), None)


def _at_the_end(_nodes: tuple[Node, ...], streams: Sequence[_Stream]) -> bool:
    return all(one.ended for one in streams)


@dataclass
class _Search:
    steps: int = 0
    most: int = _STEPS
    slots: Iterator[int] = field(default_factory=count)

    def extend(
        self,
        nodes: tuple[Node, ...],
        streams: Sequence[_Stream],
        finished: Finished,
        depth: int,
    ) -> tuple[Node, ...] | None:
        if finished(nodes, streams):
            return nodes
        if len(nodes) == _MOST_NODES or all(one.ended for one in streams):
            return None
        for node in self._candidates(nodes, streams, depth):
            self.steps += 1
            if self.steps > self.most:
                return None
            after = [one.after(node) for one in streams]
            advanced = [one for one in after if one is not None]
            if len(advanced) < len(after):
                continue
            found = self.extend((*nodes, node), advanced, finished, depth)
            if found is not None:
                return found
        return None

    def _candidates(
        self, nodes: tuple[Node, ...], streams: Sequence[_Stream], depth: int
    ) -> Iterator[Node]:
        used = {one.slot for one in counting(nodes)}
        counts = list(_counts(streams, used))
        lines = [one.line for one in streams]
        plain = [one for one in counts if one.offset == 0 and not one.power]
        yield from self._counted(plain, streams, counts)
        if depth == 0:
            kinds: list[tuple[Until, Count | None]] = [(Until.COUNT, one) for one in plain]
            if all(set(one.last) == {b"0"} and one.at < len(one.lines) - 1 for one in streams):
                kinds.insert(0, (Until.ZEROS, None))
            for group in self.groups(streams, kinds):
                yield from group
        # Only then what fits by an addition, as a tree's edges: it may be chance.
        yield from self._counted([one for one in counts if one not in plain], streams, counts)
        if any(one.ended for one in streams):
            return  # only what may be empty is still possible
        widths = {len(line) for line in lines}
        if len(widths) == 1 and (width := widths.pop()) <= _MOST_FIELDS:
            yield Fields(tuple(next(self.slots) for _ in range(width)))
        elif all(_is_counted(line) for line in lines):
            yield Counted(next(self.slots))
        if depth == 0:
            rest = [line for one in streams for line in one.lines[one.at :]]
            for row in self._rows(rest, [], []):
                yield Block(row, None)

    def _counted(
        self, chosen: Sequence[Count], streams: Sequence[_Stream], counts: Sequence[Count]
    ) -> Iterator[Node]:
        """Yield the arrays and blocks that these count."""
        lines = [one.line for one in streams]
        for one in chosen:
            yield from self._blocks(one, streams, counts)
        for one in chosen:
            sizes = [one.value(stream.environment) for stream in streams]
            if [len(line) for line in lines] == sizes and (max(sizes) > 1 or len(set(sizes)) > 1):
                yield Array(next(self.slots), one)

    def _blocks(
        self, size: Count, streams: Sequence[_Stream], counts: Sequence[Count]
    ) -> Iterator[Node]:
        sizes = [size.value(one.environment) for one in streams]
        if any(one.at + k > len(one.lines) for one, k in zip(streams, sizes, strict=True)):
            return
        if max(sizes) < 2 and len(set(sizes)) == 1:
            return
        rows = [one.lines[one.at + k] for one, n in zip(streams, sizes, strict=True)
                for k in range(n)]  # fmt: skip
        of_rows = [one for one, n in zip(streams, sizes, strict=True) for _ in range(n)]
        for row in self._rows(rows, of_rows, counts):
            yield Block(row, size)

    def _rows(
        self, rows: Sequence[Line], of_rows: Sequence[_Stream], counts: Sequence[Count]
    ) -> Iterator[Row]:
        """Yield the kinds of line that all of these are."""
        if not rows:
            return
        widths = {len(line) for line in rows}
        for one in counts:
            fits = (len(line) == one.value(stream.environment)
                    for line, stream in zip(rows, of_rows, strict=True))  # fmt: skip
            if max(widths) > 1 and all(fits):
                yield Array(next(self.slots), one)
        if len(widths) == 1:
            width = widths.pop()
            if 0 < width <= _MOST_FIELDS:
                yield Fields(tuple(next(self.slots) for _ in range(width)))
            return
        if all(_is_counted(line) for line in rows):
            yield Counted(next(self.slots))
        tags: dict[bytes, int] = {}
        told = all(line and tags.setdefault(line[0], len(line)) == len(line) for line in rows)
        if told and len(tags) <= min(_MOST_TAGS, len(rows) // 2):
            slot = next(self.slots)
            others = [
                (tag, tuple(next(self.slots) for _ in range(width - 1)))
                for tag, width in sorted(tags.items())
            ]
            yield Tagged(slot, tuple(others))

    def groups(
        self, streams: Sequence[_Stream], kinds: Sequence[tuple[Until, Count | None]]
    ) -> Iterator[tuple[Node, ...]]:
        """Yield groups of these kinds that read all inputs to their end, each as the only node."""
        before, most = self.steps, self.most
        for until, size in kinds:
            self.most = min(most, before + _STEPS_OF_A_GROUP)

            def ends(
                body: tuple[Node, ...],
                _streams: Sequence[_Stream],
                until: Until = until,
                size: Count | None = size,
            ) -> bool:
                if not body:
                    return False
                group = Group(body, until, size)
                times = set()
                for one in streams:
                    read = parse([group], one.lines, one.at, dict(one.environment))
                    if read is None or not at_the_end(one.lines, read[1]):
                        return False
                    times.add(len(read[0][0]))
                # The same number of times everywhere would be a shape without groups.
                return len(times) > 1 if until is Until.END else max(times) > 1

            found = self.extend((), streams, ends, 1)
            # What the search within cost does not count: most places are no groups.
            self.steps, self.most = before, most
            if found is not None:
                yield (Group(found, until, size),)


def _counts(streams: Sequence[_Stream], used: set[int]) -> Iterator[Count]:
    """Yield what may count in all inputs: first what differs and counts nothing yet."""
    known = set.intersection(*(set(one.environment) for one in streams))
    found = []
    for slot in sorted(known):
        for offset in (0, -1, 1):
            values = [one.environment[slot] + offset for one in streams]
            if all(0 <= value <= _LARGEST_COUNT for value in values):
                rank = (len(set(values)) == 1, abs(offset), slot in used)
                found.append((rank, Count(slot, offset)))
        powers = [Count(slot, power=True).value(one.environment) for one in streams]
        if len(set(powers)) > 1 and min(powers) > 0:
            found.append(((False, 2, slot in used), Count(slot, power=True)))
    for _rank, one in sorted(found, key=lambda entry: entry[0]):
        yield one


def _is_counted(line: Line) -> bool:
    return bool(line) and bool(INTEGER.match(line[0])) and int(line[0]) == len(line) - 1
