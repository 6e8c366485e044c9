import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pie.core.metrics.sign_flip import DRAWS, sign_flip_p_value


def test_all_ways_are_counted_for_few_problems() -> None:
    # Of the 8 ways to sign 1, 2, 3 only +++ and --- are as far from zero.
    assert sign_flip_p_value([1, 2, 3]) == 2 / 8
    assert sign_flip_p_value([1, 2, -3]) == 1


def test_problems_that_do_not_differ_play_no_part() -> None:
    assert sign_flip_p_value([0, 0, 1, 2, 3]) == sign_flip_p_value([1, 2, 3])
    assert sign_flip_p_value([0, 0]) is None


@given(st.lists(st.integers(-20, 20).filter(bool), min_size=1, max_size=9))
def test_it_is_the_share_of_brute_force_and_the_sign_does_not_matter(sums: list[int]) -> None:
    ways = [
        sum(sign * value for sign, value in zip(signs, sums, strict=True))
        for signs in itertools.product((1, -1), repeat=len(sums))
    ]
    wanted = sum(abs(way) >= abs(sum(sums)) for way in ways) / len(ways)
    assert sign_flip_p_value(sums) == wanted
    assert sign_flip_p_value([-value for value in sums]) == wanted


def test_draws_come_near_the_exact_value_and_are_never_zero() -> None:
    assert sign_flip_p_value([1.0] * 40) == 1 / (DRAWS + 1)
    # 13 equal problems, 10 of one sign: P(|S| >= 7) of a fair coin.
    exact = 2 * sum(math.comb(13, wins) for wins in range(10, 14)) / 2**13
    found = sign_flip_p_value([1.0] * 10 + [-1.0] * 3)
    assert found == pytest.approx(exact, abs=0.01)
    assert found == sign_flip_p_value([1.0] * 10 + [-1.0] * 3)
