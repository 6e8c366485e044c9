"""The top-down split on loops with known answers, exact sums, clocks, and AVX-512's verdict."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from pie.core.report.explanation import Explanation, explain
from sim.annotation import MOST_ADDRESSES
from sim.errors import Unsupported
from sim.limits import Limits
from sim.machine import Measurement
from sim.machines import valgrind
from sim.machines.skylake import Skylake
from sim.program import Build
from sim.sandbox import Ended
from sim.toolchain import Toolchain
from sim.verdict import Verdict
from tests.unit.sim.machines.conftest import kept

LIMITS = Limits(max_instructions=50_000_000)
LOOP = """.globl _start
.bss
.balign 4096
buffer: .skip 33554432
.text
_start: lea buffer(%rip), %rax
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
# Reads 4,000 lines of memory that was not touched before; no address hangs on a load.
CHASE = "add (%rax), %rax\n add $8256, %rax"
RANDOM = "imul $1664525,%r8d\n add $1013904223,%r8d\n test $0x400000,%r8d\n jz 3f\n nop\n3:"


def built(folder: Path, body: str, turns: int, copies: int) -> Build:
    text, made = folder / "loop.s", folder / "loop"
    text.write_text(LOOP.format(body=body, turns=turns, copies=copies))
    compiler = shutil.which("gcc")
    assert compiler is not None
    subprocess.run([compiler, "-nostdlib", "-static", "-o", made, text], check=True)
    return kept(made)


def measured(machine: Skylake, build: Build, folder: Path) -> Measurement:
    stdin = folder / "input"
    stdin.write_text("")
    return machine.measure(build, stdin, LIMITS, Toolchain())


def split(run: Measurement) -> Explanation:
    assert run.cycles is not None
    found = explain([run.counters], run.cycles)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("body", "turns", "copies", "group", "cause"),
    [
        ("divsd %xmm0, %xmm0", 300, 64, "core", "division"),
        ("imul %rax, %rax", 300, 64, "core", "chain"),
        (CHASE, 4000, 1, "memory", "memory"),
        (RANDOM, 6000, 1, "bad speculation", "branch"),
        ("add $1,%eax\n imul $3,%ebx", 2, 20000, "front end", "code"),
        ("add $1,%eax\n add $1,%ebx\n add $1,%esi", 1000, 16, "front end", "fetch"),
        ("mov %eax,buffer(%rip)", 1000, 64, "memory", "stores"),
    ],
)
def test_a_loop_is_bound_by_what_its_instructions_say(
    machine: Skylake, tmp_path: Path, body: str, turns: int, copies: int, group: str, cause: str
) -> None:
    run = measured(machine, built(tmp_path, body, turns, copies), tmp_path)
    found = split(run)
    assert max(found.split, key=found.split.__getitem__) == group
    assert max(found.slots, key=found.share) == cause
    assert sum(found.slots.values()) == 4 * (run.cycles or 0)


@pytest.mark.parametrize(
    ("body", "cycles"), [("divsd %xmm0, %xmm0", 230_905), (RANDOM, 133_786), (CHASE, 1_238_502)]
)
def test_counting_changes_no_cycle(
    machine: Skylake, tmp_path: Path, body: str, cycles: int
) -> None:
    """The cycles are those of the model as it was before it counted slots."""
    copies, turns = (64, 300) if body.startswith("divsd") else (1, 6000 if body == RANDOM else 4000)
    assert measured(machine, built(tmp_path, body, turns, copies), tmp_path).cycles == cycles


def test_annotation_costs_the_same_cycles_and_its_addresses_add_up_to_them(
    machine: Skylake, tmp_path: Path
) -> None:
    build = built(tmp_path, RANDOM, 2000, 1)
    plain = measured(machine, build, tmp_path)
    run, addresses, _asked = machine.annotate(build, tmp_path / "input", LIMITS, Toolchain())
    assert (run.cycles, run.counters) == (plain.cycles, plain.counters)
    assert sum(one.cycles for one in addresses.values()) == run.cycles
    assert sum(one.mispredictions for one in addresses.values()) == run.counters["mispredictions"]


def test_of_a_program_with_more_addresses_the_costliest_are_told(
    machine: Skylake, tmp_path: Path
) -> None:
    build = built(tmp_path, "add $1,%eax", 2, MOST_ADDRESSES + 1000)
    (tmp_path / "input").write_text("")
    run, addresses, _asked = machine.annotate(build, tmp_path / "input", LIMITS, Toolchain())
    assert len(addresses) == MOST_ADDRESSES
    assert run.cycles is not None
    assert 0.5 * run.cycles < sum(one.cycles for one in addresses.values()) <= run.cycles


def test_every_clock_tells_simulated_time(machine: Skylake, tmp_path: Path) -> None:
    source = """#include <cstdio>
    #include <ctime>
    #include <sys/resource.h>
    #include <sys/time.h>
    #include <sys/times.h>
    int main() {
        tms t; rusage r; timeval v; time_t q = 0;
        getrusage(RUSAGE_SELF, &r); gettimeofday(&v, nullptr);
        long ticks = times(&t), now = time(&q);
        std::printf("%ld %ld ", ticks, (long)t.tms_utime);
        std::printf("%ld %ld ", (long)r.ru_utime.tv_sec, r.ru_maxrss);
        std::printf("%ld %ld %ld", now, (long)q, (long)v.tv_sec);
    }"""
    (tmp_path / "c.cpp").write_text(source)
    made = tmp_path / "c"
    compiler = shutil.which("g++")
    assert compiler is not None
    subprocess.run([compiler, "-static", "-o", made, tmp_path / "c.cpp"], check=True)
    run = measured(machine, kept(made), tmp_path)
    assert run.stdout == b"0 0 0 0 1000000000 1000000000 1000000000"
    assert run.verdict is Verdict.ACCEPTED


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("0x62,0xf1,0x7c,0x48,0x58,0xc0", "AVX-512"),
        ("0xc5,0xf8,0x92,0xc8", "AVX-512"),
        ("0xc4,0xe2,0x78,0x49,0x00", "AMX"),
        ("0x0f,0x0f,0xc1,0x9e", "3DNow!"),
        ("0x66,0x0f,0x79,0xc1", "SSE4a"),
        ("0x8f,0xe8,0x78,0xa2,0xc2,0x10", "XOP"),
        ("0x0f,0x3a,0xcc,0xc1,0", "SHA"),
        ("0x0f,0x01,0xe8", "an instruction that Valgrind cannot translate"),
    ],
)
def test_a_program_with_what_the_translator_lacks_is_refused_by_its_name(
    machine: Skylake, tmp_path: Path, code: str, name: str
) -> None:
    build = built(tmp_path, f".byte {code}", 1, 1)
    with pytest.raises(Unsupported, match=f"uses {name}.*remove its target pragma"):
        measured(machine, build, tmp_path)


def test_another_unknown_instruction_is_not_called_avx512() -> None:
    log = b"vex amd64->IR: unhandled instruction bytes: 0x0F 0xFF 0x62 0xF1"
    with pytest.raises(Unsupported, match="cannot translate"):
        valgrind.refuse_own_failure(Ended(None, 4, b"", b"", log, False, 0, 0, 0, 0))
