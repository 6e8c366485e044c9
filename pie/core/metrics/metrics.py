"""PIE's and PerfCodeGen's formulas over measured pairs: pure functions, each with its source.

Where a paper and its code disagree, both definitions exist under different names. Times are
seconds; shares are between 0 and 1. Nothing is ever padded: a row that cannot be scored is
excluded under a stated reason (`Exclusion`), and whoever prints a number prints that count too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

from pie.core.marks import Mark
from pie.core.metrics.pair_result import Generation, PairResult
from pie.core.metrics.standing import Standing, UnsupportedAs, standing
from sim.verdict import Verdict

OPTIMISED_THRESHOLD = 1.10
"""A program counts as optimised from this speedup on (PIE: at least 10 % faster)."""

RATIO_TOLERANCE = 1e-12
"""Relative slack of the comparison with the threshold; see `is_optimised`."""


_DIFFERING = {Mark.DIFFERS, Mark.MEMORISED}


class Exclusion(StrEnum):
    """Why a row is not part of a speed metric."""

    NO_GENERATIONS = "no_generations"
    NOT_MEASURED = "not_measured"
    UNSUPPORTED_REFERENCE = "unsupported_reference"
    UNSUPPORTED = "unsupported"
    NO_BASELINE = "no_baseline"
    TARGET_NOT_ACCEPTED = "target_not_accepted"


def best_at_k(generations: Sequence[Generation], k: int) -> float | None:
    """Seconds of the fastest accepted program among the first k, None if none is accepted.

    With fewer than k generations, all of them are used. Source: PIE 4 (Best@k), whose code takes
    the first k in the order of generation, as PerfCodeGen's does; neither averages over subsets.
    """
    return min((g.seconds for g in _first(generations, k) if g.seconds is not None), default=None)


def exclusion_at_k(
    pair: PairResult, k: int, unsupported: UnsupportedAs = UnsupportedAs.FAILED
) -> Exclusion | None:
    """Why the row has no speedup at k, or None when it has one.

    `not_measured`: our own failure on the source or on one of the first k generations (a later
    one does not matter). The row is left out even if another generation was accepted: keeping
    only the rows whose outcome happens to be known would favour the good outcomes.
    `unsupported_reference`: the source does what the machine cannot measure, so there is nothing to
    be faster than. `unsupported`: one of the first k generations does, and `unsupported` says that
    these are left out. `no_baseline`: the source was not accepted.
    """
    if not pair.generations:
        return Exclusion.NO_GENERATIONS
    verdicts = {one.verdict for one in _first(pair.generations, k)}
    if Verdict.NOT_MEASURED in verdicts | {pair.src_verdict}:
        return Exclusion.NOT_MEASURED
    if pair.src_verdict == Verdict.UNSUPPORTED:
        return Exclusion.UNSUPPORTED_REFERENCE
    if not is_judged_at_k(pair, k, unsupported):
        return Exclusion.UNSUPPORTED
    return None if pair.src_verdict == Verdict.ACCEPTED else Exclusion.NO_BASELINE


def is_judged_at_k(
    pair: PairResult, k: int, unsupported: UnsupportedAs = UnsupportedAs.FAILED
) -> bool:
    """Whether the row counts in %Correct at k: generations exist, and none of them is left out.

    The source plays no part: a generation can be correct where the source has no baseline.
    """
    first = _first(pair.generations, k)
    return bool(first) and all(
        standing(g.verdict, unsupported) is not Standing.LEFT_OUT for g in first
    )


def speedup_at_k(pair: PairResult, k: int) -> float:
    """PIE's speedup of one row: max(1, source / best@k), and 1 when no generation is correct.

    Source: PIE 4; paper and code (report_results) agree on the clamp: who gets a slower program
    keeps the old one. The code takes the source's time from the data set and the generation's
    from its own run; here both are of this run. ValueError when the source has no runtime.
    """
    before, best = _baseline(pair), best_at_k(pair.generations, k)
    return 1.0 if best is None else max(1.0, before / best)


def is_optimised(
    before: float, after: float | None, threshold: float = OPTIMISED_THRESHOLD
) -> bool:
    """PIE's %Opt test of one row: before / after >= threshold; false when after is None.

    Source: PIE 4 ("at least 10 % faster"), and its code (speedup >= 1.10). A pair at exactly the
    threshold counts. Binary floats cannot hold that case (0.11 / 0.1 < 1.1), so the ratio may
    fall short by a relative 1e-12: more than the rounding of a sum over a few hundred tests, and
    less than one cycle in 10^10, so that no measured shortfall passes. ValueError for a
    threshold of 1 or less, since rows without any gain would then count.
    """
    if not (math.isfinite(threshold) and threshold > 1):
        raise ValueError(f"the threshold of %Opt must be above 1, not {threshold}")
    return after is not None and before >= threshold * after * (1 - RATIO_TOLERANCE)


def is_optimised_at_k(pair: PairResult, k: int, threshold: float = OPTIMISED_THRESHOLD) -> bool:
    """`is_optimised` of the row's best@k; ValueError when the source has no runtime."""
    return is_optimised(_baseline(pair), best_at_k(pair.generations, k), threshold)


