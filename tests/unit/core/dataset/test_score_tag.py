"""Tags 1 to 10: deciles, ties, and problems with few solutions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pie.core.dataset.score_tag import score_tag


def test_of_a_hundred_each_ten_have_a_tag() -> None:
    population = [float(one) for one in range(1, 101)]
    tags = [score_tag(one, population) for one in population]
    assert tags == [tag for tag in range(10, 0, -1) for _ in range(10)]


@pytest.mark.parametrize(
    ("size", "tags"),
    [(1, [10]), (2, [10, 5]), (3, [10, 7, 4]), (4, [10, 8, 5, 3]), (10, list(range(10, 0, -1)))],
)
def test_small_problems_are_spread_and_their_fastest_has_ten(size: int, tags: list[int]) -> None:
    population = [float(one) for one in range(size)]
    assert [score_tag(one, population) for one in population] == tags


def test_equal_costs_have_the_better_tag_of_their_places() -> None:
    population = [1.0, 1.0, 1.0, 4.0]
    assert [score_tag(one, population) for one in population] == [10, 10, 10, 3]


def test_a_program_from_elsewhere_is_placed_among_them() -> None:
    population = [2.0, 3.0]
    assert [score_tag(cost, population) for cost in (1.0, 2.5, 9.0)] == [10, 5, 1]


def test_no_solutions_no_tag() -> None:
    with pytest.raises(ValueError, match="solutions"):
        score_tag(1.0, [])


@given(st.lists(st.integers(1, 50), min_size=1), st.data())
def test_a_faster_program_never_has_a_lower_tag(costs: list[int], data: st.DataObject) -> None:
    population = [float(one) for one in sorted(costs)]
    left = data.draw(st.sampled_from(population))
    right = data.draw(st.sampled_from(population))
    one, other = score_tag(left, population), score_tag(right, population)
    assert 1 <= one <= 10
    if left <= right:
        assert one >= other
