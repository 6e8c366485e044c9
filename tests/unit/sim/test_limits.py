"""Budgets of instructions and cycles: what exceeds them, and what is part of a key."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from sim.limits import Limits
from sim.machines import machine
from sim.setting import Setting


@pytest.mark.parametrize(
    ("instructions", "cycles", "excess"),
    [
        (100, 900, ""),
        (101, 5, "101 instructions, budget 100"),
        (5, 901, "901 cycles, budget 900"),
        (101, 901, "101 instructions, budget 100"),
    ],
)
def test_a_run_exceeds_the_budget_that_it_is_over(
    instructions: int, cycles: int, excess: str
) -> None:
    assert Limits(max_instructions=100, max_cycles=900).excess(instructions, cycles) == excess


def test_without_a_budget_of_cycles_no_count_of_them_is_too_many() -> None:
    assert Limits().excess(1, 1 << 60) == ""


def test_a_limit_that_is_not_set_is_no_part_of_a_key() -> None:
    assert "max_cycles" not in Limits().plain()
    assert Limits().plain() == {
        name: value for name, value in asdict(Limits()).items() if name != "max_cycles"
    }


def test_a_budget_of_cycles_is_part_of_keys_and_of_the_fingerprint() -> None:
    without, small, other = (
        Setting(machine("native"), limits=Limits(max_cycles=cycles)) for cycles in (None, 5, 6)
    )
    assert len({one.judge_context() for one in (without, small, other)}) == 3
    limits = small.fingerprint([])["limits"]
    assert isinstance(limits, dict)
    assert limits["max_cycles"] == 5