def is_optimised_perfcodegen(before: float, after: float) -> bool:
    """PerfCodeGen's %Opt test: strictly less than 0.9 of the reference's time.

    Source: PerfCodeGen 3.1, and its code ((g - best) / g > 0.1). It is not PIE's: it asks for a
    ratio above 1.111, so 1.10 counts there and not here.
    """
    return after < 0.9 * before * (1 - RATIO_TOLERANCE)


def is_correct_at_k(pair: PairResult, k: int) -> bool:
    """Whether one of the first k generations passed every test (PIE: accuracy exactly 1)."""
    return best_at_k(pair.generations, k) is not None


def human_exclusion(pair: PairResult) -> Exclusion | None:
    """Why the row has no human ratio, or None when it has one."""
    if Verdict.NOT_MEASURED in (pair.src_verdict, pair.tgt_verdict):
        return Exclusion.NOT_MEASURED
    if Verdict.UNSUPPORTED in (pair.src_verdict, pair.tgt_verdict):
        return Exclusion.UNSUPPORTED_REFERENCE
    if pair.src_verdict != Verdict.ACCEPTED:
        return Exclusion.NO_BASELINE
    return None if pair.tgt_verdict == Verdict.ACCEPTED else Exclusion.TARGET_NOT_ACCEPTED


def human_ratio(pair: PairResult) -> float:
    """Source / target of one row, not clamped; below 1 where the "fast" program is slower.

    Source: PIE's human reference (100 % / 3.66x) is the mean of these, although everything it
    is compared with is clamped; `human_as_generation` gives the like-for-like comparison.
    """
    if pair.tgt_seconds is None:
        raise ValueError(f"row {pair.name}: the target has no runtime to compare with")
    return _baseline(pair) / pair.tgt_seconds


def human_as_generation(pair: PairResult) -> PairResult:
    """The row with the human target as its only generation, for the same metrics as a model's."""
    target = Generation(pair.tgt_verdict, pair.tgt_seconds, pair.tgt_net, pair.tgt_marks)
    return replace(pair, generations=(target,))


def net_of(pair: PairResult) -> PairResult | None:
    """The row with net seconds in place of the whole, for the same formulas; None without any.

    A program of which nothing is left without the start (`below_start`) has no net speedup: it
    counts as one that failed, and a row with such a source has no baseline.
    """
    known = {Mark.BELOW_START} <= pair.src_marks or pair.src_net is not None
    if pair.src_seconds is not None and not known:
        return None
    return replace(
        pair,
        src_verdict=_net_verdict(pair.src_verdict, pair.src_net),
        src_seconds=pair.src_net,
        tgt_verdict=_net_verdict(pair.tgt_verdict, pair.tgt_net),
        tgt_seconds=pair.tgt_net,
        generations=tuple(
            Generation(_net_verdict(one.verdict, one.net), one.net, one.net, one.marks)
            for one in pair.generations
        ),
    )


def fuzzed_of(pair: PairResult) -> PairResult:
    """The row with answers that differ from their source on made inputs as wrong ones."""
    return replace(
        pair,
        generations=tuple(
            Generation(Verdict.WRONG_ANSWER, None, None, one.marks, one.made_inputs)
            if one.marks & _DIFFERING
            else one
            for one in pair.generations
        ),
    )


def _net_verdict(verdict: Verdict, net: float | None) -> Verdict:
    """Return a verdict that fits a net time: which failure it is makes no difference to speed."""
    return Verdict.WRONG_ANSWER if verdict is Verdict.ACCEPTED and net is None else verdict


def _baseline(pair: PairResult) -> float:
    if pair.src_seconds is None:
        raise ValueError(f"row {pair.name}: the source has no runtime to compare with")
    return pair.src_seconds


def _first(generations: Sequence[Generation], k: int) -> Sequence[Generation]:
    if k < 1:
        raise ValueError(f"best@k needs a k of at least 1, not {k}")
    return generations[:k]
