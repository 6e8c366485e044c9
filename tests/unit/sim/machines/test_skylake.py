"""The timing model: known answers of small loops, its budget, and reading its summary."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from sim.errors import MachineFailure
from sim.limits import Limits
from sim.machine import Measurement
from sim.machines.skylake import Skylake
from sim.toolchain import Toolchain
from sim.verdict import Verdict
from tests.unit.sim.machines.conftest import kept

LIMITS = Limits(max_instructions=50_000_000)
LOG = b"""==2== Command: /pie/prog
==2== PIE-SKYLAKE {"ended": "exit", "cycles": 12400, "instructions": 877, "micro_operations": 999}
"""
LOOP = """.globl _start
.bss
.balign 4096
buffer: .skip 4194304
.text
_start: lea buffer(%rip), %rdx
 mov $1, %r8d
 mov ${turns}, %ecx
 .balign 16
1: .rept {copies}
 {body}
 .endr
 dec %ecx
 jnz 1b
 mov $60, %eax
 xor %edi, %edi
 syscall
"""


def run(
    machine: Skylake, folder: Path, body: str, turns: int, copies: int, limits: Limits = LIMITS
) -> Measurement:
    """Measure a loop written in assembly."""
    text = folder / "loop.s"
    text.write_text(LOOP.format(body=body, turns=turns, copies=copies))
    made = folder / "loop"
    compiler = shutil.which("gcc")
    assert compiler is not None
    subprocess.run([compiler, "-nostdlib", "-static", "-o", made, text], check=True)
    build = kept(made)
    stdin = folder / "input"
    stdin.write_text("")
    return machine.measure(build, stdin, limits, Toolchain())


def cycles_per_operation(machine: Skylake, folder: Path, body: str, copies: int = 64) -> float:
    """Return what one more copy of an instruction costs in a loop that is warm."""
    few, many = (run(machine, folder, body, turns, copies).cycles for turns in (100, 1100))
    assert few is not None
    assert many is not None
    return (many - few) / (1000 * copies)


@pytest.mark.parametrize(
    ("body", "cycles"),
    [
        ("add %rax, %rax", 1.0),  # each waits for the one before
        ("imul %rax, %rax", 4.0),  # three cycles for the product and one to take its lower half
        ("mov (%rdx), %rax", 1.0),  # three bytes each: 16 take four to six cycles
        ("mov %rax, (%rdx)", 4.0),  # one store at a time goes to the cache
        ("mulsd %xmm0, %xmm0", 4.0),
        ("divsd %xmm0, %xmm0", 12.0),
    ],
)
def test_an_instruction_costs_what_the_configuration_says(
    machine: Skylake, tmp_path: Path, body: str, cycles: float
) -> None:
    assert cycles_per_operation(machine, tmp_path, body) == pytest.approx(cycles, rel=0.08)


@pytest.mark.parametrize(
    ("body", "cycles"),  # of gem5 24.0.0.1 in a loop of 64 copies
    [
        ("fldl (%rdx)\n fstp %st(0)", 53.1),
        ("fldt (%rdx)\n fstpt 16(%rdx)", 80.5),
        ("fld %st(1)\n faddp", 43.2),
    ],
)
def test_what_moves_the_floating_point_stack_is_done_alone(
    machine: Skylake, tmp_path: Path, body: str, cycles: float
) -> None:
    assert cycles_per_operation(machine, tmp_path, body) == pytest.approx(cycles, rel=0.05)


def test_a_chain_of_loads_costs_the_first_levels_latency(machine: Skylake, tmp_path: Path) -> None:
    body = "mov (%rdx,%rax), %rax"
    assert cycles_per_operation(machine, tmp_path, body) == pytest.approx(5.0, rel=0.05)


def test_a_loop_beyond_the_budget_ends_inside_the_tool(machine: Skylake, tmp_path: Path) -> None:
    ended = run(machine, tmp_path, "add %rax, %rax", 2_000_000, 64)
    assert ended.verdict is Verdict.TIME_LIMIT
    assert (ended.detail, ended.over_budget) == ("more than 50000000 instructions", True)
    assert ended.cycles is None


def test_the_budget_counts_to_the_instruction_and_not_by_time(
    machine: Skylake, tmp_path: Path
) -> None:
    first, second = (run(machine, tmp_path, "add %rax, %rax", 2_000_000, 64) for _ in range(2))
    assert first.instructions == second.instructions
    assert 50_000_000 < (first.instructions or 0) < 50_001_000


def test_a_loop_beyond_its_cycles_ends_inside_the_tool_after_the_same_cycle(
    machine: Skylake, tmp_path: Path
) -> None:
    small = replace(LIMITS, max_cycles=1_000_000)
    first, second = (
        run(machine, tmp_path, "imul %rax, %rax", 2_000_000, 64, small) for _ in range(2)
    )
    assert first.verdict is Verdict.TIME_LIMIT
    assert first.detail == second.detail
    assert not first.over_budget
    cycles = int(first.detail.split()[0])
    assert "budget 1000000" in first.detail
    assert 1_000_000 < cycles < 1_001_000


def test_a_summary_is_read() -> None:
    counted = {"cycles": 12400, "instructions": 877, "micro_operations": 999}
    assert Skylake().read_counters(LOG) == ("exit", counted)


IMPOSSIBLE = LOG.replace(b"12400", str(1 << 56).encode())


@pytest.mark.parametrize("log", [b"", LOG + LOG, LOG.replace(b"877", b"0"), IMPOSSIBLE])
def test_a_missing_a_second_an_empty_or_an_impossible_summary_is_refused(log: bytes) -> None:
    with pytest.raises(MachineFailure):
        Skylake().read_counters(log)


def test_the_model_is_part_of_the_fingerprint(
    machine: Skylake, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sim.skylake import build

    before = machine.fingerprint()
    monkeypatch.setattr(build, "model_digest", lambda: "another model")
    assert machine.fingerprint() != before
    assert replace(machine) == machine
