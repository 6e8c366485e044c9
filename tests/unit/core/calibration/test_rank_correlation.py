"""Kendall's tau-b, worked by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pie.core.calibration.rank_correlation import Order, order, total


def test_the_same_order_is_one_and_the_opposite_is_minus_one() -> None:
    assert order([1, 2, 3], [10, 20, 30]).tau == 1
    assert order([1, 2, 3], [30, 20, 10]).tau == -1


def test_one_swap_among_three() -> None:
    found = order([1, 2, 3], [1, 3, 2])
    assert (found.concordant, found.discordant) == (2, 1)
    assert found.tau == pytest.approx(1 / 3)


def test_ties_on_one_side_count_in_that_sides_denominator() -> None:
    # Of the six comparisons four agree, one is tied on the reference, one on the machine.
    found = order([1, 2, 2, 3], [1, 2, 3, 3])
    assert found == Order(4, 0, 1, 1, 0)
    assert found.tau == pytest.approx(4 / 5)


def test_programs_equal_on_both_say_nothing_about_the_order() -> None:
    found = order([5, 5, 9], [7, 7, 8])
    assert found == Order(concordant=2, both_tied=1)
    assert found.tau == 1
    assert found.comparisons == 3


@pytest.mark.parametrize(
    ("reference", "machine"), [([], []), ([1], [1]), ([1, 1], [1, 2]), ([1, 2], [3, 3])]
)
def test_without_a_comparison_that_both_decide_there_is_no_tau(
    reference: list[float], machine: list[float]
) -> None:
    assert order(reference, machine).tau is None


def test_a_tie_is_equal_to_the_cycle_and_nothing_else() -> None:
    assert order([10**15, 10**15 + 1], [1, 2]).tau == 1


def test_comparisons_of_several_tests_add_up() -> None:
    assert total([order([1, 2], [1, 2]), order([1, 2], [2, 1])]) == Order(1, 1)
    assert total([]) == Order()


costs = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), max_size=8)


@given(costs)
def test_tau_is_symmetric_within_bounds_and_every_comparison_is_counted(
    values: list[tuple[int, int]],
) -> None:
    left, right = [a for a, _ in values], [b for _, b in values]
    found, turned = order(left, right), order(right, left)
    assert found.tau == turned.tau
    assert found.tau is None or -1 <= found.tau <= 1 + 1e-12
    assert found.comparisons == len(values) * (len(values) - 1) // 2
