"""EvalPerf's, ENAMEL's, COFFE's and ECCO's places among references, by their worked examples."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pie.core.metrics.averages import pass_at_k
from pie.core.metrics.reference_levels import (
    Level,
    censored_efficiency,
    differential_score,
    expected_best,
    is_efficient,
    share_beaten,
)

REFERENCES, SCORES = (900.0, 500.0, 100.0), (20.0, 60.0, 100.0)


@pytest.mark.parametrize(
    ("cost", "dps", "normalised"),
    [(450, 60, 66.7), (100, 100, 100), (1000, 0, 0), (900, 20, 33.3), (1, 100, 100)],
)
def test_a_program_gets_the_score_of_the_fastest_reference_that_it_reaches(cost, dps, normalised):
    score = differential_score(cost, REFERENCES, SCORES)
    assert score.dps == dps
    assert round(score.normalised, 1) == normalised


@given(st.floats(1, 2000), st.floats(1, 2000))
def test_less_cost_is_never_a_lower_score(one, other):
    low, high = sorted((one, other))
    better, worse = (differential_score(cost, REFERENCES, SCORES) for cost in (low, high))
    assert better.dps >= worse.dps


@pytest.mark.parametrize(("costs", "scores"), [((), ()), ((1.0,), (1.0, 2.0))])
def test_a_ladder_that_does_not_fit_is_an_error(costs, scores):
    with pytest.raises(ValueError, match="ladder"):
        differential_score(1.0, costs, scores)


def levels(*costs: float | None, reference: float = 1.0) -> list[Level]:
    return [Level([cost], [reference]) for cost in costs]


def test_the_experts_own_cost_is_an_efficiency_of_one():
    assert censored_efficiency(levels(1, 1, 1, 1)) == 1.0


def test_twice_the_experts_cost_is_the_limit_and_worth_nothing():
    assert censored_efficiency(levels(2, 2, 2, 2)) == 0.0


def test_faster_than_the_expert_is_above_one():
    assert censored_efficiency(levels(0.5, 0.5, 0.5, 0.5)) == 1.5


def test_levels_weigh_by_their_hardness_and_the_first_not_at_all():
    assert censored_efficiency(levels(1.9, 1, 1, 1)) == 1.0
    assert censored_efficiency(levels(1, 1, 1, 1.5)) == pytest.approx((3 + 3 + 4 * 0.5) / 10)


def test_a_censored_level_is_worth_nothing_and_so_are_all_behind_it():
    assert censored_efficiency(levels(1, 1, None, 1)) == pytest.approx(0.3)
    assert censored_efficiency(levels(1, 1, 2.5, 1)) == pytest.approx(0.3)


def test_a_program_that_meets_the_limit_on_the_smallest_inputs_is_wrong():
    assert censored_efficiency(levels(None, 1, 1, 1)) is None


def test_the_slowest_case_decides_and_the_limit_comes_of_the_slowest_reference():
    one = Level([0.5, 1.5], [1.0, 0.5])
    assert censored_efficiency([one] * 4) == pytest.approx(0.5)
    small = Level([1.0], [0.5])
    assert censored_efficiency([small, small, small, Level([2.0], [2.0])]) == pytest.approx(
        (6 * (4 - 1) / (4 - 0.5) + 4) / 10
    )


@pytest.mark.parametrize(
    ("given_levels", "hardness"),
    [(levels(1), (1.0, 1.0)), (levels(1), (0.0,)), ([Level([], [1.0])], (1.0,))],
)
def test_levels_that_do_not_fit_are_an_error(given_levels, hardness):
    with pytest.raises(ValueError, match="each level needs"):
        censored_efficiency(given_levels, hardness)


@given(st.lists(st.floats(0, 2), min_size=1, max_size=7), st.data())
def test_the_expected_best_is_the_mean_over_all_subsets(values, data):
    k = data.draw(st.integers(1, len(values)))
    subsets = [max(subset) for subset in itertools.combinations(values, k)]
    assert expected_best(values, k) == pytest.approx(math.fsum(subsets) / len(subsets))


@given(st.integers(1, 12), st.data())
def test_of_yes_and_no_it_is_pass_at_k(n, data):
    c, k = data.draw(st.integers(0, n)), data.draw(st.integers(1, n))
    flags = [1.0] * c + [0.0] * (n - c)
    assert expected_best(flags, k) == pytest.approx(pass_at_k(n, c, k))


@pytest.mark.parametrize("k", [0, 3])
def test_the_best_of_more_than_there_is_is_an_error(k):
    with pytest.raises(ValueError, match="the best of k"):
        expected_best([1.0, 0.0], k)


def test_an_equal_cost_is_not_more_efficient():
    assert is_efficient(99, 100)
    assert not is_efficient(100, 100)


@pytest.mark.parametrize(("cost", "share"), [(3.5, 0.5), (6, 0.0), (1, 1.0), (4, 0.25), (2, 0.75)])
def test_the_share_beaten_is_of_those_that_are_strictly_slower(cost, share):
    """The slowest of all beats nobody: the published code made that 0 the best score."""
    assert share_beaten(cost, (5, 4, 3, 2)) == share


def test_nobody_to_compare_with_is_an_error():
    with pytest.raises(ValueError, match="programs of people"):
        share_beaten(1.0, ())


@pytest.mark.parametrize("cost", [0.0, -1.0, math.nan, math.inf])
def test_a_cost_of_zero_or_none_is_never_scored(cost):
    with pytest.raises(ValueError, match="above zero"):
        share_beaten(cost, (1.0,))
    with pytest.raises(ValueError, match="above zero"):
        differential_score(cost, REFERENCES, SCORES)
