"""Worked values of the reward."""

import math

import pytest

from pie.core.metrics.standing import UnsupportedAs
from pie.rewards import Scale, reward_of
from sim.verdict import Verdict

ACCEPTED = Verdict.ACCEPTED


@pytest.mark.parametrize(
    ("speedup", "log2", "ratio"),
    [
        (0.25, 0.25, 0.25),
        (1.0, 1.0, 1.0),
        (2.0, 2.0, 2.0),
        (8.0, 4.0, 8.0),
        (64.0, 7.0, 64.0),
        (1000.0, 7.0, 64.0),  # beyond the cap
    ],
)
def test_an_accepted_program_is_worth_its_speedup(
    speedup: float, log2: float, ratio: float
) -> None:
    assert reward_of(ACCEPTED, speedup, Scale.LOG2) == pytest.approx(log2, abs=1e-12)
    assert reward_of(ACCEPTED, speedup, Scale.RATIO) == ratio


@pytest.mark.parametrize(
    "verdict", sorted(set(Verdict) - {ACCEPTED, Verdict.NOT_MEASURED}, key=str)
)
@pytest.mark.parametrize("scale", list(Scale))
def test_whatever_is_not_accepted_is_worth_nothing(verdict: Verdict, scale: Scale) -> None:
    assert reward_of(verdict, 100.0, scale) == 0.0


def test_our_own_failure_is_no_reward_at_all() -> None:
    assert reward_of(Verdict.NOT_MEASURED, None) is None


def test_what_the_machine_cannot_measure_is_worth_nothing_or_left_out() -> None:
    assert reward_of(Verdict.UNSUPPORTED, None) == 0.0
    assert reward_of(Verdict.UNSUPPORTED, None, unsupported=UnsupportedAs.LEFT_OUT) is None
    assert reward_of(Verdict.WRONG_ANSWER, None, unsupported=UnsupportedAs.LEFT_OUT) == 0.0


@pytest.mark.parametrize("scale", list(Scale))
def test_a_faster_program_is_never_worth_less_and_any_accepted_one_more_than_nothing(
    scale: Scale,
) -> None:
    speedups = [0.001 * 1.07**step for step in range(200)]
    rewards = [reward_of(ACCEPTED, one, scale, cap=1000) for one in speedups]
    assert all(one is not None and one > 0 for one in rewards)
    assert rewards == sorted(rewards, key=lambda one: one or 0.0)


@pytest.mark.parametrize("speedup", [None, 0.0, -1.0, math.nan, math.inf])
def test_an_accepted_program_without_a_speedup_is_a_fault_of_ours(speedup: float | None) -> None:
    with pytest.raises(ValueError, match="above 0"):
        reward_of(ACCEPTED, speedup)


@pytest.mark.parametrize("cap", [0.5, 0.0, math.nan])
def test_a_cap_below_the_source_s_own_speed_is_refused(cap: float) -> None:
    with pytest.raises(ValueError, match="cap"):
        reward_of(ACCEPTED, 2.0, cap=cap)
