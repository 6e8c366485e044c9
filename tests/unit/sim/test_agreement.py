"""The mark `suspicious`: when a simulated speedup is another than the processor's."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.agreement import (
    FACTOR,
    LEAST_SECONDS,
    Cost,
    Start,
    agreement,
    distance,
    may_be_eligible,
    must_be_repeated,
)

START = Start(0.001, 0.00002)
SECONDS = st.floats(1e-9, 1e4)
COSTS = st.builds(Cost, SECONDS, SECONDS)
STARTS = st.builds(Start, st.floats(0, 1), st.floats(0, 1))
TESTS = st.integers(1, 200)


def cost(native: float, simulated: float, tests: int = 1) -> Cost:
    """A program of so much work, started once for each test."""
    return Cost(native + tests * START.native_seconds, simulated + tests * START.simulated_seconds)


@pytest.mark.parametrize(
    ("source", "answer", "eligible", "suspicious"),
    [
        ((0.100, 0.100), (0.010, 0.010), True, False),  # ten times faster in both
        ((0.100, 0.100), (0.050, 0.010), True, True),  # ten and two
        ((0.100, 0.100), (0.010, 0.050), True, True),  # two and ten
        ((0.100, 0.100), (0.100, 0.026), True, False),  # 3.8 and one
        ((0.100, 0.100), (0.100, 0.024), True, True),  # 4.2 and one
        ((0.100, 0.100), (0.006, 0.000), True, True),  # as fast as an empty program
        ((0.100, 0.100), (0.0049, 0.0001), False, False),  # too little to be seen
        ((0.0049, 0.100), (0.100, 0.0001), False, False),
    ],
)
@pytest.mark.parametrize("tests", [1, 7])
def test_the_bounds(
    source: tuple[float, float],
    answer: tuple[float, float],
    eligible: bool,
    suspicious: bool,
    tests: int,
) -> None:
    made = agreement(cost(*source, tests), cost(*answer, tests), START, tests, 3)
    assert (made.eligible, made.suspicious) == (eligible, suspicious)
    assert made.repeats == 3


def test_the_start_of_the_process_is_no_work() -> None:
    # A Python interpreter's start is 20 ms, beside which 30 ms and 6 ms of work look alike.
    start = Start(0.020, 0.015)
    made = agreement(Cost(0.050, 0.045), Cost(0.026, 0.0195), start, 1, 3)
    assert made.native_speedup == pytest.approx(5)
    assert made.simulated_speedup == pytest.approx(30 / 4.5)
    assert made.eligible
    assert not made.suspicious


@given(COSTS, COSTS, STARTS, TESTS)
def test_a_mark_needs_work_on_both_sides_and_speedups_far_apart(
    source: Cost, answer: Cost, start: Start, tests: int
) -> None:
    made = agreement(source, answer, start, tests, 1)
    work = made.src_native_seconds, made.answer_native_seconds
    assert made.eligible == (min(work) > LEAST_SECONDS)
    assert made.simulated_speedup is not None
    if made.suspicious:
        assert made.eligible
        apart = distance(made.native_speedup, made.simulated_speedup)
        assert apart is not None
        assert apart > FACTOR


@given(COSTS, COSTS, STARTS, TESTS)
def test_it_is_the_same_whichever_is_the_source(
    source: Cost, answer: Cost, start: Start, tests: int
) -> None:
    one, other = (
        agreement(source, answer, start, tests, 1),
        agreement(answer, source, start, tests, 1),
    )
    assert one.eligible == other.eligible
    apart = distance(one.native_speedup, one.simulated_speedup)
    if apart is None or abs(apart / FACTOR - 1) > 1e-9:
        assert one.suspicious == other.suspicious


@given(COSTS, COSTS, st.floats(0.01, 100))
def test_a_slower_host_or_machine_changes_nothing_but_who_has_enough_work(
    source: Cost, answer: Cost, factor: float
) -> None:
    def scaled(one: Cost) -> Cost:
        return replace(one, simulated_seconds=one.simulated_seconds * factor)

    one = agreement(source, answer, Start(), 1, 1)
    other = agreement(scaled(source), scaled(answer), Start(), 1, 1)
    apart = distance(one.native_speedup, one.simulated_speedup)
    if apart is not None and abs(apart / FACTOR - 1) > 1e-9:
        assert one.suspicious == other.suspicious


@given(COSTS, STARTS, TESTS)
def test_a_program_agrees_with_itself(one: Cost, start: Start, tests: int) -> None:
    assert not agreement(one, one, start, tests, 1).suspicious


@given(COSTS, COSTS, STARTS, TESTS)
def test_whoever_might_be_marked_is_run_again(
    source: Cost, answer: Cost, start: Start, tests: int
) -> None:
    first = agreement(source, answer, start, tests, 1)
    if first.suspicious:
        assert must_be_repeated(first)
        assert may_be_eligible(source, answer)


def test_small_programs_and_those_that_agree_are_not_run_again() -> None:
    assert not may_be_eligible(cost(0.001, 1), cost(0.1, 1))
    agreeing = agreement(cost(1, 1), cost(0.5, 0.4), START, 1, 1)
    assert not must_be_repeated(agreeing)
