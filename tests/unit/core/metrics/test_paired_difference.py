"""Differences of two runs on the same rows, worked by hand."""

import pytest

from pie.core.metrics.pair_result import Generation, PairResult
from pie.core.metrics.paired_difference import paired_difference
from pie.core.problem import InputError
from sim.verdict import Verdict


def row(problem: str, *seconds: float | None, name: str = "") -> PairResult:
    """A row whose source takes 8 seconds; None is a wrong answer, -1 one that was not measured."""
    verdicts = {None: Verdict.WRONG_ANSWER, -1: Verdict.NOT_MEASURED}
    generations = tuple(
        Generation(verdicts.get(one, Verdict.ACCEPTED), None if one in verdicts else one)
        for one in seconds
    )
    accepted = Verdict.ACCEPTED
    return PairResult(problem, accepted, 8.0, accepted, 1.0, generations, name=name or problem)


def test_the_difference_is_the_mean_over_the_rows() -> None:
    first = [row("a", 2.0), row("b", 8.0), row("c", None)]
    second = [row("a", 8.0), row("b", 4.0), row("c", 8.0)]
    found = paired_difference(first, second, 1)
    assert found.rows == 3
    assert found.speedup is not None
    assert found.speedup.value == pytest.approx((3 - 1 + 0) / 3)
    assert found.optimised is not None
    assert found.optimised.value == 0
    assert found.correct is not None
    assert found.correct.value == pytest.approx(-1 / 3)


def test_equal_runs_differ_by_nothing_at_all() -> None:
    rows = [row(name, 2.0, 1.0) for name in "abcd"]
    found = paired_difference(rows, rows, 2)
    assert found.speedup is not None
    assert found.speedup.interval is not None
    assert (found.speedup.value, found.speedup.interval.low, found.speedup.interval.high) == (
        0,
    ) * 3


def test_a_constant_gain_has_an_interval_of_no_width_whatever_the_spread_of_rows() -> None:
    first = [row(str(seconds), 8 / (seconds + 1)) for seconds in (1, 2, 50)]
    second = [row(str(seconds), 8 / seconds) for seconds in (1, 2, 50)]
    interval = paired_difference(first, second, 1).speedup.interval  # type: ignore[union-attr]
    assert interval is not None
    assert (interval.low, interval.high) == (pytest.approx(1.0), pytest.approx(1.0))


def test_a_row_that_one_run_has_no_number_for_is_left_out_of_both() -> None:
    found = paired_difference([row("a", 1.0), row("b", -1)], [row("a", 8.0), row("b", 1.0)], 1)
    assert (found.rows, found.left_out) == (1, 1)
    assert found.speedup is not None
    assert found.speedup.value == 7


def test_rows_of_one_problem_are_drawn_together() -> None:
    first = [row("a", 1.0, name="1"), row("a", 1.0, name="2")]
    second = [row("a", 8.0, name="1"), row("a", 8.0, name="2")]
    assert paired_difference(first, second, 1).speedup.interval is None  # type: ignore[union-attr]


def test_runs_of_other_rows_are_not_compared() -> None:
    with pytest.raises(InputError, match="different rows"):
        paired_difference([row("a", 1.0)], [row("b", 1.0)], 1)
    with pytest.raises(InputError, match="different numbers of rows"):
        paired_difference([row("a", 1.0), row("b", 1.0)], [row("a", 1.0)], 1)


def test_nothing_in_common_is_no_number() -> None:
    found = paired_difference([row("a", -1)], [row("a", 1.0)], 1)
    assert (found.rows, found.speedup, found.optimised, found.correct) == (0, None, None, None)
