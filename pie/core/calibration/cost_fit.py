"""Fits a linear cost in cycles to counters, and says how far it is off on problems not seen."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

from pie.core.calibration.agreement import CommonRun, Errors, errors
from pie.core.calibration.least_squares import least_absolute, nonnegative_least_squares
from pie.core.problem import InputError
from sim.machines import cachegrind
from sim.machines.cachegrind import UNIT

FOLDS = 10

Cost = Mapping[str, int]
Solver = Callable[[Sequence[Sequence[float]], Sequence[float]], list[Fraction]]

METHODS: dict[str, Solver] = {"squares": nonnegative_least_squares, "absolute": least_absolute}
"""What is made small: the sum of squares of the relative errors, or of their absolute values."""


@dataclass(frozen=True)
class Fold:
    """Problems that were left out together, and the errors of the cost fitted to the others."""

    problems: int
    errors: Errors


@dataclass(frozen=True)
class Fit:
    """A fitted cost."""

    method: str
    cost: Cost
    """Hundredths of a cycle for each event, fitted to all runs."""
    cycles: tuple[int, ...]
    """What that cost says of each run: in sample."""
    held_out: tuple[int, ...]
    """What a cost says of each run that was fitted without the run's problem."""
    folds: tuple[Fold, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the constants and the folds' errors, for a file."""
        return {
            "method": self.method,
            "cost": dict(self.cost),
            "folds": [{"problems": one.problems, **asdict(one.errors)} for one in self.folds],
        }


def fit(runs: Sequence[CommonRun], features: Sequence[str], method: str, folds: int = FOLDS) -> Fit:
    """Fit the cost of the features by one of `METHODS`; each run weighs the same.

    Each row is divided by the reference's cycles, so that relative errors count. InputError for
    fewer problems than folds, or fewer runs than features.
    """
    fold_of = assign(sorted({run.problem_id for run in runs}), folds)
    if len(runs) < len(features):
        raise InputError(
            f"{len(runs)} common runs are too few to fit {len(features)} constants",
            "give more pairs",
        )
    held_out = [0] * len(runs)
    made = []
    for fold in range(folds):
        inside = [at for at, run in enumerate(runs) if fold_of[run.problem_id] == fold]
        others = [run for run in runs if fold_of[run.problem_id] != fold]
        cost = _constants(others, features, method)
        for at in inside:
            held_out[at] = cycles(cost, runs[at].counters)
        made.append(
            Fold(
                len({runs[at].problem_id for at in inside}),
                errors(
                    [runs[at].reference_cycles for at in inside], [held_out[at] for at in inside]
                ),
            )
        )
    whole = _constants(runs, features, method)
    return Fit(
        method=method,
        cost=whole,
        cycles=tuple(cycles(whole, run.counters) for run in runs),
        held_out=tuple(held_out),
        folds=tuple(made),
    )


def best(fits: Sequence[Fit], runs: Sequence[CommonRun]) -> Fit:
    """Return the fit with the least median error on problems not seen; of equals, the first.

    Another one than the first must beat it at the 90th percentile too.
    """
    truth = [run.reference_cycles for run in runs]
    chosen, least = fits[0], _spread(truth, fits[0])
    for one in fits[1:]:
        spread = _spread(truth, one)
        if spread[0] < least[0] and spread[1] < least[1]:
            chosen, least = one, spread
    return chosen


def cycles(cost: Cost, counters: Mapping[str, float]) -> int:
    """Return the cost of a run as the machine computes it; 1 at least, so that ratios exist."""
    return max(1, cachegrind.cycles({name: int(counters[name]) for name in cost}, cost))


def assign(problems: Sequence[str], folds: int) -> dict[str, int]:
    """Return the fold of each problem: dealt out in the order of their names' SHA-256."""
    if folds < 2:
        raise InputError(f"{folds} folds cannot be cross-validated", "give --folds 2 or more")
    if len(problems) < folds:
        raise InputError(
            f"{len(problems)} problems are too few for {folds} folds",
            "give pairs of more problems, or fewer with --folds",
        )
    shuffled = sorted(problems, key=lambda name: hashlib.sha256(name.encode()).hexdigest())
    return {name: at % folds for at, name in enumerate(shuffled)}


def _constants(runs: Sequence[CommonRun], features: Sequence[str], method: str) -> Cost:
    rows = [[run.counters[name] / run.reference_cycles for name in features] for run in runs]
    solution = METHODS[method](rows, [1.0] * len(rows))
    return {
        name: int(UNIT * value + Fraction(1, 2))
        for name, value in zip(features, solution, strict=True)
    }


def _spread(truth: Sequence[float], one: Fit) -> tuple[float, float]:
    found = errors(truth, one.held_out)
    assert found.median is not None
    assert found.p90 is not None
    return found.median, found.p90
