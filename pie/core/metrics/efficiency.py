"""SOAP's and EffiBench's six numbers: ET, MU, TMU and each beside the canonical solution.

Sources: EffiBench (Huang et al. 2024), SOAP (EffiLearner) A.1, and their released code. Papers and
code disagree on the normalised numbers: the paper's is the mean over tasks of a ratio, the code's
the ratio of two sums. Both are here under different names. Times are seconds, memory is MB.

Two faults of the released code are not repeated. A run that met its time limit was a success there
(the exit status of another command was read); here it has no numbers at all. And only tasks that
both programs finish counted, without saying how many: here the tasks are given, and those that are
left out are counted.
"""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pie.core.metrics.averages import mean
from pie.core.metrics.estimate import Estimate, mean_estimate, ratio_of_sums_estimate


@dataclass(frozen=True, slots=True)
class Usage:
    """What one program used on one task; ValueError when a number is not finite and above zero.

    EffiBench-X published times and peaks of 0.0, which is a failure to measure.
    """

    seconds: float
    """ET: over all tests of the task."""
    peak: float
    """MU: the largest resident memory, MB."""
    memory_time: float
    """TMU: the integral of memory over time, MB s."""

    def __post_init__(self) -> None:
        for name in ("seconds", "peak", "memory_time"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise ValueError(f"{name} is {value}; it must be finite and above zero")


@dataclass(frozen=True, slots=True)
class EfficiencyTable:
    """One line of SOAP's tables. A number is None when no task has both programs."""

    tasks: int
    """Of the data set: the denominator of what `compared` covers."""
    compared: int
    """Tasks on which the program and the canonical solution were both measured."""
    et: Estimate | None
    mu: Estimate | None
    tmu: Estimate | None
    net: Estimate | None
    """Mean over tasks of program / canonical (the papers' definition)."""
    nmu: Estimate | None
    ntmu: Estimate | None
    net_of_sums: Estimate | None
    """Sum over tasks of the program's over that of the canonical (the released code's)."""
    nmu_of_sums: Estimate | None
    ntmu_of_sums: Estimate | None


def memory_time(samples: Sequence[tuple[float, float]]) -> float:
    """Integral of memory over time by trapezoids.

    `samples` are (seconds, MB), in ascending time. 10, 20, 20 and 10 MB at 0, 0.5, 1 and 1.5 s give
    25 MB s. ValueError for fewer than two samples or for times that go back.
    """
    if len(samples) < 2:
        raise ValueError(f"memory over time needs at least 2 samples, not {len(samples)}")
    areas = []
    for (start, before), (end, after) in itertools.pairwise(samples):
        if end < start:
            raise ValueError(f"samples of memory must be in the order of time: {end} after {start}")
        areas.append((end - start) * (before + after) / 2)
    return math.fsum(areas)


def efficiency_table(
    tasks: Sequence[str], programs: Mapping[str, Usage], canonical: Mapping[str, Usage]
) -> EfficiencyTable:
    """Compare programs with the canonical solutions of the same tasks.

    `tasks` are all tasks of the data set, by id. ET, MU and TMU are means over the same tasks as
    the normalised numbers, as in the papers. ValueError for a measured task that is not listed.
    """
    known = set(tasks)
    stray = (programs.keys() | canonical.keys()) - known
    if stray:
        raise ValueError(f"task {min(stray)} was measured but is not one of the tasks")
    both = [task for task in dict.fromkeys(tasks) if task in programs and task in canonical]
    means, ratios, sums = [], [], []
    for name in ("seconds", "peak", "memory_time"):
        numbers = {
            task: (float(getattr(programs[task], name)), float(getattr(canonical[task], name)))
            for task in both
        }
        means.append(mean_estimate({task: [own] for task, (own, _) in numbers.items()}))
        ratios.append(
            mean_estimate({task: [own / other] for task, (own, other) in numbers.items()})
        )
        sums.append(ratio_of_sums_estimate({task: [pair] for task, pair in numbers.items()}))
    return EfficiencyTable(len(known), len(both), *means, *ratios, *sums)


def reduction(before: float, after: float) -> float:
    """How much smaller a number became, as a share of what it was; negative when it grew.

    SOAP prints it in percent and from rounded values: ET from 0.52 to 0.47 is 9.6 %.
    """
    if not before > 0:
        raise ValueError(f"a reduction needs a number above zero before, not {before}")
    return (before - after) / before


def coefficient_of_variation(values: Sequence[float]) -> float:
    """100 x standard deviation (divisor n) / mean, in percent: SOAP's stability over five runs."""
    average = mean(values)
    if average == 0:
        raise ValueError("a coefficient of variation needs a mean other than zero")
    return 100 * statistics.pstdev(values) / average
