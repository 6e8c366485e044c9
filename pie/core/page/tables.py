"""Two tables of the page that need every program: why answers do not optimise, and the cycles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pie.core.metrics.pair_result import PairResult
from pie.core.metrics.standing import UnsupportedAs
from pie.core.page.program_runs import ProgramRuns
from pie.core.report.error_analysis import Failing, NotCounted, outcome
from pie.core.report.explanation import GROUPS
from pie.core.report.pair_rows import ReportError


@dataclass
class Failures:
    """PIE's Table 5: what became of every generated program that does not optimise its source."""

    threshold: float
    unsupported: UnsupportedAs
    counts: Counter[Failing | NotCounted | None] = field(default_factory=Counter)
    unknown: bool = False
    """Whether a row does not tell how many tests its programs passed: there is no table then."""

    def add(self, pair: PairResult, generations: Iterable[Mapping[str, object]]) -> None:
        """Add the programs of a row; `generations` is what the row says of each."""
        for one, told in zip(pair.generations, generations, strict=True):
            try:
                self.counts[outcome(pair, one, told, self.threshold, self.unsupported)] += 1
            except ReportError:
                self.unknown = True

    def as_dict(self) -> dict[str, Any] | None:
        """Programs by reason, in PIE's order; None where there is nothing to tell."""
        if self.unknown or not self.counts:
            return None
        return {
            "optimised": self.counts[None],
            "failing": {one.value: self.counts[one] for one in Failing if self.counts[one]},
            "not_counted": {one.value: self.counts[one] for one in NotCounted if self.counts[one]},
        }


@dataclass
class Cycles:
    """Where the cycles went before and after, over the rows for which both are known."""

    rows: int = 0
    before: dict[str, float] = field(default_factory=lambda: dict.fromkeys(GROUPS, 0.0))
    after: dict[str, float] = field(default_factory=lambda: dict.fromkeys(GROUPS, 0.0))

    def add(self, source: ProgramRuns, other: ProgramRuns) -> None:
        """Add a row: its source, and the program that was compared with it."""
        if source.split is None or other.split is None:
            return
        self.rows += 1
        for sums, one in ((self.before, source), (self.after, other)):
            for part in GROUPS:
                assert one.split is not None
                sums[part] += one.split[part] * (one.cycles or 0)

    def as_dict(self) -> dict[str, Any] | None:
        """Cycles by part, as numbers with fractions; None where no row tells."""
        if not self.rows:
            return None
        return {
            "rows": self.rows,
            "before": self.before,
            "after": self.after,
        }
