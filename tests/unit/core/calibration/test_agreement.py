"""Agreement of two machines, worked by hand."""

from __future__ import annotations

import pytest

from pie.core.calibration.agreement import (
    CommonPair,
    CommonRun,
    Errors,
    Faster,
    agreement,
    errors,
    ranking,
)


def run(
    program: str, test: str, reference: int, cycles: int, problem: str = "p", instructions: int = 9
) -> CommonRun:
    return CommonRun(program, problem, test, reference, cycles, instructions)


def test_errors_are_relative_and_the_bias_keeps_its_sign() -> None:
    found = errors([100, 100, 100], [90, 98, 130])
    assert found.n == 3
    assert found.median == pytest.approx(0.10)
    assert found.worst == pytest.approx(0.30)
    assert found.bias == pytest.approx(-0.02)


@pytest.mark.parametrize(("n", "rank"), [(1, 1), (2, 2), (9, 9), (10, 9), (11, 10), (20, 18)])
def test_the_90th_percentile_is_the_nearest_rank(n: int, rank: int) -> None:
    found = errors([100.0] * n, [100.0 + k for k in range(1, n + 1)])
    assert found.p90 == pytest.approx(rank / 100)


def test_of_nothing_there_are_no_errors() -> None:
    assert errors([], []) == Errors(0)


def test_runs_are_split_by_length_and_the_limit_itself_is_short() -> None:
    runs = [
        run("a", "0", 100, 101, instructions=2_500_000),
        run("a", "1", 100, 120, instructions=2_500_001),
    ]
    found = agreement(runs, [], [one.cycles for one in runs])
    assert (found.short_runs.n, found.long_runs.n) == (1, 1)
    assert found.short_runs.worst == pytest.approx(0.01)
    assert found.long_runs.worst == pytest.approx(0.20)


def test_a_program_is_the_sum_of_its_tests_within_its_problem() -> None:
    runs = [run("a", "0", 100, 110), run("a", "1", 300, 290), run("a", "0", 50, 55, problem="q")]
    found = agreement(runs, [], [one.cycles for one in runs])
    assert found.programs.n == 2
    assert found.programs.worst == pytest.approx(0.10)
    assert found.programs.median == pytest.approx(0.05)


def test_the_speedup_of_a_pair_is_of_sums_and_on_a_test_of_single_runs() -> None:
    runs = [
        run("s", "0", 200, 220),
        run("s", "1", 1000, 1000),
        run("t", "0", 100, 100),
        run("t", "1", 500, 400),
    ]
    pairs = [CommonPair("p", "1", "2", ((0, 2), (1, 3)))]
    found = agreement(runs, pairs, [one.cycles for one in runs])
    assert found.speedups_on_a_test.n == 2
    assert found.speedups_on_a_test.median == pytest.approx((0.10 + 0.25) / 2)
    assert found.speedups_of_a_pair.n == 1
    assert found.speedups_of_a_pair.worst == pytest.approx((1220 / 500) / 2 - 1)


def test_agreement_on_ten_per_cent_faster_counts_both_directions_and_the_limit_itself() -> None:
    truth = [(110, 100), (109, 100), (200, 100), (100, 200)]
    said = [(110, 100), (111, 100), (105, 100), (100, 150)]
    runs, pairs = [], []
    for at, ((rs, rt), (ms, mt)) in enumerate(zip(truth, said, strict=True)):
        runs += [run(f"s{at}", "0", rs, ms, f"p{at}"), run(f"t{at}", "0", rt, mt, f"p{at}")]
        pairs.append(CommonPair(f"p{at}", "s", "t", ((2 * at, 2 * at + 1),)))
    found = agreement(runs, pairs, [one.cycles for one in runs])
    assert found.faster_on_a_test == Faster(n=4, agree=2, reference=2, machine=2)
    assert found.faster_pairs.share == 0.5


def test_another_models_cycles_are_compared_and_not_the_machines() -> None:
    runs = [run("a", "0", 100, 999)]
    assert agreement(runs, [], [100]).runs.worst == 0


def test_only_programs_of_one_problem_on_one_test_are_ranked() -> None:
    runs = [
        run("a", "0", 10, 1),
        run("b", "0", 20, 2),
        run("a", "1", 10, 5),  # alone on its test
        run("c", "0", 5, 9, problem="q"),  # alone in its problem
    ]
    found = ranking(runs, [one.cycles for one in runs])
    assert (found.problems, found.mean_tau) == (1, 1)
    assert found.comparisons.comparisons == 1


def test_each_problem_counts_once_in_the_mean_tau_and_one_without_a_tau_not_at_all() -> None:
    runs = [
        *(run(name, test, k, k) for test in "012" for k, name in enumerate("abc", 1)),
        *(run(name, "0", k, -k + 9, "q") for k, name in enumerate("ab", 1)),
        *(run(name, "0", 5, k, "r") for k, name in enumerate("ab", 1)),
    ]
    found = ranking(runs, [one.cycles for one in runs])
    assert (found.problems, found.mean_tau) == (2, 0)
    assert found.comparisons.comparisons == 9 + 1 + 1
    assert found.comparisons.reference_ties == 1


def test_with_no_pairs_every_share_is_missing_and_nothing_is_divided_by_zero() -> None:
    found = agreement([run("a", "0", 1, 1)], [], [1])
    assert found.faster_pairs.share is None
    assert found.speedups_of_a_pair == Errors(0)
    assert found.ranking.mean_tau is None
