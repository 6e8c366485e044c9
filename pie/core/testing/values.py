"""Draws the tokens of one place of an input: integers, decimal fractions, words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from pie.core.testing.shapes import Environment, Line
from pie.core.testing.slots import Grammar, Kind, Order, Slot

MOST_TOKENS = 400_000
"""Of a drawn input; more is not drawn."""


class Unfit(ValueError):
    """What was drawn cannot be an input, as a simple graph with too many edges."""


@dataclass(frozen=True)
class Plan:
    """How far a drawn input may be from the given one."""

    keep: float = 0.5
    """The chance that a value stays as it is."""
    resize: bool = True
    """Counts may change, within those that were given."""
    scale: float = 1.0
    """Counts are multiplied by this; beyond 1 they may exceed those that were given."""
    shrink: float = 0.0
    """The chance that a count or a value becomes smaller; nothing else changes then."""


@dataclass
class Values:
    """Draws by a grammar and a plan; every random number comes from `below` and `chance`."""

    grammar: Grammar
    plan: Plan
    random: Random
    tokens: int = 0
    """Drawn so far."""

    def below(self, number: int) -> int:
        return int(self.random.random() * number) if number > 0 else 0

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def shuffled(self, items: list[Any]) -> list[Any]:
        for at in range(len(items) - 1, 0, -1):
            other = self.below(at + 1)
            items[at], items[other] = items[other], items[at]
        return items

    def array(self, slot: int, size: int, base: Sequence[bytes], environment: Environment) -> Line:
        if size < 0:
            raise Unfit("fewer than no tokens")
        self.tokens += size
        if self.tokens > MOST_TOKENS:
            raise Unfit("too large")
        about = self.grammar.slots.get(slot)
        if about is None or (about.kind is Kind.WORD and not about.letters):
            raise Unfit("a place that no input has filled")
        if about.kind is Kind.INTEGER:
            return self.integers(about, size, base, environment)
        if about.kind is Kind.DECIMAL:
            return [self.decimal(about, base, k) for k in range(size)]
        return [self.word(about, base, k, environment) for k in range(size)]

    def integers(
        self, about: Slot, size: int, base: Sequence[bytes], environment: Environment
    ) -> Line:
        if about.permutation:
            values = list(range(about.low, about.low + size))
            return [b"%d" % one for one in self.shuffled(values)]
        high = about.high
        if about.upper is not None:
            high = about.upper.value(environment)
        low = min(about.low, high)
        if about.order in (Order.CONVEX, Order.CONCAVE) and size > 2:
            return [b"%d" % one for one in self.bent(low, high, size, about.order)]
        if self.plan.shrink:
            return [b"%d" % self.shrunk(about, int(one), low, high) for one in base[:size]]
        spread = self.spread(low, high, size)
        values = []
        for k in range(size):
            own = int(base[k]) if k < len(base) else None
            if own is not None and low <= own <= high and self.chance(self.plan.keep):
                values.append(own)
            else:
                values.append(self.value(about, low, high, spread))
        if about.distinct and size > 1 and not (about.by_chance and high - low + 1 < size):
            values = self.distinct(values, low, high)
        if about.order in (Order.RISING, Order.STRICT):
            values.sort()
        elif about.order is Order.FALLING:
            values.sort(reverse=True)
        return [b"%d" % one for one in values]

    def bent(self, low: int, high: int, size: int, order: Order) -> list[int]:
        """Draw values whose differences rise, or fall, within a range."""
        steepest = max(0, (high - low) // size)
        slopes = sorted(self.below(2 * steepest + 1) - steepest for _ in range(size - 1))
        if order is Order.CONCAVE:
            slopes.reverse()
        values = [0]
        for slope in slopes:
            values.append(values[-1] + slope)
        room = high - low - (max(values) - min(values))
        offset = low - min(values) + self.below(room + 1)
        return [one + offset for one in values]

    def shrunk(self, about: Slot, value: int, low: int, high: int) -> int:
        value = min(max(value, low), high)
        if about.distinct or not self.chance(self.plan.shrink):
            return value
        least = max(low, 0) if value >= 0 else low
        return least + self.below(value - least + 1) if value > least else value

    def spread(self, low: int, high: int, size: int) -> tuple[int, int]:
        """Choose what part of the range an array takes: all, its lower or upper end, one value."""
        kind = self.below(6)
        narrow = max(1, min(high - low, size // 4 + 1))
        if kind == 0:
            return low, min(high, low + narrow)
        if kind == 1:
            return max(low, high - narrow), high
        if kind == 2 and size > 1:
            only = low + self.below(high - low + 1)
            return only, only
        return low, high

    def value(self, about: Slot, low: int, high: int, spread: tuple[int, int]) -> int:
        kind = self.below(8)
        if kind == 0 and about.pool:
            value = int(about.pool[self.below(len(about.pool))])
            return min(max(value, low), high)
        if kind == 1:
            return (low, high, min(low + 1, high), max(high - 1, low))[self.below(4)]
        if kind == 2:  # as many digits as any
            digits = self.below(len(str(abs(high)))) + 1
            return min(max(self.below(10**digits), low), high)
        drawn = spread[0] + self.below(spread[1] - spread[0] + 1)
        if about.step > 1:
            drawn = about.low + (drawn - about.low) // about.step * about.step
        return min(max(drawn, low), high)

    def distinct(self, values: list[int], low: int, high: int) -> list[int]:
        if high - low + 1 < len(values):
            raise Unfit("fewer values than places")
        seen: set[int] = set()
        made = []
        for value in values:
            tries = 0
            while value in seen:
                tries += 1
                value = (
                    low + self.below(high - low + 1)
                    if tries < 20
                    else low + (value - low + 1) % (high - low + 1)
                )
            seen.add(value)
            made.append(value)
        return made

    def decimal(self, about: Slot, base: Sequence[bytes], at: int) -> bytes:
        if at < len(base) and self.chance(self.plan.keep):
            return base[at]
        if self.below(4) == 0:
            return about.pool[self.below(len(about.pool))]
        value = about.low + self.random.random() * (about.high - about.low)
        return b"%.*f" % (about.decimals, value)

    def word(self, about: Slot, base: Sequence[bytes], at: int, environment: Environment) -> bytes:
        own = base[at] if at < len(base) else None
        if self.plan.shrink and own is not None and not about.vocabulary:
            return self.part(own, about, environment)
        length = None if about.length is None else about.length.value(environment)
        if own is not None and length in (None, len(own)) and self.chance(self.plan.keep):
            return own
        if about.vocabulary:
            return about.vocabulary[self.below(len(about.vocabulary))]
        if length is None:
            most = len(own) if own is not None else about.high
            if self.plan.scale != 1.0 and about.low < about.high:
                length = max(about.low, round(most * self.plan.scale))
            elif self.plan.resize and self.below(2):
                length = about.low + self.below(most - about.low + 1)
            else:
                length = most
        if length < 0 or self.tokens + length // 8 > MOST_TOKENS:
            raise Unfit("too large")
        self.tokens += length // 8
        kind = self.below(8)
        letters = about.letters
        if kind < 3 and own and about.length is None:
            # A language may be in the words: cut, repeat and join what is there.
            spliced = self.spliced(own, about)
            if about.low <= len(spliced) <= 2 * about.high:
                return spliced
        if kind == 3 and own:  # letters of the given word, each in its place or another's
            return bytes(own[self.below(len(own))] for _ in range(length))
        if kind == 4:
            letters = bytes(letters[self.below(len(letters))] for _ in range(2))
        if kind == 5 and own and len(own) == length:
            changed = bytearray(own)
            changed[self.below(length)] = letters[self.below(len(letters))]
            return bytes(changed)
        return bytes(letters[self.below(len(letters))] for _ in range(length))

    def spliced(self, own: bytes, about: Slot) -> bytes:
        """Return a word without a part, with one twice, or of parts of two words."""
        a, b = sorted((self.below(len(own) + 1), self.below(len(own) + 1)))
        kind = self.below(4)
        if kind == 0:
            return own[:a] + own[b:]
        if kind == 1:
            return own[:b] + own[a:]
        other = about.pool[self.below(len(about.pool))]
        if kind == 2:
            return own + other
        return own[:a] + other[self.below(len(other) + 1) :]

    def part(self, own: bytes, about: Slot, environment: Environment) -> bytes:
        """Return a part of a word, as long as a field says or as it happens."""
        length = min(about.low, len(own))
        length += self.below(len(own) - length + 1)
        if about.length is not None:
            length = about.length.value(environment)
        if not 0 < length <= len(own):
            return own
        start = self.below(len(own) - length + 1)
        return own[start : start + length]
