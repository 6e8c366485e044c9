"""SOAP's six numbers, by the worked examples and by what its published tables must not teach."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pie.core.metrics.efficiency import (
    Usage,
    coefficient_of_variation,
    efficiency_table,
    memory_time,
    reduction,
)


def usage(seconds: float, peak: float = 1.0, held: float = 1.0) -> Usage:
    return Usage(seconds, peak, held)


def test_memory_over_time_is_the_area_under_the_samples():
    assert memory_time([(0, 10), (0.5, 20), (1, 20), (1.5, 10)]) == 25.0


@given(st.lists(st.floats(0, 1e3), min_size=2, max_size=9), st.floats(0.01, 1e3))
def test_constant_memory_is_its_product_with_the_time(times, held):
    times = sorted(times)
    area = memory_time([(time, held) for time in times])
    assert area == pytest.approx(held * (times[-1] - times[0]))


@pytest.mark.parametrize("samples", [[], [(0.0, 1.0)], [(1.0, 1.0), (0.5, 1.0)]])
def test_memory_over_time_needs_two_samples_in_their_order(samples):
    with pytest.raises(ValueError, match="memory"):
        memory_time(samples)


def test_the_papers_and_the_codes_normalised_time_differ_on_the_worked_example():
    table = efficiency_table(
        ["a", "b"], {"a": usage(1), "b": usage(4)}, {"a": usage(0.5), "b": usage(4)}
    )
    assert table.net is not None
    assert table.net_of_sums is not None
    assert table.net.value == 1.5
    assert round(table.net_of_sums.value, 3) == 1.111
    assert table.et is not None
    assert table.et.value == 2.5


def test_each_number_is_of_its_own_quantity():
    table = efficiency_table(["a"], {"a": Usage(2, 30, 400)}, {"a": Usage(1, 10, 100)})
    numbers = (table.et, table.mu, table.tmu, table.net, table.nmu, table.ntmu)
    assert [one.value for one in numbers if one is not None] == [2, 30, 400, 2, 3, 4]


def test_tasks_that_one_side_lacks_are_left_out_of_every_number_and_counted():
    table = efficiency_table(
        ["a", "b", "c"], {"a": usage(1), "b": usage(100)}, {"a": usage(2), "c": usage(7)}
    )
    assert (table.tasks, table.compared) == (3, 1)
    assert table.et is not None
    assert table.et.value == 1
    assert table.net is not None
    assert table.net.value == 0.5


def test_no_common_task_gives_no_numbers():
    table = efficiency_table(["a", "b"], {"a": usage(1)}, {"b": usage(1)})
    assert (table.compared, table.et, table.net, table.ntmu_of_sums) == (0, None, None, None)


def test_a_task_that_is_not_of_the_data_set_is_an_error():
    with pytest.raises(ValueError, match="task z was measured"):
        efficiency_table(["a"], {"z": usage(1)}, {})


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
def test_a_zero_is_a_failure_to_measure_and_no_number(value):
    for position in range(3):
        numbers = [1.0, 1.0, 1.0]
        numbers[position] = value
        with pytest.raises(ValueError, match="above zero"):
            Usage(*numbers)


@pytest.mark.parametrize(
    ("before", "after", "percent"),
    [(0.52, 0.47, 9.6), (22.02, 2.03, 90.8), (0.93, 0.12, 87.1), (203.92, 1261.83, -518.8)],
)
def test_the_reductions_of_soaps_text_follow_from_its_tables(before, after, percent):
    assert round(100 * reduction(before, after), 1) == percent


def test_stability_is_the_deviation_with_divisor_n_in_percent_of_the_mean():
    assert coefficient_of_variation([1, 3]) == 50.0
    assert coefficient_of_variation([5, 5, 5]) == 0.0
