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

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pie.core.metrics.averages import mean
from pie.core.metrics.estimate import Estimate, mean_estimate, ratio_of_sums_estimate


@dataclass(frozen=True, slots=True)
class Usage:
    """What one program used on one task; ValueError when a number is not finite and above zero.

    EffiBench-X published times and peaks of 0.0, which is a failure to measure. Memory is None
    where the machine does not see it.
    """

    seconds: float
    """ET: over all tests of the task."""
    peak: float | None
    """MU: the largest memory in use, MB."""
    memory_time: float | None
    """TMU: the integral of memory over time, MB s."""

    def __post_init__(self) -> None:
        for name in QUANTITIES:
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value > 0):
                raise ValueError(f"{name} is {value}; it must be finite and above zero")


QUANTITIES = ("seconds", "peak", "memory_time")
"""ET, MU and TMU."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """One quantity of programs beside that of the canonical solutions of the same tasks.

    A number is None when no task has both.
    """

    tasks: int
    """Tasks on which it is known of a program and of the canonical solution."""
    programs: int
    """Programs of these tasks."""
    mean: Estimate | None
    normalised: Estimate | None
    """Mean of program / canonical (the papers' definition)."""
    of_sums: Estimate | None
    """Sum of the programs' over that of the canonical solutions (the released code's)."""


@dataclass(frozen=True, slots=True)
class EfficiencyTable:
    """One line of SOAP's tables."""

    tasks: int
    """Of the data set: the denominator of what each quantity covers."""
    et: Quantity
    mu: Quantity
    tmu: Quantity


def efficiency_table(
    tasks: Sequence[str],
    programs: Mapping[str, Sequence[Usage]],
    canonical: Mapping[str, Usage],
    problems: Mapping[str, str] | None = None,
) -> EfficiencyTable:
    """Compare correct programs with the canonical solutions of the same tasks.

    `tasks` are all tasks of the data set, by id; each program of a task counts. ET, MU and TMU are
    means over the same programs as the normalised numbers, as in the papers. `problems` tells which
    tasks are drawn together for the intervals; None: each by itself. ValueError for a measured task
    that is not listed.
    """
    known = set(tasks)
    stray = (programs.keys() | canonical.keys()) - known
    if stray:
        raise ValueError(f"task {min(stray)} was measured but is not one of the tasks")
    quantities = [
        _quantity(name, list(dict.fromkeys(tasks)), programs, canonical, problems or {})
        for name in QUANTITIES
    ]
    return EfficiencyTable(len(known), *quantities)


def _quantity(
    name: str,
    tasks: Sequence[str],
    programs: Mapping[str, Sequence[Usage]],
    canonical: Mapping[str, Usage],
    problems: Mapping[str, str],
) -> Quantity:
    pairs: dict[str, list[tuple[float, float]]] = {}
    compared = 0
    for task in tasks:
        other = getattr(canonical.get(task), name, None)
        own = [getattr(one, name) for one in programs.get(task, ())]
        both = [(one, other) for one in own if one is not None and other is not None]
        if both:
            compared += 1
            pairs.setdefault(problems.get(task, task), []).extend(both)
    return Quantity(
        tasks=compared,
        programs=sum(map(len, pairs.values())),
        mean=mean_estimate({key: [own for own, _ in both] for key, both in pairs.items()}),
        normalised=mean_estimate({key: [a / b for a, b in both] for key, both in pairs.items()}),
        of_sums=ratio_of_sums_estimate(pairs),
    )


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
