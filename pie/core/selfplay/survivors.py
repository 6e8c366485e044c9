"""Which measured pairs of self-play are kept: much faster ones, few of each class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

AT_LEAST = 5.0
PER_CLASS = 3
"""PIE 3.2: at least five times faster, at most three semantic duplicates."""
TOO_LITTLE = "too_little_faster"
BEYOND = "beyond_the_most_of_a_class"


@dataclass(frozen=True)
class Measured:
    """A proposal and its fastest right answer."""

    name: str
    class_name: str
    source_cycles: int
    target_cycles: int

    @property
    def speedup(self) -> Fraction:
        """Source over target, exactly."""
        return Fraction(self.source_cycles, self.target_cycles)


def left_out(
    pairs: Sequence[Measured], at_least: float = AT_LEAST, per_class: int = PER_CLASS
) -> dict[str, str]:
    """Return which pairs are not kept, with the reason.

    Of a class those with the largest speedups stay; of equal ones the first by name.
    """
    reasons: dict[str, str] = {}
    kept: Counter[str] = Counter()
    least = Fraction(str(at_least))
    for one in sorted(pairs, key=lambda one: (-one.speedup, one.name)):
        if one.speedup < least:
            reasons[one.name] = TOO_LITTLE
        elif kept[one.class_name] == per_class:
            reasons[one.name] = BEYOND
        else:
            kept[one.class_name] += 1
    return reasons
