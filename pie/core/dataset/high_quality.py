"""PIE's high-quality subset: the pairs with the highest speedups, few of each problem."""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, field

PER_PROBLEM = 4
"""PIE 3.2; its 4,085 pairs are 2.77 of a problem on average."""


@dataclass(frozen=True, slots=True, order=True)
class Rank:
    """A row's place: the smaller the better. Equal speedups go by name, then by place."""

    slowness: float
    """Target / source."""
    src_id: str
    tgt_id: str
    number: int
    """Which row of the file it is."""


@dataclass
class Best:
    """The best rows so far: memory for `per_problem` of each problem."""

    per_problem: int = PER_PROBLEM
    least_speedup: float = 0.0
    _ranks: dict[str, list[Rank]] = field(default_factory=dict)

    def add(self, problem_id: str, speedup: float, src_id: str, tgt_id: str, number: int) -> None:
        """Consider a row; `speedup` is above zero."""
        if speedup < self.least_speedup:
            return
        ranks = self._ranks.setdefault(problem_id, [])
        insort(ranks, Rank(1 / speedup, src_id, tgt_id, number))
        del ranks[self.per_problem :]

    def numbers(self, most: int | None = None) -> set[int]:
        """Return the numbers of the chosen rows; of more than `most` the best over all problems."""
        everyone = sorted(one for ranks in self._ranks.values() for one in ranks)
        return {one.number for one in everyone[:most]}

    def reason(self, speedup: float | None, of_its_problem: bool) -> str:
        """Return why a row is not chosen; `of_its_problem`: it is among the best of its problem."""
        if speedup is None:
            return "no_speedup"
        if speedup < self.least_speedup:
            return "below_the_least_speedup"
        return "over_the_size" if of_its_problem else "not_among_the_best"
