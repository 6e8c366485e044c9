"""Native time that the measured run does not explain: user and system time, alone and together."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sim.hidden_work import hidden_work
from sim.jobs import MeasuredRun
from sim.judge import Judgement
from sim.machine import CLOCK_HZ
from sim.verdict import Verdict

HONEST = None
HIDDEN, KERNEL = Verdict.TAMPERING, Verdict.UNSUPPORTED


def native(user: float, kernel: float) -> Judgement:
    return Judgement("0", Verdict.ACCEPTED, "", user, user + kernel)


def measured(
    simulated: float, instructions: float, calls: int | None = 20, misses: float = 1500
) -> MeasuredRun:
    counters = {"l3_misses": misses, **({} if calls is None else {"system_calls": calls})}
    cycles = int(simulated * CLOCK_HZ)
    return MeasuredRun(Verdict.ACCEPTED, "", cycles, int(instructions), simulated, counters)


# Native and simulated runs of programs as they were measured on a busy virtual machine.
@pytest.mark.parametrize(
    ("user", "kernel", "run"),
    [
        pytest.param(0.015, 0.0, measured(0.0005, 0.15e6), id="x87 remainders of huge numbers"),
        pytest.param(0.021, 0.0, measured(0.0033, 1.66e6), id="sines"),
        pytest.param(0.194, 0.044, measured(0.2458, 111e6, 19, 3e6), id="a chase through memory"),
        pytest.param(
            0.027, 0.893, measured(0.0158, 0.88e6, 18, 206e3), id="first touches of pages"
        ),
        pytest.param(0.059, 0.700, measured(0.0099, 1.71e6, 97, 206e3), id="pages again and again"),
        pytest.param(0.4, 2.0, measured(0.06, 150e6, 1_000_000), id="a flush after each line"),
        pytest.param(0.0, 1.0, measured(0.01, 12e6, 1_000_000), id="a byte at a time"),
        pytest.param(
            0.0, 1.0, measured(0.01, 12e6, None), id="the same where calls are not counted"
        ),
        pytest.param(
            0.043, 0.0, measured(0.0008, 0.15e6, 20, 10e3), id="samples that call it user"
        ),
        pytest.param(1.0, 0.0, measured(0.3, 1e9), id="a host four times slower"),
        pytest.param(0.015, 0.004, measured(4e-5, 1000, 3, 0), id="too little to prove anything"),
    ],
)
def test_honest_time_is_explained(user: float, kernel: float, run: MeasuredRun) -> None:
    assert hidden_work(native(user, kernel), run) is None


def test_pages_are_explained_by_memory_in_use_where_no_misses_are_counted() -> None:
    run = MeasuredRun(Verdict.ACCEPTED, "", 880_000, 880_000, 0.00025, {"system_calls": 18})
    touched = Judgement("0", Verdict.ACCEPTED, "", 0.027, 0.92, 800 << 20)
    assert hidden_work(touched, run) is None
    copied = Judgement("0", Verdict.ACCEPTED, "", 0.027, 0.92, 4 << 20)
    odd = hidden_work(copied, run)
    assert odd is not None
    assert odd[0] is KERNEL


@pytest.mark.parametrize("seconds", [0.2, 0.5, 1.0, 5.0])
@pytest.mark.parametrize(
    ("share", "verdict"), [(1.0, HIDDEN), (0.6, HIDDEN), (0.4, KERNEL), (0.0, KERNEL)]
)
def test_time_that_nothing_explains_is_hidden_or_the_kernels(
    seconds: float, share: float, verdict: Verdict
) -> None:
    run = measured(4e-5, 1e5)
    odd = hidden_work(native(share * seconds, (1 - share) * seconds), run)
    assert odd is not None
    assert odd[0] is verdict


def test_cheap_instructions_hide_no_more_than_the_slowest_honest_ones_take() -> None:
    padded = measured(0.0005, 1.8e6)
    assert hidden_work(native(0.16, 0.0), padded) is None
    for seconds in (0.3, 0.9):
        odd = hidden_work(native(seconds, 0.0), padded)
        assert odd is not None
        assert odd[0] is HIDDEN
        assert "work was hidden" in odd[1]


def test_half_in_user_mode_and_half_in_the_kernel_is_seen_too() -> None:
    run = measured(0.001, 2e6, 60_000)
    assert hidden_work(native(0.19, 0.0), run) is None
    assert hidden_work(native(0.0, 0.19), run) is None
    odd = hidden_work(native(0.19, 0.19), run)
    assert odd is not None
    assert odd[0] is HIDDEN


@pytest.mark.parametrize("size", [1e5, 1e6])
def test_copies_that_the_model_does_not_cost_are_the_kernels(size: float) -> None:
    """At ten gigabytes a second, 64 MiB in calls of `size` bytes a thousand times over."""
    copied = 64e9 / 10e9
    odd = hidden_work(native(0.01, copied), measured(0.002, 1e6, int(64e9 / size) // 4))
    assert odd is not None
    assert odd[0] is KERNEL
    assert "which the model does not cost" in odd[1]


@pytest.mark.parametrize(
    "changes", [{"verdict": Verdict.TIME_LIMIT}, {"verdict": Verdict.UNSUPPORTED}, {"cycles": None}]
)
def test_a_part_of_a_run_another_way_and_a_run_without_cycles_say_nothing(
    changes: dict[str, Any],
) -> None:
    run = MeasuredRun(**{"verdict": Verdict.ACCEPTED, "cycles": 100, "instructions": 9, **changes})
    assert hidden_work(native(9.0, 9.0), run) is None


def test_an_interpreters_start_explains_time_only_where_it_is_in_it() -> None:
    run = replace(measured(0.001, 3e6), startup={"instructions": 158_000_000})
    assert hidden_work(native(0.2, 0.02), run) is HONEST
    told = replace(native(0.0, 0.2), start_seconds=0.001)
    assert hidden_work(replace(told, user_seconds=0.0), run) is not None
    assert hidden_work(native(0.0, 0.2), run) is HONEST
