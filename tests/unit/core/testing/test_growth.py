"""Exponents of growth, fitted to points."""

import pytest

from pie.core.testing.growth import Point, fit

SIZES = (10, 20, 40, 80, 160, 320)


def test_the_power_of_each_program_is_found() -> None:
    noise = (1.02, 0.99, 1.01, 0.98, 1.0, 1.01)
    points = [
        Point(size, (round(7 * size**2 * one), round(900 * size / one)))
        for size, one in zip(SIZES, noise, strict=True)
    ]
    found = fit(points)
    assert found is not None
    slow, fast = found.growths
    assert slow.exponent == pytest.approx(2, abs=0.03)
    assert fast.exponent == pytest.approx(1, abs=0.03)
    assert slow.interval.low <= slow.exponent <= slow.interval.high
    assert slow.factor == pytest.approx(7, rel=0.1)
    assert found.another_order
    assert fit(points) == found, "the same in every run"


def test_a_factor_is_no_other_order() -> None:
    noise = (1.02, 0.99, 1.01, 0.98, 1.0, 1.01)
    points = [
        Point(size, (round(50 * size * one), round(5 * size * other)))
        for size, one, other in zip(SIZES, noise, noise[::-1], strict=True)
    ]
    found = fit(points)
    assert found is not None
    assert not found.another_order


def test_one_program_has_no_difference() -> None:
    found = fit([Point(size, (size,)) for size in SIZES])
    assert found is not None
    assert found.difference is None
    assert not found.another_order


@pytest.mark.parametrize(
    "points",
    [
        [],
        [Point(size, (size,)) for size in (10, 20, 40)],
        [Point(size, (size,)) for size in (10, 11, 12, 13)],
        [Point(size, (size - 10,)) for size in SIZES],
        [Point(size, (size,)) for size in (0, 1, 2, 4, 8)],
    ],
)
def test_too_few_sizes_or_costs_below_the_start_have_no_growth(points: list[Point]) -> None:
    assert fit(points) is None
