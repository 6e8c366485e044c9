"""A handler of faults sees the registers as they are, may change them, and have it happen again."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from sim.limits import Limits
from sim.machines.counts import Counts
from sim.machines.skylake import Skylake
from sim.toolchain import Toolchain
from sim.verdict import Verdict
from tests.unit.sim.machines.conftest import compiled

HEADERS = """
#include <csetjmp>
#include <csignal>
#include <cstdio>
#include <initializer_list>
#include <stdexcept>
#include <sys/mman.h>
#include <ucontext.h>
"""
START = r"""
#define REGISTER(name) ((ucontext_t *)context)->uc_mcontext.gregs[REG_##name]
static volatile long caught, a, b, zero;
static char *area;
static sigjmp_buf back;
static long good = 77;
extern "C" char begin[], after[];
static void thrower() { throw std::runtime_error("a fault"); }
static void handler(int number, siginfo_t *info, void *context) {
    caught = caught + 1;
    %(handler)s
}
int main() {
    struct sigaction action = {};
    action.sa_sigaction = handler;
    action.sa_flags = SA_SIGINFO | SA_NODEFER;
    for (int signal : {SIGSEGV, SIGFPE, SIGBUS, SIGILL}) sigaction(signal, &action, nullptr);
    area = (char *)mmap(nullptr, 1 << 16, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (volatile int turn = 0; turn < 20; turn = turn + 1) { %(body)s }
    std::printf("%%ld %%ld %%ld\n", a, b, (long)caught);
}
"""
ASSEMBLY = '"rax", "rbx", "rcx", "rdx", "r8", "cc", "memory"'
OPTIONS = ("-O3", "-w", "-fnon-call-exceptions")
CASES = {
    "steps over a division by its length": (
        "REGISTER(RIP) += 3;",
        f'asm("mov $7, %%ebx; xor %%ecx, %%ecx; xor %%edx, %%edx; div %%rcx; mov %%rbx, %0"'
        f' : "=m"(a) : : {ASSEMBLY});',
    ),
    "steps over a division in memory": (
        "REGISTER(RIP) = (long)after; b += (char *)info->si_addr == begin;",
        f'asm("xor %%edx, %%edx; begin: divq %0; after:" : : "m"(zero) : {ASSEMBLY});',
    ),
    "mends the divisor": (
        "REGISTER(RCX) = 5; REGISTER(RAX) += REGISTER(RBX);",
        f'asm("mov $40, %%eax; mov $60, %%ebx; xor %%ecx, %%ecx; xor %%edx, %%edx; div %%rcx;'
        f' mov %%rax, %0" : "=m"(a) : : {ASSEMBLY});',
    ),
    "mends an address": (
        "REGISTER(RBX) = (long)&good; b += REGISTER(RCX) + REGISTER(RDX);",
        f'asm("mov $16, %%ebx; mov $3, %%ecx; lea (%%rcx, %%rcx), %%rdx; mov (%%rbx), %%r8;'
        f' mov %%r8, %0" : "=m"(a) : : {ASSEMBLY});',
    ),
    "gives rights and has it happen again": (
        "mprotect((void *)((long)info->si_addr & -4096), 4096, PROT_READ | PROT_WRITE);",
        "for (long i = 0; i < 1 << 16; i += 512) area[i] += 1, a += area[i] * i;",
    ),
    "a load that nobody uses": (
        "REGISTER(RIP) = (long)after;",
        f'asm("mov 8, %%rcx; after: xor %%ecx, %%ecx" : : : {ASSEMBLY});',
    ),
    "a vector that nobody uses": (
        "REGISTER(RIP) = (long)after;",
        'asm("movaps 16, %%xmm1; after: xorps %%xmm1, %%xmm1" : : : "xmm1");',
    ),
    "probes its memory": (
        "siglongjmp(back, 1);",
        "if (!sigsetjmp(back, 1)) { (void)*(volatile char *)64; ++a; } else ++b;",
    ),
    "a division that nobody uses": (
        "siglongjmp(back, 1);",
        f'if (!sigsetjmp(back, 1)) asm volatile("xor %%ecx, %%ecx; div %%rcx; xor %%eax, %%eax;'
        f' xor %%edx, %%edx" : : : {ASSEMBLY});',
    ),
    "looks at the instruction": (
        "unsigned char *at = (unsigned char *)info->si_addr; REGISTER(RIP) += 3;"
        " good += at[0] + at[1]; (void)number;",
        f'asm("xor %%ecx, %%ecx; xor %%edx, %%edx; idiv %%rcx" : : : {ASSEMBLY}); a = good;',
    ),
    "throws from where it happened": (
        "auto &top = REGISTER(RSP); top -= 8; *(long *)top = REGISTER(RIP) + 1;"
        " REGISTER(RIP) = (long)thrower;",
        "try { a += *(volatile long *)(8 * (turn % 2 ? 1 : (long)&good / 8)); }"
        " catch (std::runtime_error &) { ++b; }",
    ),
    "steps over what is no instruction": ("REGISTER(RIP) += 2;", 'asm("ud2"); ++a;'),
}


@pytest.mark.parametrize("kind", [Skylake, Counts])
@pytest.mark.parametrize("name", CASES)
def test_what_a_handler_does_is_done(
    tmp_path: Path, kind: type[Skylake | Counts], name: str
) -> None:
    handler, body = CASES[name]
    text = START % {"handler": handler, "body": body}
    built = compiled(HEADERS, text, *OPTIONS)
    native = subprocess.run([built.path], capture_output=True, check=True).stdout
    assert native.split()[-1] != b"0", "it has faults"
    stdin = tmp_path / "input"
    stdin.write_text("")
    run = kind().measure(built, stdin, Limits(), Toolchain())
    assert run.verdict is Verdict.ACCEPTED, run.detail
    assert run.stdout == native


WORK = "for (long i = 1; i < 5000; ++i) a += good / i + area[i * 64 % 65536], good += a & 3;"


def test_a_handler_that_nobody_needs_costs_nothing(tmp_path: Path) -> None:
    stdin = tmp_path / "input"
    stdin.write_text("")
    text = START % {"handler": "", "body": WORK}
    others = text.replace("SIGSEGV, SIGFPE, SIGBUS, SIGILL", "SIGUSR1, SIGUSR2, SIGHUP, SIGILL")
    plain, handled = (
        Skylake().measure(compiled(HEADERS, one, *OPTIONS), stdin, Limits(), Toolchain())
        for one in (others, text)
    )
    assert plain.stdout == handled.stdout
    assert handled.cycles == pytest.approx(plain.cycles, rel=0.002)
    assert handled.instructions == pytest.approx(plain.instructions, rel=0.001)


REGISTERS = ("rax", "rbx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r12", "r13", "r14", "r15")
INTERRUPTED = r"""
#include <csignal>
#include <cstdio>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>
static volatile long caught;
static double volatile shares = 3;
static void handler(int number) { caught = caught + 1; shares = shares / number * 2; }
int main() {
    std::signal(SIGALRM, handler);
    std::signal(SIGUSR1, handler);
    itimerval often = {{0, 100}, {0, 100}};
    setitimer(ITIMER_REAL, &often, nullptr);
    long sum, vector, self = getpid();
    asm volatile(%s : "=&c"(sum), "=r"(vector) : "m"(self) : "r11", "xmm7", "memory", "cc", %s);
    often = {};
    setitimer(ITIMER_REAL, &often, nullptr);
    std::printf("%%ld %%ld %%d\n", sum, vector, caught > 2);
}
"""


@pytest.mark.parametrize("kind", [Skylake, Counts])
def test_a_signal_leaves_the_registers_as_they_were(
    tmp_path: Path, kind: type[Skylake | Counts]
) -> None:
    """By a timer within a loop, and by the program's own call."""
    call = ["mov $62, %%eax", "mov %2, %%rdi", "mov $10, %%esi", "syscall"]
    values = [f"mov ${number}, %%{name}" for number, name in enumerate(REGISTERS, start=1000)]
    loop = ["mov $1000000, %%ecx", "movq %%r15, %%xmm7", "0: dec %%rcx", "jnz 0b"]
    others = [name for name in REGISTERS if name not in ("rax", "rdi", "rsi")]
    kept = [f"mov ${number}, %%{name}" for number, name in enumerate(others, start=50)]
    sums = [f"add %%{name}, %%rcx" for name in REGISTERS]
    lines = [*values, *loop, *sums, "push %%rcx", *kept, *call, "pop %%rcx"]
    lines += [f"add %%{name}, %%rcx" for name in others] + ["movq %%xmm7, %1"]
    body = " ".join(f'"{line}\\n"' for line in lines)
    text = INTERRUPTED % (body, ", ".join(f'"{name}"' for name in REGISTERS[:-1]))
    built = compiled("", text.replace("%%%%", "%%"), "-O2")
    native = subprocess.run([built.path], capture_output=True, check=True).stdout
    stdin = tmp_path / "input"
    stdin.write_text("")
    run = kind().measure(built, stdin, Limits(), Toolchain())
    assert run.verdict is Verdict.ACCEPTED, run.detail
    assert run.stdout.split()[:2] == native.split()[:2]
    assert run.stdout.split()[2] == b"1", "it was interrupted"
