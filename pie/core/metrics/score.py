"""From rows to one line of a report: a tally that rows are added to, and the score it gives.

A tally keeps one number per scored row and a few per problem, so that a report of any number of
rows is made in one pass.
"""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pie.core.metrics.averages import geometric_mean, median
from pie.core.metrics.bootstrap import Cluster, exponential, mean_interval
from pie.core.metrics.estimate import Estimate, mean_estimate
from pie.core.metrics.metrics import (
    OPTIMISED_THRESHOLD,
    Exclusion,
    exclusion_at_k,
    human_exclusion,
    human_ratio,
    is_correct_at_k,
    is_judged_at_k,
    is_optimised,
    is_optimised_at_k,
    speedup_at_k,
)
from pie.core.metrics.pair_result import PairResult
from pie.core.metrics.standing import UnsupportedAs

NOT_MEASURED_LIMIT = 0.05
"""Above this share of rows that we failed to measure, no numbers are given."""


@dataclass(frozen=True, slots=True)
class Beside:
    """A line's numbers in another way of counting: as in `Score`."""

    scored: int
    """Of net times, rows whose source costs more than an empty program."""
    optimised: Estimate | None
    speedup: Estimate | None
    median: float | None
    geometric_mean: Estimate | None
    correct: Estimate | None = None
    """None of net times."""


@dataclass(frozen=True, slots=True)
class Score:
    """One line of a report. Every number is None when nothing was scored or it was refused.

    `rows` = `scored` + the sum of `excluded`.
    """

    name: str
    """`human` (source / target, not clamped), `human@1` (the target as a generation), `best@K`."""
    k: int | None
    rows: int
    """Finished rows."""
    scored: int
    """Rows in the speedups, the median and %Opt."""
    judged: int
    """Rows in %Correct; unlike `scored`, a source without a baseline does not matter."""
    excluded: Mapping[str, int]
    """Rows without a speedup, by reason, also with zero."""
    problems: int
    """Problems of the scored rows."""
    optimised: Estimate | None
    """Share of the scored rows."""
    speedup: Estimate | None
    """Arithmetic mean."""
    median: float | None
    """Of the speedups; without interval, which a percentile bootstrap of a median does badly."""
    geometric_mean: Estimate | None
    correct: Estimate | None
    """Share of the judged rows."""
    refusal: str | None
    """Why there are no numbers although rows were scored."""
    net: Beside | None = None
    """The same without the start of the process; None where no row has net times."""
    fuzzed: Beside | None = None
    """The same where an answer that differs on a made input is wrong; None without made inputs."""


@dataclass(slots=True)
class Tally:
    """What a score needs of the rows so far, by problem."""

    threshold: float = OPTIMISED_THRESHOLD
    unsupported: UnsupportedAs = UnsupportedAs.FAILED
    rows: int = 0
    speedups: dict[str, array[float]] = field(default_factory=dict)
    optimised: Counter[str] = field(default_factory=Counter)
    judged: Counter[str] = field(default_factory=Counter)
    correct: Counter[str] = field(default_factory=Counter)
    excluded: Counter[Exclusion] = field(default_factory=Counter)

    def add_best_at_k(self, pair: PairResult, k: int) -> None:
        """Add one row's best@k, by PIE's formulas."""
        self.rows += 1
        if is_judged_at_k(pair, k, self.unsupported):
            self.judged[pair.problem_id] += 1
            self.correct[pair.problem_id] += is_correct_at_k(pair, k)
        reason = exclusion_at_k(pair, k, self.unsupported)
        if reason is not None:
            self.excluded[reason] += 1
            return
        self._add_speedup(pair, speedup_at_k(pair, k), is_optimised_at_k(pair, k, self.threshold))

    def add_human_ratio(self, pair: PairResult) -> None:
        """Add one row's source / target, not clamped; correctness is not judged here."""
        self.rows += 1
        reason = human_exclusion(pair)
        if reason is not None:
            self.excluded[reason] += 1
            return
        ratio = human_ratio(pair)
        self._add_speedup(pair, ratio, is_optimised(ratio, 1.0, self.threshold))

    def _add_speedup(self, pair: PairResult, speedup: float, optimised: bool) -> None:
        self.speedups.setdefault(pair.problem_id, array("d")).append(speedup)
        self.optimised[pair.problem_id] += optimised

    def score(
        self, name: str, k: int | None = None, not_measured_limit: float = NOT_MEASURED_LIMIT
    ) -> Score:
        """Compute the line of a report that these rows give."""
        values = [value for rows in self.speedups.values() for value in rows]
        refusal = self._refusal(not_measured_limit)
        given = bool(values) and refusal is None
        sizes = {problem: len(rows) for problem, rows in self.speedups.items()}
        return Score(
            name=name,
            k=k,
            rows=self.rows,
            scored=len(values),
            judged=self.judged.total(),
            excluded={reason.value: self.excluded[reason] for reason in Exclusion},
            problems=len(sizes),
            optimised=_share(self.optimised, sizes) if given else None,
            speedup=mean_estimate(self.speedups) if given else None,
            median=median(values) if given else None,
            geometric_mean=_geometric_mean(self.speedups, values) if given else None,
            correct=_share(self.correct, self.judged) if refusal is None else None,
            refusal=refusal,
        )

    def _refusal(self, limit: float) -> str | None:
        failed = self.excluded[Exclusion.NOT_MEASURED]
        rows = self.rows - self.excluded[Exclusion.NO_GENERATIONS]
        if failed <= limit * rows:
            return None
        return (
            f"{failed} of {rows} rows were not measured through our own failure, more than the "
            f"{limit:.0%} up to which the others may stand for all"
        )


