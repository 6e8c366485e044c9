"""The averages, by the worked examples of the papers they come from."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pie.core.metrics.averages import (
    geometric_mean,
    mean,
    median,
    pass_at_k,
    ratio_of_sums,
)

times = st.floats(1e-9, 1e9)


def test_perfcodegens_speedup_of_its_paper_on_the_worked_example():
    assert round(ratio_of_sums((1.0, 100.0), (0.1, 100.0)), 3) == 1.009


def test_pass_at_k_of_the_worked_example():
    assert pass_at_k(n=20, c=5, k=1) == 0.25


@given(st.integers(1, 12), st.data())
def test_pass_at_k_is_the_share_of_subsets_with_a_correct_one(n, data):
    c, k = data.draw(st.integers(0, n)), data.draw(st.integers(1, n))
    subsets = [s for s in range(2**n) if s.bit_count() == k]
    hits = sum(1 for s in subsets if s & (2**c - 1))
    assert pass_at_k(n, c, k) == pytest.approx(hits / len(subsets))


@pytest.mark.parametrize(("n", "c", "k"), [(3, 4, 1), (3, -1, 1), (3, 1, 0), (3, 1, 4)])
def test_pass_at_k_of_more_than_there_is_is_an_error(n, c, k):
    with pytest.raises(ValueError, match="pass@k needs"):
        pass_at_k(n, c, k)


def test_geometric_mean_lets_twice_and_half_cancel_where_the_mean_does_not():
    assert geometric_mean([2.0, 0.5]) == 1.0
    assert mean([2.0, 0.5]) == 1.25


def test_median_of_an_even_number_is_between_the_two_in_the_middle():
    assert median([1.0, 5.0, 2.0, 100.0]) == 3.5
    assert median([3.0]) == 3.0


@given(st.lists(times, min_size=1), st.integers())
def test_no_average_depends_on_the_order(values, seed):
    shuffled = random.Random(seed).sample(values, len(values))
    for average in (mean, median, geometric_mean):
        assert average(shuffled) == average(values)


@given(st.lists(times, min_size=1))
def test_averages_lie_between_the_extremes(values):
    for average in (mean, median, geometric_mean):
        assert min(values) * (1 - 1e-9) <= average(values) <= max(values) * (1 + 1e-9)


@given(st.lists(times, min_size=1))
def test_equal_times_give_exactly_one(values):
    assert ratio_of_sums(values, values) == 1.0
    assert geometric_mean([1.0] * len(values)) == 1.0


@pytest.mark.parametrize("average", [mean, median, geometric_mean])
def test_nothing_has_no_average(average):
    with pytest.raises(ValueError):
        average([])


@pytest.mark.parametrize("after", [(1.0,), (1.0, 2.0, 3.0)])
def test_a_missing_time_is_an_error_and_not_dropped(after):
    with pytest.raises(ValueError):
        ratio_of_sums((1.0, 2.0), after)


def test_a_small_gain_is_not_lost_in_a_long_sum():
    assert math.isclose(ratio_of_sums([1e9, 1e-6], [1e9, 1e-7]), 1 + 9e-16, rel_tol=1e-15)
