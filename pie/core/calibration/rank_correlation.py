"""How far two machines put the programs of one problem in the same order."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations


@dataclass(frozen=True)
class Order:
    """Comparisons of two programs on one test, by what the two machines say of them."""

    concordant: int = 0
    discordant: int = 0
    reference_ties: int = 0
    """Equal to the cycle on the reference only."""
    machine_ties: int = 0
    """Equal to the cycle on the machine only."""
    both_tied: int = 0
    """Equal on both, as one executable built from two texts is."""

    def __add__(self, other: Order) -> Order:
        return Order(
            self.concordant + other.concordant,
            self.discordant + other.discordant,
            self.reference_ties + other.reference_ties,
            self.machine_ties + other.machine_ties,
            self.both_tied + other.both_tied,
        )

    @property
    def comparisons(self) -> int:
        """All comparisons, ties included."""
        return (
            self.concordant
            + self.discordant
            + self.reference_ties
            + self.machine_ties
            + self.both_tied
        )

    @property
    def tau(self) -> float | None:
        """Kendall's tau-b; None where one side never tells two programs apart.

        (C - D) / sqrt((C + D + ties of one side only) (C + D + ties of the other only)). Source:
        Kendall, The treatment of ties in ranking problems, Biometrika 33 (1945).
        """
        untied = self.concordant + self.discordant
        product = (untied + self.reference_ties) * (untied + self.machine_ties)
        if product == 0:
            return None
        return (self.concordant - self.discordant) / math.sqrt(product)


def order(reference: Sequence[float], machine: Sequence[float]) -> Order:
    """Compare every two of the programs that ran one test; equal costs are ties, nothing else."""
    made = Order()
    for (r1, m1), (r2, m2) in combinations(zip(reference, machine, strict=True), 2):
        by_reference, by_machine = r1 - r2, m1 - m2
        if by_reference == 0 and by_machine == 0:
            made += Order(both_tied=1)
        elif by_reference == 0:
            made += Order(reference_ties=1)
        elif by_machine == 0:
            made += Order(machine_ties=1)
        elif (by_reference > 0) == (by_machine > 0):
            made += Order(concordant=1)
        else:
            made += Order(discordant=1)
    return made


def total(orders: Iterable[Order]) -> Order:
    """Return the sum of some comparisons."""
    return sum(orders, Order())
