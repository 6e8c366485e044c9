"""How well one machine's cycles agree with a reference's: over runs, programs, pairs and problems.

An error is relative and without sign, |machine / reference - 1|, unless it is called bias. Nothing
is weighted: each run, program, pair or problem counts once, and each figure comes with its n.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pie.core.calibration.rank_correlation import Order, order, total
from pie.core.metrics.averages import mean, median
from pie.core.metrics.metrics import OPTIMISED_THRESHOLD, is_optimised

LONG_INSTRUCTIONS = 2_500_000
"""A run with more instructions is long: below, the start of the process is most of the cost."""


@dataclass(frozen=True)
class CommonRun:
    """One program on one test, costed on both machines."""

    program: str
    """First 16 hex digits of SHA-256 of its text."""
    problem_id: str
    test: str
    reference_cycles: int
    cycles: int
    instructions: int
    """The reference's where it tells them, else the machine's."""
    counters: Mapping[str, float] = field(default_factory=dict)
    """The machine's."""

    @property
    def key(self) -> tuple[str, str, str]:
        """What a run is known by."""
        return self.program, self.problem_id, self.test


@dataclass(frozen=True)
class CommonPair:
    """Two programs of a row, with the places of their runs (source, target), a pair a test."""

    problem_id: str
    src_id: str
    tgt_id: str
    runs: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Errors:
    """Relative errors of one kind."""

    n: int
    median: float | None = None
    p90: float | None = None
    worst: float | None = None
    bias: float | None = None
    """Median of machine / reference - 1, with its sign."""


@dataclass(frozen=True)
class Faster:
    """How often the two machines agree on "at least 10 % faster"."""

    n: int
    agree: int
    reference: int
    """Pairs that the reference calls at least 10 % faster."""
    machine: int

    @property
    def share(self) -> float | None:
        """Part of the pairs on which they agree."""
        return self.agree / self.n if self.n else None


@dataclass(frozen=True)
class Ranking:
    """Kendall's tau-b within problems."""

    problems: int
    """Problems that have a tau: two programs on one test that both machines tell apart."""
    mean_tau: float | None
    comparisons: Order
    """Of all problems together, also of those without a tau."""


@dataclass(frozen=True)
class Agreement:
    """Everything that is said of one machine, or of one model of it."""

    runs: Errors
    short_runs: Errors
    long_runs: Errors
    programs: Errors
    """Cycles of a program summed over its tests."""
    speedups_on_a_test: Errors
    speedups_of_a_pair: Errors
    """Source over target, each summed over the tests that both ran."""
    faster_on_a_test: Faster
    faster_pairs: Faster
    ranking: Ranking


def errors(reference: Sequence[float], machine: Sequence[float]) -> Errors:
    """Compare positive values; with none, n is 0 and the rest None.

    p90 is by nearest rank: the least error that at least 90 % of all do not exceed.
    """
    ratios = [m / r - 1 for r, m in zip(reference, machine, strict=True)]
    if not ratios:
        return Errors(0)
    sizes = sorted(map(abs, ratios))
    p90 = sizes[math.ceil(len(sizes) * 9 / 10) - 1]
    return Errors(len(sizes), median(sizes), p90, sizes[-1], median(ratios))


def agreement(
    runs: Sequence[CommonRun], pairs: Sequence[CommonPair], cycles: Sequence[float]
) -> Agreement:
    """Compare `cycles`, one value for each run, with the reference's."""
    truth = [run.reference_cycles for run in runs]
    long = [at for at, run in enumerate(runs) if run.instructions > LONG_INSTRUCTIONS]
    short = [at for at, run in enumerate(runs) if run.instructions <= LONG_INSTRUCTIONS]
    of_program: dict[tuple[str, str], list[int]] = defaultdict(list)
    for at, run in enumerate(runs):
        of_program[run.program, run.problem_id].append(at)
    on_a_test = [([src], [tgt]) for pair in pairs for src, tgt in pair.runs]
    of_a_pair = [
        ([src for src, _tgt in pair.runs], [tgt for _src, tgt in pair.runs])
        for pair in pairs
        if pair.runs
    ]
    return Agreement(
        runs=errors(truth, cycles),
        short_runs=errors([truth[at] for at in short], [cycles[at] for at in short]),
        long_runs=errors([truth[at] for at in long], [cycles[at] for at in long]),
        programs=errors(
            [_sum(truth, places) for places in of_program.values()],
            [_sum(cycles, places) for places in of_program.values()],
        ),
        speedups_on_a_test=_speedups(on_a_test, truth, cycles),
        speedups_of_a_pair=_speedups(of_a_pair, truth, cycles),
        faster_on_a_test=_faster(on_a_test, truth, cycles),
        faster_pairs=_faster(of_a_pair, truth, cycles),
        ranking=ranking(runs, cycles),
    )


def ranking(runs: Sequence[CommonRun], cycles: Sequence[float]) -> Ranking:
    """Compare the order of a problem's programs, test by test.

    Only programs that ran the same test are compared; a problem's comparisons over all its tests
    make one tau, and each problem counts once in the mean.
    """
    of_test: dict[tuple[str, str], list[int]] = defaultdict(list)
    for at, run in enumerate(runs):
        of_test[run.problem_id, run.test].append(at)
    of_problem: dict[str, Order] = defaultdict(Order)
    for (problem, _test), places in of_test.items():
        of_problem[problem] += order(
            [runs[at].reference_cycles for at in places], [cycles[at] for at in places]
        )
    taus = [one.tau for one in of_problem.values() if one.tau is not None]
    return Ranking(len(taus), mean(taus) if taus else None, total(of_problem.values()))


_Sides = Sequence[tuple[Sequence[int], Sequence[int]]]


def _speedups(sides: _Sides, truth: Sequence[float], cycles: Sequence[float]) -> Errors:
    return errors(
        [_sum(truth, src) / _sum(truth, tgt) for src, tgt in sides],
        [_sum(cycles, src) / _sum(cycles, tgt) for src, tgt in sides],
    )


def _faster(sides: _Sides, truth: Sequence[float], cycles: Sequence[float]) -> Faster:
    said = [
        (
            is_optimised(_sum(truth, src), _sum(truth, tgt), OPTIMISED_THRESHOLD),
            is_optimised(_sum(cycles, src), _sum(cycles, tgt), OPTIMISED_THRESHOLD),
        )
        for src, tgt in sides
    ]
    return Faster(
        n=len(said),
        agree=sum(reference == machine for reference, machine in said),
        reference=sum(reference for reference, _machine in said),
        machine=sum(machine for _reference, machine in said),
    )


def _sum(values: Sequence[float], places: Sequence[int]) -> float:
    return math.fsum(values[at] for at in places)
