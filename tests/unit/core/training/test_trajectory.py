import pytest
from hypothesis import given
from hypothesis import strategies as st

from pie.core.training.trajectory import Solution, trajectory
from sim.program import Language


def solution(seconds: float, code: str = "") -> Solution:
    return Solution(f"s{seconds}", Language.CPP, code or f"code {seconds}", seconds)


@pytest.mark.parametrize(
    ("count", "shown"),
    [(3, [3, 2]), (4, [4, 3, 2]), (5, [5, 4, 2]), (10, [10, 7, 4]), (101, [101, 68, 35])],
)
def test_the_programs_at_0_33_and_66_percent_lead_to_the_fastest(
    count: int, shown: list[int]
) -> None:
    found = trajectory([solution(float(one)) for one in range(1, count + 1)])
    assert found is not None
    assert [one.seconds for one in found.shown] == shown
    assert found.target.seconds == 1


def test_fewer_than_three_distinct_programs_are_no_trajectory() -> None:
    assert trajectory([solution(1.0), solution(2.0)]) is None
    assert trajectory([solution(1.0, "a"), solution(2.0, "a"), solution(3.0, "b")]) is None


@given(st.lists(st.tuples(st.floats(0.1, 9), st.sampled_from("abcdefgh")), max_size=12))
def test_nothing_shown_is_faster_than_the_target_or_the_target_itself(
    programs: list[tuple[float, str]],
) -> None:
    found = trajectory([solution(seconds, code) for seconds, code in programs])
    if found is not None:
        times = [one.seconds for one in found.shown]
        assert times == sorted(times, reverse=True)
        assert min(times) >= found.target.seconds
        assert found.target.code not in {one.code for one in found.shown}
