"""What began before a fault inside a block is counted, however it is left; and so is the fault."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from sim.limits import Limits
from sim.machine import Measurement
from sim.machines.skylake import Skylake
from sim.toolchain import Toolchain
from sim.verdict import Verdict
from tests.unit.sim.machines.conftest import kept

TURNS, WORK = 500, 40
SIGNAL = 3500  # cycles: a microsecond
PROGRAM = r"""
#include <csetjmp>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <initializer_list>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>
enum { TURNS = %(turns)d };
extern "C" char after[];
static sigjmp_buf back;
static volatile long caught;
static void *chain;
char *beyond; /* the end of a file that is mapped */
static void by_register(int, siginfo_t *, void *context) {
    ++caught;
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] = (long)after;
}
static void by_jump(int, siginfo_t *, void *) { ++caught; siglongjmp(back, 1); }
static void by_exception(int, siginfo_t *, void *) { ++caught; throw 1; }
__attribute__((noinline)) static void work() {
    asm volatile("mov %%0, %%%%rax\n .rept %(work)d\n %(body)s\n .endr\n"
                 "%(end)s\n .globl after\nafter:"
                 : : "m"(chain), "m"(beyond) : "rax", "rcx", "rdx", "rbx", "cc", "memory");
}
int main() {
    char name[] = "/tmp/faultXXXXXX";
    int file = mkstemp(name);
    if (file >= 0) beyond = (char *)mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE, file, 0);
    chain = &chain;
    struct sigaction action = {};
    action.sa_sigaction = %(leaves)s;
    action.sa_flags = SA_SIGINFO | SA_NODEFER;
    for (int signal : {SIGSEGV, SIGFPE, SIGILL, SIGBUS, SIGTRAP})
        sigaction(signal, &action, nullptr);
    for (volatile int i = 0; i < TURNS; ++i) {
        if (sigsetjmp(back, 1)) continue;
        try { work(); } catch (int) {}
    }
    std::printf("%%ld\n", (long)caught);
}
"""
FAULTS = {
    "SIGSEGV": "mov 8, %%rcx",
    "SIGSEGV by a store": "mov %%rcx, 8",
    "SIGBUS": "mov %1, %%rcx; mov (%%rcx), %%rcx",
    "SIGFPE": "xor %%ecx, %%ecx; xor %%edx, %%edx; div %%rcx",
    "SIGILL": "ud2",
    "SIGTRAP": "int3; ud2",
}
BODIES = {"loads": "mov (%%rax), %%rax", "no memory": "imul $3, %%rbx, %%rbx"}
WAYS = {"registers": "by_register", "siglongjmp": "by_jump"}


def measured(machine: Skylake, folder: Path, end: str, body: str, leaves: str) -> Measurement:
    source, made, stdin = folder / "main.cpp", folder / "main", folder / "input"
    stdin.write_text("")
    escaped = {"end": end, "body": body}
    source.write_text(PROGRAM % {"turns": TURNS, "work": WORK, "leaves": leaves, **escaped})
    compiler = shutil.which("g++")
    assert compiler is not None
    options = ("-O2", "-w", "-static", "-fnon-call-exceptions", "-fasynchronous-unwind-tables")
    subprocess.run([compiler, *options, "-o", made, source], check=True)
    return machine.measure(kept(made), stdin, Limits(), Toolchain())


HONEST: dict[tuple[str, str], Measurement] = {}
CASES = [("registers", fault, "loads") for fault in FAULTS]
CASES += [("registers", fault, "no memory") for fault in ("SIGSEGV", "SIGFPE", "SIGILL")]
CASES += [("siglongjmp", fault, "loads") for fault in ("SIGSEGV", "SIGFPE", "SIGTRAP")]


@pytest.mark.parametrize(("way", "fault", "body"), CASES)
def test_instructions_before_a_fault_are_counted(
    machine: Skylake, tmp_path: Path, way: str, fault: str, body: str
) -> None:
    faulty = measured(machine, tmp_path, FAULTS[fault], BODIES[body], WAYS[way])
    assert faulty.verdict is Verdict.ACCEPTED, faulty.detail
    assert faulty.stdout == f"{TURNS}\n".encode()
    if (way, body) not in HONEST:
        HONEST[way, body] = measured(machine, tmp_path, "nop", BODIES[body], WAYS[way])
    honest = HONEST[way, body]
    assert honest.stdout == b"0\n"
    assert faulty.instructions >= honest.instructions
    assert faulty.cycles >= honest.cycles + SIGNAL * TURNS


def test_an_exception_thrown_by_a_handler_leaves_as_well(machine: Skylake, tmp_path: Path) -> None:
    faulty = measured(machine, tmp_path, "mov 8, %%rcx", "mov (%%rax), %%rax", "by_exception")
    assert faulty.stdout == f"{TURNS}\n".encode()
    assert faulty.instructions >= TURNS * (WORK + 2)
