"""The exact solver: known answers, and the conditions that only a minimum fulfils."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pie.core.calibration.least_squares import least_absolute, nonnegative_least_squares


def test_a_system_with_a_non_negative_solution_is_solved_to_the_last_digit() -> None:
    rows = [[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]]
    assert nonnegative_least_squares(rows, [3.0, 8.0, 7.0]) == [3, 4]


def test_a_coefficient_that_would_be_negative_is_zero_and_the_others_make_up_for_it() -> None:
    # Without the condition: x = (2, -1). With it: the best multiple of (1, 1) against (2, 1).
    rows = [[1.0, 0.0], [1.0, 1.0]]
    assert nonnegative_least_squares(rows, [2.0, 1.0]) == [Fraction(3, 2), 0]


def test_when_every_direction_makes_it_worse_nothing_is_taken() -> None:
    assert nonnegative_least_squares([[1.0, 2.0], [3.0, 1.0]], [-1.0, -1.0]) == [0, 0]


def test_a_column_taken_in_early_is_dropped_when_others_explain_more() -> None:
    # The third column lowers the error most at first; with both others it would be negative.
    rows = [[1.0, 0.0, 0.9], [0.0, 1.0, 0.9], [0.0, 0.0, 0.1]]
    assert nonnegative_least_squares(rows, [1.0, 1.0, -1.0]) == [1, 1, 0]


def test_columns_that_say_the_same_share_nothing_but_give_the_same_fit() -> None:
    first, second = nonnegative_least_squares([[1.0, 2.0], [2.0, 4.0]], [5.0, 10.0])
    assert first + 2 * second == 5


def test_a_column_of_zeros_is_left_out() -> None:
    assert nonnegative_least_squares([[0.0, 1.0], [0.0, 1.0]], [1.0, 3.0]) == [0, 2]


def test_columns_of_very_different_size_lose_nothing() -> None:
    rows = [[1.0, 2.0**-30], [1.0, 3 * 2.0**-30]]
    assert nonnegative_least_squares(rows, [1.0 + 2.0**-30, 1.0 + 3 * 2.0**-30]) == [1, 1]


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [([], []), ([[1.0], [1.0, 2.0]], [1.0, 1.0]), ([[1.0]], []), ([[float("nan")]], [1.0])],
)
def test_what_is_no_system_is_refused(rows: list[list[float]], wanted: list[float]) -> None:
    with pytest.raises(ValueError, match="least squares need"):
        nonnegative_least_squares(rows, wanted)


whole = st.integers(-50, 50).map(float)


@st.composite
def systems(draw: st.DrawFn) -> tuple[list[list[float]], list[float]]:
    width, height = draw(st.integers(1, 6)), draw(st.integers(1, 12))
    rows = draw(
        st.lists(st.lists(whole, min_size=width, max_size=width), min_size=height, max_size=height)
    )
    return rows, draw(st.lists(whole, min_size=height, max_size=height))


@given(systems())
def test_the_answer_fulfils_the_conditions_of_karush_kuhn_and_tucker_exactly(
    system: tuple[list[list[float]], list[float]],
) -> None:
    rows, wanted = system
    x = nonnegative_least_squares(rows, wanted)
    residual = [
        Fraction(goal) - sum(Fraction(a) * b for a, b in zip(row, x, strict=True))
        for row, goal in zip(rows, wanted, strict=True)
    ]
    for j, value in enumerate(x):
        slope = sum(Fraction(row[j]) * rest for row, rest in zip(rows, residual, strict=True))
        assert value >= 0
        assert slope <= 0
        assert value == 0 or slope == 0


@given(systems(), st.randoms(use_true_random=False))
def test_the_error_does_not_depend_on_the_order_of_the_rows(
    system: tuple[list[list[float]], list[float]], random: object
) -> None:
    rows, wanted = system
    together = list(zip(rows, wanted, strict=True))
    random.shuffle(together)  # type: ignore[attr-defined]
    shuffled = nonnegative_least_squares(
        [row for row, _ in together], [goal for _, goal in together]
    )
    assert shuffled == nonnegative_least_squares(rows, wanted)


def test_one_row_that_cannot_be_matched_pulls_squares_but_not_absolute_values() -> None:
    rows = [[1.0]] * 9
    wanted = [1.0] * 8 + [10.0]
    assert nonnegative_least_squares(rows, wanted) == [2]
    assert float(least_absolute(rows, wanted)[0]) == pytest.approx(1.0, abs=1e-3)


def test_absolute_values_lead_to_the_median() -> None:
    (x,) = least_absolute([[1.0]] * 5, [1.0, 2.0, 4.0, 50.0, 60.0])
    assert float(x) == pytest.approx(4.0, abs=1e-2)


def test_absolute_values_keep_coefficients_from_going_below_zero() -> None:
    assert least_absolute([[1.0, 0.0], [1.0, 1.0], [1.0, 1.0]], [2.0, 1.0, 1.0])[1] == 0
