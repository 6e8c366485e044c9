"""PIE's formulas on single rows and small sets, by the worked examples of the paper."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pie.core.metrics.metrics import (
    Exclusion,
    best_at_k,
    exclusion_at_k,
    human_as_generation,
    human_exclusion,
    human_ratio,
    is_correct_at_k,
    is_judged_at_k,
    is_optimised,
    is_optimised_perfcodegen,
    speedup_at_k,
)
from pie.core.metrics.pair_result import Generation, PairResult, add_verdicts, no_verdicts
from sim.verdict import Verdict
from tests.unit.core.metrics.pie_means import (
    correct_share_at_k,
    mean_speedup_at_k,
    optimised_share_at_k,
)

ACCEPTED, WRONG, LOST = Verdict.ACCEPTED, Verdict.WRONG_ANSWER, Verdict.NOT_MEASURED
FAILED = Generation(WRONG, None)
UNKNOWN = Generation(LOST, None)


def ran(seconds: float) -> Generation:
    return Generation(ACCEPTED, seconds)


def row(source: float | Verdict, *generations: Generation, target: float | Verdict = 1.0):
    """A row; a verdict instead of a time for a program that was not accepted."""
    src = (source, None) if isinstance(source, Verdict) else (ACCEPTED, source)
    tgt = (target, None) if isinstance(target, Verdict) else (ACCEPTED, target)
    return PairResult("p1", *src, *tgt, generations, name="s1 -> s2")


verdicts = st.sampled_from(Verdict)
seconds = st.floats(1e-6, 1e6)
generations = verdicts.flatmap(
    lambda v: st.builds(Generation, st.just(v), seconds if v == ACCEPTED else st.none())
)
rows = st.builds(
    lambda source, target, made: row(source, *made, target=target),
    seconds | verdicts.filter(lambda v: v != ACCEPTED),
    seconds | verdicts.filter(lambda v: v != ACCEPTED),
    st.lists(generations, max_size=6),
)
measured_rows = st.builds(
    lambda source, made: row(source, *made),
    seconds,
    st.lists(generations.filter(lambda g: g.verdict != LOST), min_size=1, max_size=6),
)


def test_pies_worked_example():
    pairs = [row(10, ran(2)), row(10, ran(20)), row(10, FAILED)]
    assert [speedup_at_k(pair, 1) for pair in pairs] == [5, 1, 1]
    assert round(mean_speedup_at_k(pairs, 1), 3) == 2.333
    assert round(100 * optimised_share_at_k(pairs, 1), 1) == 33.3
    assert round(100 * correct_share_at_k(pairs, 1), 1) == 66.7


@pytest.mark.parametrize(
    ("percent", "count"),
    [
        (0.92, 9),
        (23.52, 230),
        (16.26, 159),
        (80.67, 789),
        (87.63, 857),
        (95.09, 930),
        (98.77, 966),
    ],
)
def test_pies_printed_percentages_are_of_978_rows(percent, count):
    pairs = [row(11, ran(10))] * count + [row(11, FAILED)] * (978 - count)
    assert round(100 * optimised_share_at_k(pairs, 1), 2) == percent
    assert round(100 * correct_share_at_k(pairs, 1), 2) == percent


def test_ten_rows_are_ten_rows_and_not_978():
    assert mean_speedup_at_k([row(10, ran(2))] * 10, 1) == 5


def test_best_at_k_takes_the_first_k_in_order_and_never_a_wrong_one():
    made = [FAILED, ran(5), ran(3), ran(4), ran(1)]
    assert [best_at_k(made, k) for k in range(1, 8)] == [None, 5, 3, 3, 1, 1, 1]


def test_k_starts_at_one():
    with pytest.raises(ValueError, match="at least 1"):
        best_at_k([ran(1)], 0)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (1.1, 1.0, True),
        (0.11, 0.1, True),  # 0.11 / 0.1 is 1.0999999999999999
        (0.33, 0.3, True),
        (11 / 3.5e9, 10 / 3.5e9, True),
        (1.1e10 - 1, 1e10, False),  # one cycle short of the threshold
        (1.0999, 1.0, False),
        (1.0, 1.0, False),
        (1.0, None, False),
    ],
)
def test_exactly_ten_percent_faster_is_optimised_and_a_cycle_less_is_not(before, after, expected):
    assert is_optimised(before, after) is expected


@given(st.integers(1, 10**8), st.integers(2, 9))
def test_the_threshold_is_met_in_cycles_however_the_tests_split_them(unit, parts):
    total_before, total_after = 11 * unit, 10 * unit
    before = sum([total_before / parts / 3.5e9] * parts)
    after = sum([total_after / parts / 3.5e9] * parts)
    assert is_optimised(before, after)
    assert not is_optimised((total_before - 1) / 3.5e9, total_after / 3.5e9)


@pytest.mark.parametrize("threshold", [1.0, 0.5, float("nan"), float("inf")])
def test_a_threshold_that_every_row_meets_or_none_is_an_error(threshold):
    with pytest.raises(ValueError, match="threshold"):
        is_optimised(1.0, 1.0, threshold)


def test_perfcodegen_asks_for_more_than_pie():
    assert is_optimised(1.1, 1.0)
    assert not is_optimised_perfcodegen(1.1, 1.0)
    assert not is_optimised_perfcodegen(1.0, 0.9)
    assert is_optimised_perfcodegen(1.0, 0.89)


def test_human_ratio_is_not_clamped_but_the_human_as_a_generation_is():
    pair = row(1.0, target=2.0)
    assert human_ratio(pair) == 0.5
    assert speedup_at_k(human_as_generation(pair), 1) == 1.0


@pytest.mark.parametrize(
    ("source", "target", "reason"),
    [
        (1.0, 1.0, None),
        (LOST, 1.0, Exclusion.NOT_MEASURED),
        (WRONG, LOST, Exclusion.NOT_MEASURED),
        (WRONG, WRONG, Exclusion.NO_BASELINE),
        (1.0, WRONG, Exclusion.TARGET_NOT_ACCEPTED),
        (Verdict.UNSUPPORTED, 1.0, Exclusion.UNSUPPORTED_REFERENCE),
        (WRONG, Verdict.UNSUPPORTED, Exclusion.UNSUPPORTED_REFERENCE),
        (LOST, Verdict.UNSUPPORTED, Exclusion.NOT_MEASURED),
    ],
)
def test_the_human_ratio_says_why_a_row_has_none(source, target, reason):
    pair = row(source, target=target)
    assert human_exclusion(pair) is reason
    if reason is not None:
        with pytest.raises(ValueError, match="s1 -> s2"):
            human_ratio(pair)


def test_our_own_failure_excludes_a_row_from_the_k_on_at_which_it_matters():
    pair = row(10, ran(5), UNKNOWN, ran(2))
    assert [exclusion_at_k(pair, k) for k in (1, 2, 3)] == [None, *[Exclusion.NOT_MEASURED] * 2]
    assert [is_judged_at_k(pair, k) for k in (1, 2, 3)] == [True, False, False]


def test_a_source_that_we_failed_to_measure_excludes_from_speed_but_not_from_correct():
    pair = row(LOST, ran(5))
    assert exclusion_at_k(pair, 1) is Exclusion.NOT_MEASURED
    assert correct_share_at_k([pair], 1) == 1


def test_a_wrong_source_is_no_baseline_but_its_generations_are_judged():
    pairs = [row(WRONG, ran(5)), row(10, FAILED)]
    assert exclusion_at_k(pairs[0], 1) is Exclusion.NO_BASELINE
    assert mean_speedup_at_k(pairs, 1) == 1
    assert correct_share_at_k(pairs, 1) == 0.5
    with pytest.raises(ValueError, match="s1 -> s2"):
        speedup_at_k(pairs[0], 1)


def test_a_row_without_generations_is_not_a_failed_one():
    assert exclusion_at_k(row(10), 1) is Exclusion.NO_GENERATIONS
    assert mean_speedup_at_k([row(10), row(10, ran(2))], 1) == 5
    assert correct_share_at_k([row(10), row(10, ran(2))], 1) == 1


@pytest.mark.parametrize("bad", [0.0, -1.0, float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("role", ["source", "target", "generation 2"])
def test_an_impossible_runtime_is_an_error_that_names_the_row_and_the_program(bad, role):
    with pytest.raises(ValueError, match=rf"s1 -> s2.*{role}"):
        row(
            bad if role == "source" else 1.0,
            ran(1.0),
            ran(bad if role == "generation 2" else 1.0),
            target=bad if role == "target" else 1.0,
        )


def test_a_runtime_and_an_accepted_verdict_come_together_or_not_at_all():
    with pytest.raises(ValueError, match="s1 -> s2: generation 1 is accepted but has no"):
        row(1.0, Generation(ACCEPTED, None))
    with pytest.raises(ValueError, match="s1 -> s2: generation 1 is wrong_answer but has a"):
        row(1.0, Generation(WRONG, 1.0))


@given(measured_rows)
def test_more_generations_never_hurt(pair):
    speedups = [speedup_at_k(pair, k) for k in range(1, 8)]
    correct = [is_correct_at_k(pair, k) for k in range(1, 8)]
    assert speedups == sorted(speedups)
    assert correct == sorted(correct)


@given(st.lists(rows), st.integers(1, 7), st.integers())
def test_the_order_of_the_rows_does_not_matter(pairs, k, seed):
    shuffled = random.Random(seed).sample(pairs, len(pairs))
    if any(exclusion_at_k(pair, k) is None for pair in pairs):
        assert mean_speedup_at_k(shuffled, k) == mean_speedup_at_k(pairs, k)
        assert optimised_share_at_k(shuffled, k) == optimised_share_at_k(pairs, k)
    if any(is_judged_at_k(pair, k) for pair in pairs):
        assert correct_share_at_k(shuffled, k) == correct_share_at_k(pairs, k)


@given(st.lists(measured_rows, min_size=1), st.integers(1, 7), st.data())
def test_a_failing_generation_never_helps(pairs, k, data):
    at = data.draw(st.integers(0, len(pairs) - 1))
    made = list(pairs[at].generations)
    made.insert(data.draw(st.integers(0, len(made))), FAILED)
    worse = [*pairs[:at], row(pairs[at].src_seconds, *made), *pairs[at + 1 :]]
    for metric in (mean_speedup_at_k, optimised_share_at_k, correct_share_at_k):
        assert metric(worse, k) <= metric(pairs, k)


@given(st.lists(measured_rows, min_size=1), st.integers(1, 7))
def test_shares_are_shares_and_a_clamped_speedup_is_at_least_one(pairs, k):
    assert 0 <= optimised_share_at_k(pairs, k) <= correct_share_at_k(pairs, k) <= 1
    assert mean_speedup_at_k(pairs, k) >= 1


@given(seconds)
def test_identical_programs_have_a_speedup_of_exactly_one(time):
    pair = row(time, ran(time), target=time)
    assert speedup_at_k(pair, 1) == human_ratio(pair) == 1.0
    assert not is_optimised(time, time)


@given(st.lists(rows))
def test_verdict_counts_add_up_to_the_programs(pairs):
    counts = no_verdicts()
    for pair in pairs:
        add_verdicts(counts, pair)
    assert sum(counts["source"].values()) == sum(counts["target"].values()) == len(pairs)
    assert sum(counts["generation"].values()) == sum(len(pair.generations) for pair in pairs)
    assert all(list(by_verdict) == [v.value for v in Verdict] for by_verdict in counts.values())
