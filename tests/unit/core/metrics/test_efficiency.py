"""SOAP's six numbers, by the worked examples and by what its published tables must not teach."""

import math

import pytest

from pie.core.metrics.efficiency import (
    Usage,
    coefficient_of_variation,
    efficiency_table,
    reduction,
)
from pie.core.metrics.estimate import Estimate


def usage(seconds: float, peak: float = 1.0, held: float = 1.0) -> Usage:
    return Usage(seconds, peak, held)


def value(one: Estimate | None) -> float:
    assert one is not None
    return one.value


def test_the_papers_and_the_codes_normalised_time_differ_on_the_worked_example():
    table = efficiency_table(
        ["a", "b"], {"a": [usage(1)], "b": [usage(4)]}, {"a": usage(0.5), "b": usage(4)}
    )
    assert value(table.et.normalised) == 1.5
    assert round(value(table.et.of_sums), 3) == 1.111
    assert value(table.et.mean) == 2.5


def test_each_number_is_of_its_own_quantity():
    table = efficiency_table(["a"], {"a": [Usage(2, 30, 400)]}, {"a": Usage(1, 10, 100)})
    quantities = (table.et, table.mu, table.tmu)
    assert [value(one.mean) for one in quantities] == [2, 30, 400]
    assert [value(one.normalised) for one in quantities] == [2, 3, 4]


def test_tasks_that_one_side_lacks_are_left_out_of_every_number_and_counted():
    table = efficiency_table(
        ["a", "b", "c"], {"a": [usage(1)], "b": [usage(100)]}, {"a": usage(2), "c": usage(7)}
    )
    assert (table.tasks, table.et.tasks) == (3, 1)
    assert value(table.et.mean) == 1
    assert value(table.et.normalised) == 0.5


def test_several_programs_of_a_task_all_count_and_are_drawn_together():
    table = efficiency_table(["a"], {"a": [usage(1), usage(3)]}, {"a": usage(1)})
    assert (table.et.tasks, table.et.programs, value(table.et.mean)) == (1, 2, 2)
    assert table.et.normalised is not None
    assert table.et.normalised.interval is None


def test_tasks_of_one_problem_are_drawn_together():
    used, one = {"a": [usage(1)], "b": [usage(3)]}, {"a": usage(1), "b": usage(1)}
    apart = efficiency_table(["a", "b"], used, one)
    together = efficiency_table(["a", "b"], used, one, {"a": "p", "b": "p"})
    assert apart.et.of_sums is not None
    assert apart.et.of_sums.interval is not None
    assert together.et.of_sums is not None
    assert together.et.of_sums.interval is None


def test_memory_that_is_not_known_of_a_side_is_in_no_number_of_memory():
    used = {"a": [Usage(1, 5, None)], "b": [Usage(1, None, None)]}
    table = efficiency_table(["a", "b"], used, {"a": Usage(1, 10, 1), "b": Usage(1, 10, 1)})
    assert (table.et.tasks, table.mu.tasks, table.tmu.tasks) == (2, 1, 0)
    assert value(table.mu.normalised) == 0.5
    assert table.tmu.mean is None


def test_no_common_task_gives_no_numbers():
    table = efficiency_table(["a", "b"], {"a": [usage(1)]}, {"b": usage(1)})
    assert (table.et.tasks, table.et.mean, table.et.normalised) == (0, None, None)
    assert table.tmu.of_sums is None


def test_a_task_that_is_not_of_the_data_set_is_an_error():
    with pytest.raises(ValueError, match="task z was measured"):
        efficiency_table(["a"], {"z": [usage(1)]}, {})


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
