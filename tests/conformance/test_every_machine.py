"""What every machine must do, the real CPU included."""

from __future__ import annotations

import json
import math
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sim.jobs import MeasureJob
from sim.limits import Limits
from sim.machine import Machine, Measurement
from sim.machines import MACHINES
from sim.program import Build, Language, Program, TestCase
from sim.setting import Setting
from sim.toolchain import Toolchain
from sim.verdict import Verdict

LIMITS = Limits(max_instructions=200_000_000, output_bytes=1 << 20, file_bytes=1 << 20)
Measure = Callable[..., Measurement]
Builder = Callable[..., Build]
CaseMaker = Callable[[str, str], TestCase]

SUM = """#include <cstdio>
int main() {
    int n, x;
    long long sum = 0;
    if (std::scanf("%d", &n) != 1) return 1;
    while (n-- && std::scanf("%d", &x) == 1) sum += x;
    std::printf("%lld\\n", sum);
}
"""
LOOP = """#include <cstdio>
#include <cstdlib>
int main() {
    long turns;
    if (std::scanf("%ld", &turns) != 1) return 1;
    unsigned x = 1;
    while (turns--) x = x * 1664525u + (x >> 7);
    std::puts(x ? "done" : "never");
}
"""


def test_an_accepted_program_costs_something_and_shows_its_output(
    machine: Machine, measure: Measure
) -> None:
    run = measure(machine, SUM, "3\n1 2 12\n")
    assert run.verdict is Verdict.ACCEPTED
    assert run.stdout == b"15\n"
    assert 0 < run.seconds < 10
    assert math.isfinite(run.seconds)
    assert all(math.isfinite(value) for value in run.counters.values())
    assert run.host_seconds > 0


def test_a_python_program_is_measured_too(
    machine: Machine, measure: Measure, build: Builder
) -> None:
    run = measure(machine, build("print(int(input()) + 1)", Language.PYTHON), "14\n")
    assert (run.verdict, run.stdout) == (Verdict.ACCEPTED, b"15\n")
    assert run.seconds > 0


def test_more_work_costs_more(machine: Machine, measure: Measure) -> None:
    # A count is exact, so few turns are enough; time is seen only where it is much.
    turns = 100_000 if machine.deterministic else 3_000_000
    little = measure(machine, LOOP, f"{turns}\n")
    much = measure(machine, LOOP, f"{10 * turns}\n")
    assert little.verdict is much.verdict is Verdict.ACCEPTED
    assert much.seconds > 3 * little.seconds


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ("return 3;", Verdict.RUNTIME_ERROR),
        ("*static_cast<int *volatile>(nullptr) = 1;", Verdict.RUNTIME_ERROR),
        ("std::abort();", Verdict.RUNTIME_ERROR),
        ("for (;;) std::puts(text);", Verdict.OUTPUT_LIMIT),
    ],
)
def test_a_program_that_fails_gets_its_verdict_and_no_cost_is_claimed(
    machine: Machine, measure: Measure, body: str, verdict: Verdict
) -> None:
    text = 'static const char *text = "0123456789012345678901234567890123456789";'
    source = f"#include <cstdio>\n#include <cstdlib>\n{text}\nint main() {{ {body} }}\n"
    run = measure(machine, source)
    assert run.verdict is verdict, run.detail
    assert run.detail


def test_a_program_beyond_its_budget_is_stopped(machine: Machine, measure: Measure) -> None:
    # A count is exact, so little over the budget is enough; CPU time only proves a great excess.
    turns, most = (3_000_000, 5_000_000) if machine.deterministic else (30_000_000_000, 50_000_000)
    small = replace(LIMITS, max_instructions=most)
    run = measure(machine, LOOP, f"{turns}\n", limits=small)
    assert run.verdict is Verdict.TIME_LIMIT, run.detail


def test_a_budget_of_cycles_is_kept_to_the_cycle_and_the_same_each_time(
    machine: Machine, measure: Measure
) -> None:
    whole = measure(machine, LOOP, "300000\n")
    if whole.cycles is None:
        pytest.skip("it counts no cycles")
    enough = measure(machine, LOOP, "300000\n", limits=replace(LIMITS, max_cycles=whole.cycles))
    assert (enough.verdict, enough.cycles) == (Verdict.ACCEPTED, whole.cycles)
    small = replace(LIMITS, max_cycles=whole.cycles - 1)
    first, second = (measure(machine, LOOP, "300000\n", limits=small) for _ in range(2))
    assert first.verdict is Verdict.TIME_LIMIT
    assert f"budget {whole.cycles - 1}" in first.detail
    assert first.detail == second.detail


def test_the_output_of_the_costed_run_itself_is_compared(
    machine: Machine, build: Builder, case: CaseMaker
) -> None:
    built = build(SUM)
    setting = Setting(machine, limits=LIMITS)
    verdicts = []
    for expected in ("15\n", "16\n"):
        test = case("3\n1 2 12\n", expected)
        job = MeasureJob((Program(Language.CPP, SUM),), (built,), test, setting, "context")
        verdicts.append(job.run()[0].verdict)
    # The same other output twice is a limit of an instrument; on the processor it is the program's.
    other = Verdict.UNSUPPORTED if machine.may_compute_otherwise else Verdict.NONDETERMINISTIC
    assert verdicts == [Verdict.ACCEPTED, other]


def test_several_programs_are_measured_together_in_the_order_given(
    machine: Machine, build: Builder, tmp_path: Path
) -> None:
    stdin = tmp_path / "input"
    stdin.write_text("")
    builds = [build(f'#include <cstdio>\nint main() {{ std::puts("{n}"); }}') for n in range(3)]
    runs = machine.measure_together(builds, stdin, LIMITS, Toolchain())
    assert [run.stdout for run in runs] == [b"0\n", b"1\n", b"2\n"]
    assert all(run.seconds > 0 for run in runs)


def test_a_lost_executable_is_our_failure_and_no_verdict(
    machine: Machine, measure: Measure, build: Builder
) -> None:
    built = build('#include <cstdio>\nint main() { std::puts("to be lost"); }')
    built.path.unlink()
    from sim.errors import MachineFailure

    with pytest.raises((MachineFailure, OSError)):
        measure(machine, built)


def test_a_fingerprint_is_plain_stable_and_says_which_machine_and_which_sandbox(
    machine: Machine,
) -> None:
    shown = machine.fingerprint()
    assert shown == type(machine)().fingerprint()
    assert shown == json.loads(json.dumps(shown))
    assert shown["machine"] == machine.name
    assert shown["sandbox"] in ("full", "partial")


def test_no_two_machines_have_the_same_fingerprint() -> None:
    usable = [kind() for kind in MACHINES.values() if kind().check().ok]
    assert len({json.dumps(one.fingerprint(), sort_keys=True) for one in usable}) == len(usable)


def test_a_machine_travels_to_a_worker_process(machine: Machine) -> None:
    assert pickle.loads(pickle.dumps(machine)) == machine


def test_the_real_cpu_states_its_samples_its_spread_and_its_own_noise(measure: Measure) -> None:
    run = measure(MACHINES["native"](), LOOP, "3000000\n")
    assert not MACHINES["native"]().deterministic
    assert run.counters["repeats"] == 12
    assert run.counters["cpu_seconds_min"] <= run.seconds <= run.counters["cpu_seconds_max"]
    assert run.counters["cpu_spread"] >= 0
    assert run.counters["wall_spread"] >= 0
    assert 0.1 < run.counters["aa_ratio"] < 10
    assert run.cycles is None
