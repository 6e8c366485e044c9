"""Fitting constants: recovered where they exist, and never with a problem on both sides."""

from __future__ import annotations

import random
from typing import Any

import pytest

from pie.core.calibration import cost_fit
from pie.core.calibration.agreement import CommonRun
from pie.core.calibration.cost_fit import Fit, Fold, assign, best, cycles, fit
from pie.core.problem import InputError

COST = {"instructions": 154, "data_reads": 66, "ll_misses": 14_069}


def synthetic(problems: int = 20, noise: float = 0.0) -> list[CommonRun]:
    """Runs that follow COST, up to noise."""
    draw = random.Random(1)
    runs = []
    for at in range(problems * 3):
        counters = {
            "instructions": draw.randrange(10_000, 5_000_000),
            "data_reads": draw.randrange(1_000, 900_000),
            "ll_misses": draw.randrange(100, 20_000),
        }
        exact = sum(COST[name] * number for name, number in counters.items()) / 100
        reference = round(exact * (1 + noise * draw.uniform(-1, 1)))
        runs.append(CommonRun(f"{at:016x}", f"p{at // 3}", "0", reference, 1, 1, counters))
    return runs


@pytest.mark.parametrize("method", cost_fit.METHODS)
def test_constants_that_made_the_runs_are_found_again(method: str) -> None:
    found = fit(synthetic(), list(COST), method)
    assert dict(found.cost) == COST
    assert list(found.cycles) == [run.reference_cycles for run in synthetic()]


@pytest.mark.parametrize("method", cost_fit.METHODS)
def test_constants_are_whole_and_never_negative(method: str) -> None:
    found = fit(synthetic(noise=0.5), [*COST], method)
    assert all(isinstance(one, int) and one >= 0 for one in found.cost.values())


def test_the_order_of_the_runs_changes_nothing() -> None:
    runs = synthetic(noise=0.2)
    assert fit(runs, list(COST), "absolute").cost == fit(runs[::-1], list(COST), "absolute").cost


def test_a_problem_is_never_in_training_and_test(monkeypatch: pytest.MonkeyPatch) -> None:
    trained: list[set[str]] = []
    honest = cost_fit._constants

    def watched(runs: list[CommonRun], *rest: Any) -> Any:
        trained.append({run.problem_id for run in runs})
        return honest(runs, *rest)

    monkeypatch.setattr(cost_fit, "_constants", watched)
    fit(synthetic(), list(COST), "squares", folds=4)
    *of_folds, whole = trained
    assert len(whole) == 20
    for problem in whole:
        assert sum(problem not in one for one in of_folds) == 1


def test_what_a_run_costs_held_out_does_not_depend_on_its_own_problem() -> None:
    runs = synthetic()
    spoilt = [
        CommonRun(**{**vars(run), "reference_cycles": run.reference_cycles * 7})
        if run.problem_id == "p3"
        else run
        for run in runs
    ]
    clean, dirty = fit(runs, list(COST), "squares"), fit(spoilt, list(COST), "squares")
    at = [index for index, run in enumerate(runs) if run.problem_id == "p3"]
    assert [clean.held_out[index] for index in at] == [dirty.held_out[index] for index in at]
    assert clean.held_out != dirty.held_out


def test_every_run_is_held_out_once_and_the_folds_add_up() -> None:
    found = fit(synthetic(problems=23), list(COST), "squares", folds=5)
    assert sum(one.problems for one in found.folds) == 23
    assert sum(one.errors.n for one in found.folds) == 69
    assert all(found.held_out)


def test_folds_are_even_and_the_same_for_any_order_of_the_problems() -> None:
    names = [f"problem {k}" for k in range(23)]
    found = assign(names, 5)
    sizes = [list(found.values()).count(fold) for fold in range(5)]
    assert sorted(sizes) == [4, 4, 5, 5, 5]
    assert found == assign(names[::-1], 5)


def test_too_few_problems_for_the_folds_is_said() -> None:
    with pytest.raises(InputError, match=r"^3 problems are too few for 10 folds; .*--folds"):
        fit(synthetic(problems=3), list(COST), "squares")


def test_fewer_runs_than_constants_is_said() -> None:
    runs = synthetic(problems=2)[::3]
    with pytest.raises(InputError, match="2 common runs are too few to fit 3 constants"):
        fit(runs, list(COST), "squares", folds=2)


def test_a_cost_is_rounded_as_the_machine_does_and_never_nothing() -> None:
    assert cycles({"instructions": 158}, {"instructions": 31.0}) == 49
    assert cycles({"instructions": 0}, {"instructions": 5}) == 1


def made(method: str, held_out: tuple[int, ...]) -> Fit:
    return Fit(method, {}, held_out, held_out, (Fold(1, None),))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("first", "second", "chosen"),
    [
        ((110, 110, 150), (105, 105, 120), "second"),
        ((110, 110, 150), (105, 105, 160), "first"),  # better in the median, worse at p90
        ((110, 110, 150), (111, 111, 120), "first"),
        ((110, 110, 150), (110, 110, 150), "first"),
    ],
)
def test_another_method_must_be_better_in_the_median_and_at_the_90th_percentile(
    first: tuple[int, ...], second: tuple[int, ...], chosen: str
) -> None:
    runs = [CommonRun(f"{k}", f"p{k}", "0", 100, 1, 1) for k in range(3)]
    assert best([made("first", first), made("second", second)], runs).method == chosen
