"""Budgets of instructions and cycles: what exceeds them, and what is part of a key."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from sim.budget import ReferenceBudget
from sim.comparison import named
from sim.limits import Limits
from sim.machines import machine
from sim.program import Language
from sim.setting import Setting, number_label
from sim.toolchain import Toolchain


@pytest.mark.parametrize(
    ("instructions", "cycles", "excess"),
    [
        (100, 900, ""),
        (101, 5, "more than 100 instructions"),
        (5, 901, "901 cycles, budget 900"),
        (101, 901, "more than 100 instructions"),
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
    unset = ("max_cycles", "told_cpu_seconds")
    assert Limits().plain() == {
        name: value for name, value in asdict(Limits()).items() if name not in unset
    }


def test_a_budget_of_cycles_is_part_of_keys_and_of_the_fingerprint() -> None:
    without, small, other = (
        Setting(machine("native"), limits=Limits(max_cycles=cycles)) for cycles in (None, 5, 6)
    )
    assert len({one.judge_context() for one in (without, small, other)}) == 3
    limits = small.fingerprint([])["limits"]
    assert isinstance(limits, dict)
    assert limits["max_cycles"] == 5


def test_the_label_of_a_number_holds_what_can_change_it_and_no_budget() -> None:
    chosen = machine("counts")
    plain = Setting(chosen)
    budgets = (
        Setting(chosen, budget=ReferenceBudget()),
        Setting(chosen, limits=Limits(max_instructions=5)),
        Setting(chosen, limits=Limits(max_cycles=5)),
    )
    assert {one.label(Language.CPP) for one in budgets} == {plain.label(Language.CPP)}
    assert plain.label(Language.CPP) != plain.label(Language.PYTHON)
    both = plain.fingerprint([Language.CPP, Language.PYTHON])
    for language in (Language.CPP, Language.PYTHON):
        assert number_label("counts", both, language) == plain.label(language)
    others = (
        Setting(chosen, toolchain=Toolchain(flags=("-O1",))),
        Setting(chosen, limits=Limits(memory_bytes=1 << 28)),
        Setting(chosen, comparison=named("exact")),
        Setting(machine("cachegrind")),
    )
    labels = {one.label(Language.CPP) for one in (plain, *others)}
    assert len(labels) == 5
    assert others[0].label(Language.PYTHON) == plain.label(Language.PYTHON)


def test_another_budget_tells_a_program_of_the_same_limit_of_cpu_time() -> None:
    usual = Limits()
    small = usual.bounded(50_000_000)
    assert (small.max_instructions, small.cpu_seconds) == (50_000_000, usual.cpu_seconds)
    assert small.model_cpu_seconds < usual.model_cpu_seconds
    assert small.bounded(7).bounded(usual.max_instructions) == usual
    assert Limits(max_instructions=5).bounded(9) == Limits(max_instructions=9)
