"""Budgets of instructions that follow from a reference's count."""

from hypothesis import given
from hypothesis import strategies as st

from sim import machines
from sim.budget import ReferenceBudget
from sim.setting import Setting

LIMIT = 2_000_000_000


def test_the_default_ladder_is_that_of_the_manual() -> None:
    rungs = ReferenceBudget().rungs(LIMIT)
    assert rungs == [50_000_000, 200_000_000, 800_000_000, 2_000_000_000]
    assert ReferenceBudget().rungs(1000) == [1000]


@given(st.integers(1, 3 * LIMIT), st.integers(1, 3 * LIMIT))
def test_a_budget_holds_the_multiple_or_is_the_limit_and_never_falls(first: int, more: int) -> None:
    budget = ReferenceBudget()
    given_by = budget.after(first, LIMIT)
    assert given_by == LIMIT or 10 * first <= given_by <= max(50_000_000, 40 * first)
    assert given_by in budget.rungs(LIMIT)
    assert budget.after(first + more, LIMIT) >= given_by


def test_the_ladder_is_in_the_fingerprint_where_it_decides_and_nowhere_else() -> None:
    ladder = ReferenceBudget()
    with_ladder = Setting(machines.machine("cachegrind"), budget=ladder)
    without = Setting(machines.machine("cachegrind"))
    assert with_ladder.fingerprint([]) == without.fingerprint([])
    assert with_ladder.measure_context() == without.measure_context()
    assert "budget" not in without.fingerprint([])
    assert Setting(machines.machine("gem5"), budget=ladder).reference_budget == ladder


def test_another_budget_is_another_context_and_the_same_one_the_same() -> None:
    setting = Setting(machines.machine("cachegrind"), budget=ReferenceBudget())
    assert setting.bounded(5).limits.max_instructions == 5
    assert setting.bounded(5).measure_context() != setting.measure_context()
    assert setting.bounded(LIMIT).measure_context() == setting.measure_context()
