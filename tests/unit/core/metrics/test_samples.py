"""PerfCodeGen's, ECCO's and SBLLM's speedups, by their worked examples."""

import math

import pytest

from pie.core.metrics.samples import (
    SBLLM_OPTIMISED,
    EccoRun,
    Sampled,
    ecco_ratio,
    pass_at_k_estimate,
    perfcodegen_score,
    sbllm_gain,
)

EXAMPLE = {"a": Sampled(1, (0.1,)), "b": Sampled(100, (100,))}


def test_perfcodegens_two_speedups_stand_side_by_side():
    score = perfcodegen_score(EXAMPLE, 1)
    assert score.speedup_mean_of_ratios is not None
    assert score.speedup_ratio_of_sums is not None
    assert score.speedup_mean_of_ratios.value == 5.5
    assert round(score.speedup_ratio_of_sums.value, 3) == 1.009


def test_the_first_k_samples_count_and_the_rest_does_not():
    tasks = {"a": Sampled(10, (None, 20, 5))}
    values = [perfcodegen_score(tasks, k).speedup_mean_of_ratios for k in (1, 2, 3)]
    assert [None if one is None else one.value for one in values] == [None, 0.5, 2.0]


def test_a_task_without_a_correct_sample_counts_in_the_shares_and_not_in_the_speedups():
    score = perfcodegen_score({"a": Sampled(10, (5,)), "b": Sampled(10, (None,))}, 1)
    assert (score.tasks, score.with_correct) == (2, 1)
    assert score.optimised is not None
    assert score.optimised.value == 0.5
    assert score.correct is not None
    assert score.correct.value == 0.5
    assert score.speedup_ratio_of_sums is not None
    assert score.speedup_ratio_of_sums.value == 2.0


def test_more_than_a_hundred_times_faster_is_not_dropped():
    score = perfcodegen_score({"a": Sampled(1000, (1,))}, 1)
    assert score.speedup_mean_of_ratios is not None
    assert score.speedup_mean_of_ratios.value == 1000


def test_intervals_are_over_tasks_and_missing_for_one():
    score = perfcodegen_score(EXAMPLE, 1)
    assert score.speedup_ratio_of_sums is not None
    interval = score.speedup_ratio_of_sums.interval
    assert interval is not None
    assert interval.low == 1.0
    assert interval.high == 10.0
    alone = perfcodegen_score({"a": Sampled(1, (1,))}, 1).correct
    assert alone is not None
    assert alone.interval is None


def test_tasks_of_one_problem_are_drawn_together():
    tasks = {"a": Sampled(1, (0.5,), "p"), "b": Sampled(1, (2,), "p")}
    score = perfcodegen_score(tasks, 1)
    assert score.speedup_mean_of_ratios is not None
    assert score.speedup_mean_of_ratios.value == 1.25
    assert score.speedup_mean_of_ratios.interval is None
    assert score.optimised is not None
    assert score.optimised.interval is None


def test_no_task_gives_no_numbers():
    score = perfcodegen_score({}, 1)
    assert (score.optimised, score.correct, score.speedup_ratio_of_sums) == (None, None, None)


@pytest.mark.parametrize("cost", [0.0, math.nan, -2.0])
def test_a_zero_time_is_never_scored(cost):
    with pytest.raises(ValueError, match="above zero"):
        Sampled(1.0, (cost,))


def test_pass_at_k_over_tasks_is_the_mean_of_the_unbiased_ones():
    flags = {"a": [True] * 5 + [False] * 15, "b": [False] * 20}
    estimate = pass_at_k_estimate(flags, 1)
    assert estimate is not None
    assert estimate.value == 0.125


def test_an_edit_has_a_ratio_only_if_both_programs_pass_everything():
    given, edited = EccoRun((4.0, 2.0)), EccoRun((2.0, 1.0))
    assert ecco_ratio(given, edited) == 2.0
    assert ecco_ratio(given, EccoRun((0.001, None))) is None
    assert ecco_ratio(EccoRun((None, 2.0)), edited) is None
    assert ecco_ratio(EccoRun(()), EccoRun(())) is None


def test_an_edit_with_other_tests_is_an_error():
    with pytest.raises(ValueError, match="same tests"):
        ecco_ratio(EccoRun((1.0,)), EccoRun((1.0, 1.0)))


def test_sbllms_gain_is_in_percent_and_never_below_zero():
    gains = [sbllm_gain(*one) for one in ((2, 1), (1, 2), (1.25, 1))]
    assert round(sum(gains) / 3, 2) == 41.67
    assert sum(gain > SBLLM_OPTIMISED for gain in gains) == 2
    assert sbllm_gain(1.0, None) == 0.0