@dataclass(slots=True)
class Tallies:
    """A tally as PIE has it, and beside it one of net times and one of answers under fuzzing."""

    gross: Tally
    net: Tally
    fuzzed: Tally

    @classmethod
    def of(cls, *settings: Any) -> Tallies:
        """Return tallies of these settings."""
        return cls(Tally(*settings), Tally(*settings), Tally(*settings))

    def add_best_at_k(
        self, pair: PairResult, net: PairResult | None, fuzzed: PairResult | None, k: int
    ) -> None:
        """Add one row's best@k, and those of its other ways of counting if it has any."""
        self.gross.add_best_at_k(pair, k)
        if net is not None:
            self.net.add_best_at_k(net, k)
        if fuzzed is not None:
            self.fuzzed.add_best_at_k(fuzzed, k)

    def add_human_ratio(self, pair: PairResult, net: PairResult | None) -> None:
        """Add one row's source / target, and that of its net times if it has any."""
        self.gross.add_human_ratio(pair)
        if net is not None:
            self.net.add_human_ratio(net)

    def score(
        self, name: str, k: int | None = None, not_measured_limit: float = NOT_MEASURED_LIMIT
    ) -> Score:
        """Compute the line of a report that these rows give."""
        score = self.gross.score(name, k, not_measured_limit)
        if score.refusal is not None:
            return score
        net = self.net.score(name, k, not_measured_limit)
        fuzzed = self.fuzzed.score(name, k, not_measured_limit)
        return replace(
            score,
            net=replace(_beside(net), correct=None) if net.scored else None,
            fuzzed=_beside(fuzzed) if fuzzed.scored else None,
        )


def _beside(score: Score) -> Beside:
    return Beside(
        score.scored,
        score.optimised,
        score.speedup,
        score.median,
        score.geometric_mean,
        score.correct,
    )


def _share(parts: Mapping[str, int], wholes: Mapping[str, int]) -> Estimate | None:
    if not wholes:
        return None
    clusters = {problem: Cluster(parts[problem], whole) for problem, whole in wholes.items()}
    return Estimate(sum(parts.values()) / sum(wholes.values()), mean_interval(clusters))


def _geometric_mean(by_problem: Mapping[str, Sequence[float]], values: Sequence[float]) -> Estimate:
    logarithms = {problem: [math.log(v) for v in rows] for problem, rows in by_problem.items()}
    return Estimate(geometric_mean(values), exponential(mean_interval(_clusters(logarithms))))


def _clusters(by_problem: Mapping[str, Sequence[float]]) -> dict[str, Cluster]:
    return {problem: Cluster(math.fsum(rows), len(rows)) for problem, rows in by_problem.items()}
