"""Pairs of one user's programs: which, in which order, from which gain on."""

import pytest

from pie.core.dataset.trajectory import Pair, Solution, improves, trajectories


def solution(name: str, cost: float, user: str = "u", date: int = 0) -> Solution:
    return Solution(name, user, date, name, cost, cost / 3.5e9)


def test_a_trajectory_is_of_one_user_in_time_and_of_equal_times_by_name() -> None:
    mixed = [
        solution("d", 1, "u2", 5),
        solution("b", 1, "u1", 7),
        solution("c", 1, "u1", 3),
        solution("a", 1, "u1", 7),
    ]
    names = [[one.submission_id for one in group] for group in trajectories(mixed)]
    assert names == [["c", "a", "b"], ["d"]]


def test_at_one_date_the_numbers_in_names_are_numbers() -> None:
    names = ["10", "9", "s2-10", "s2-9", "s02-9", "100000000", "99999999"]
    ((*ordered,),) = trajectories([solution(name, 1) for name in names])
    assert [one.submission_id for one in ordered] == [
        "9",
        "10",
        "99999999",
        "100000000",
        "s02-9",
        "s2-9",
        "s2-10",
    ]


@pytest.mark.parametrize(
    ("src", "tgt", "kept"),
    [
        (1000, 900, False),
        (1000, 899, True),
        (1000, 901, False),
        (0.3, 0.27, False),
        (70, 63, False),
        (100, 200, False),
    ],
)
def test_a_pair_needs_more_than_ten_percent(src: float, tgt: float, kept: bool) -> None:
    assert improves(Pair(solution("a", src), solution("b", tgt))) is kept


def test_exactly_the_least_gain_is_none_for_any_count_of_cycles() -> None:
    for tenth in range(1, 5000):
        pair = Pair(solution("a", 10 * tenth), solution("b", 9 * tenth))
        assert not improves(pair), tenth


def test_a_cost_of_nothing_is_refused() -> None:
    for cost in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="not above zero"):
            solution("a", cost)
