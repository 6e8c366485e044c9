"""From the outcome of a program to the numbers that PIE's results hold. Pure functions."""

from __future__ import annotations

import itertools
import math
import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sim.jobs import MeasuredRun
from sim.procedure import Outcome, TestOutcome
from sim.verdict import Verdict

PICOSECONDS = 1e12
"""gem5's ticks in a second."""


@dataclass(frozen=True)
class Timing:
    """The fields of one kind of timing, under PIE's names."""

    agg_runtime: float
    agg_stdev: float
    tc2time: dict[int, float]
    tc2success: dict[int, bool]
    tc2stats: dict[int, Any]


def accuracies(outcome: Outcome, tests: Sequence[int]) -> dict[str, float]:
    """Return 1.0 for each test whose output was right natively, else 0.0.

    `nan` for all when we could not judge. A test that was not run after a time limit is 0.0.
    """
    if outcome.verdict is Verdict.NOT_MEASURED and not outcome.tests:
        return dict.fromkeys(map(str, tests), math.nan)
    # Those after the one on which its simulation met the budget are not there.
    passed_all = any(one.run is not None for one in outcome.tests)
    found = dict.fromkeys(map(str, tests), float(passed_all))
    for one in outcome.tests:
        if _right(one):
            found[one.test] = 1.0
    return found


def _right(one: TestOutcome) -> bool:
    """Tell whether a test was passed natively: only what passed all is measured at all."""
    return one.run is not None or one.verdict in (Verdict.ACCEPTED, Verdict.NOT_MEASURED)


def timing(
    outcome: Outcome, tests: Sequence[int], *, stop_at_failure: bool, repeated: bool
) -> Timing:
    """Return the times by test and their sum; no tests at all where none was measured.

    `repeated`: every run was timed several times, and `tc2stats` holds these times.
    """
    if outcome.verdict is Verdict.NOT_MEASURED and not outcome.tests:
        return Timing(math.nan, math.nan, {}, {}, {})
    measured = outcome.tests and all(_right(one) for one in outcome.tests)
    if not measured or (len(outcome.tests) < len(tests) and outcome.tests[-1].run is None):
        return Timing(math.inf, math.inf if repeated else 0, {}, {}, {})
    time: dict[int, float] = {}
    success: dict[int, bool] = {}
    stats: dict[int, Any] = {}
    failed = False
    over = TestOutcome("", Verdict.TIME_LIMIT)  # what was not run after it met its budget
    for number, one in itertools.zip_longest(tests, outcome.tests, fillvalue=over):
        assert isinstance(number, int)
        assert isinstance(one, TestOutcome)
        run = one.run
        accepted = one.verdict is Verdict.ACCEPTED and run is not None
        success[number] = accepted and not (failed and stop_at_failure)
        if success[number] and run is not None:
            time[number] = seconds_of(run)
            stats[number] = samples(run) if repeated else statistics_of(run)
        else:
            time[number] = math.nan if one.verdict is Verdict.NOT_MEASURED else math.inf
            if repeated:
                stats[number] = None
        failed = failed or not accepted
    return Timing(sum(time.values()), _spread(stats) if repeated else 0, time, success, stats)


def of_pair(one: Timing, tests: Sequence[int]) -> Timing:
    """Return the times of a program in a pair, where PIE names each test also of what failed."""
    if one.tc2time:
        return one
    return replace(
        one,
        tc2time=dict.fromkeys(tests, one.agg_runtime),
        tc2success=dict.fromkeys(tests, False),
    )


def seconds_of(run: MeasuredRun) -> float:
    """Return the time as PIE computes it: gem5's ticks over their frequency, where there are any.

    gem5 rounds a cycle of 3.5 GHz to 286 ticks, so that this is 0.1 % more than cycles over 3.5 GHz
    as `pie simulate` gives it; ratios are the same.
    """
    ticks = run.counters.get("ticks")
    return run.seconds if ticks is None else ticks / PICOSECONDS


def statistics_of(run: MeasuredRun) -> dict[str, float]:
    """Return what is kept of a run's statistics, under the names that PIE's gem5 printed."""
    seconds = seconds_of(run)
    found = {
        "sim_seconds_precise": seconds,
        "sim_seconds": seconds,
        "sim_freq": PICOSECONDS,
        "sim_ticks": run.counters.get("ticks", float(round(seconds * PICOSECONDS))),
    }
    if run.instructions is not None:
        found["sim_insts"] = run.instructions
    if run.cycles is not None:
        found["system.cpu.numCycles"] = run.cycles
    return {**found, **run.counters}


def samples(run: MeasuredRun) -> list[float]:
    """Return the CPU seconds of every repetition of a run on the real CPU."""
    named = sorted(name for name in run.counters if re.fullmatch(r"cpu_seconds_\d+", name))
    return [run.counters[name] for name in named] or [run.seconds]


def _spread(stats: dict[int, list[float] | None]) -> float:
    """Return the standard deviation of the sums over all tests, repetition by repetition."""
    rows = [one for one in stats.values() if one is not None]
    if len(rows) < len(stats) or not rows:
        return math.inf
    return statistics.pstdev(map(sum, zip(*rows, strict=False)))
