"""Coefficients against numbers worked out by hand, and against Python's own."""

import random
import statistics

import pytest

from pie.core.metrics.correlation import correlation, ranks


def test_equal_values_have_the_mean_of_their_ranks() -> None:
    assert ranks([5.0, 1.0, 5.0, 9.0]) == [2.5, 1.0, 2.5, 4.0]


def test_a_straight_line_is_one_and_a_curve_is_so_in_ranks_only() -> None:
    found = correlation((f"p{x}", x, -(x**3.0)) for x in range(1, 9))
    assert found.spearman is not None
    assert found.pearson is not None
    assert found.spearman.value == -1
    assert -1 < found.pearson.value < -0.9
    assert (found.rows, found.problems) == (8, 8)


def test_both_agree_with_pythons_own_and_lie_in_their_intervals() -> None:
    draw = random.Random(3)
    points = [(f"p{n % 30}", 1e6 + draw.random(), draw.random()) for n in range(300)]
    points = [(problem, x, y + x - 1e6) for problem, x, y in points]
    found = correlation(points)
    left, right = [x for _p, x, _y in points], [y for _p, _x, y in points]
    plain = statistics.correlation(left, right)
    ranked = statistics.correlation(ranks(left), ranks(right))
    for one, expected in ((found.pearson, plain), (found.spearman, ranked)):
        assert one is not None
        assert one.interval is not None
        assert one.value == pytest.approx(expected, rel=1e-9)
        assert one.interval.low < one.value < one.interval.high
        assert one.interval.low > 0


def test_what_never_changes_goes_together_with_nothing() -> None:
    found = correlation([("a", 1.1, 2.0), ("b", 1.1, 3.0)])
    assert (found.pearson, found.spearman) == (None, None)
    assert correlation([]).pearson is None
    single = correlation([("a", 1.0, 2.0), ("a", 2.0, 3.0)])
    assert single.pearson is not None
    assert single.pearson.interval is None
