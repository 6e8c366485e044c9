"""The counting machine: the timing model's instructions, its guard and its budgets."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from sim import compiler
from sim.errors import MachineFailure, Unsupported
from sim.limits import CompileLimits, Limits
from sim.machine import CLOCK_HZ, Measurement
from sim.machines.counts import Counts
from sim.machines.skylake import Skylake
from sim.program import Build, Language, Program
from sim.toolchain import Toolchain
from sim.verdict import Verdict
from tests.unit.sim.machines.conftest import kept

LIMITS = Limits(max_instructions=50_000_000)
LOG = b'==3== PIE-SKYLAKE {"ended": "exit", "cycles": 877, "instructions": 877}\n'
# The first header is compiled beforehand.
HEADERS = """#include <bits/stdc++.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <unistd.h>
static char text[70000], copy[70000];
static sigjmp_buf back;
static volatile int heard;
"""
BODIES = {
    "nothing": "",
    "input": "int x; while (std::cin >> x) std::cout << x * 2 << std::endl;",
    "sorting": "std::vector<int> v(3000); for (int &x : v) x = rand();"
    "std::sort(v.begin(), v.end());"
    'std::printf("%d", v[9]);',
    "maps": "std::map<std::string, int> m;"
    "for (int i = 0; i < 900; i++) m[std::to_string(i % 97)]++;"
    'std::printf("%zu", m.size());',
    "divisions": "unsigned long a = 1; for (int i = 1; i < 5000; i++) a = a * 31 / i % 1000003 + 7;"
    'std::printf("%lu", a);',
    "floating point": "double s = 0;"
    "for (int i = 1; i < 3000; i++) s += std::sqrt(i) / std::sin(i);"
    'std::printf("%.6f", s);',
    "long double": "long double s = 0; for (int i = 1; i < 900; i++) s += 1.0L / i;"
    'std::printf("%.6Lf", s);',
    "string instructions": "for (long n : {0l, 1l, 7l, 4096l, 65536l}) { void *d = copy, *s = text;"
    'asm volatile("rep movsb" : "+D"(d), "+S"(s), "+c"(n) :: "memory"); }'
    "for (long n : {0l, 3l, 500l}) { void *d = copy;"
    'asm volatile("rep stosq" : "+D"(d), "+c"(n) : "a"(1l) : "memory"); }',
    "string searches": "for (int i = 0; i < 70000; i++) text[i] = copy[i] = i % 251 + 1;"
    "for (long n : {0l, 1l, 30l, 60000l}) { void *d = copy, *s = text;"
    'asm volatile("repe cmpsb" : "+D"(d), "+S"(s), "+c"(n) :: "memory", "cc"); }'
    "void *d = copy; long n = 5000;"
    'asm volatile("repne scasb" : "+D"(d), "+c"(n) : "a"(250) : "memory", "cc");'
    'std::printf("%ld", n);',
    "the same string instruction in turn": "for (int i = 0; i < 40; i++) {"
    "void *d = copy; long n = i % 3;"
    'asm volatile("rep stosb" : "+D"(d), "+c"(n) : "a"(1) : "memory"); }',
    "threads": "long a = 0; std::thread t([&] { for (int i = 0; i < 300000; i++) a += heard; });"
    "for (int i = 0; i < 5000; i++) heard = i % 3; t.join();"
    "std::thread([&] { for (int i = 0; i < 999; i++) a += heard; }).join();",
    "locked": 'long a = 5, b = 0; for (int i = 0; i < 90; i++) asm volatile("lock xaddq %0, %1;'
    'lock incq %1; xchgq %0, %1; lock cmpxchgq %0, %1" : "+r"(b), "+m"(a) :: "rax", "cc");',
    "bit scans": "unsigned long s = 0;"
    "for (unsigned long i = 1; i < 2000; i++) s += __builtin_ctzl(i)"
    '+ __builtin_clzl(i) + __builtin_popcountl(i); std::printf("%lu", s);',
    "exceptions": 'int n = 0; for (int i = 0; i < 50; i++) try { throw std::runtime_error("x"); }'
    'catch (const std::exception &e) { n += e.what()[0]; } std::printf("%d", n);',
    "system calls": 'for (int i = 0; i < 50; i++) { getppid(); write(1, "x", 1); usleep(1); }'
    "void *p = mmap(0, 1 << 20, 3, 34, -1, 0); munmap(p, 1 << 20); sbrk(4096);",
    "a file": 'FILE *f = std::fopen("notes", "w+"); for (int i = 0; i < 999; i++)'
    'std::fprintf(f, "%d ", i); std::rewind(f); int x, s = 0;'
    'while (std::fscanf(f, "%d", &x) == 1) s += x; std::printf("%d", s);',
    "signals": "signal(SIGUSR1, [](int) { heard++; }); for (int i = 0; i < 20; i++) raise(SIGUSR1);"
    'std::printf("%d", heard);',
    "a signal that it jumps out of": "signal(SIGUSR1, [](int) { siglongjmp(back, 1); });"
    "for (heard = 0; heard < 9; heard++) if (!sigsetjmp(back, 1)) raise(SIGUSR1);",
    "a trap": "signal(SIGTRAP, [](int) { heard++; }); for (int i = 0; i < 9; i++)"
    'asm volatile("int3"); std::printf("%d", heard);',
    "code made at run time": "auto *p = (unsigned char *)mmap(0, 4096, 7, 34, -1, 0);"
    "for (int i = 0; i < 20; i++) { p[0] = 0xb8; p[1] = i; p[2] = p[3] = p[4] = 0; p[5] = 0xc3;"
    "heard += ((int (*)())p)(); } if (heard != 190) return 1;",
    # The sequence that Valgrind takes for one, written where no disassembler sees it.
    "a client request": "auto *p = (unsigned char *)mmap(0, 4096, 7, 34, -1, 0);"
    "for (int i = 0; i < 16; i++) p[i] = heard ^ 0x2a ^ (i % 4 == 3"
    "? 0x2a ^ (int[]){3, 13, 61, 51}[i / 4]"
    ": (int[]){0x62, 0xeb, 0xed}[i % 4]); p[16] = 0x48; p[17] = 0x87; p[18] = 0xdb; p[19] = 0xc3;"
    'static long a[6] = {0x1001}; for (int i = 0; i < 9; i++) asm volatile("call *%1" :'
    ': "a"(a), "r"(p), "d"(0l) : "cc", "memory", "rdi", "rbx");',
    "an exit in the middle": "std::exit(heard);",
    "recursion": "struct F { static long f(long n) { return n < 2 ? n : f(n - 1) + f(n - 2); } };"
    'std::printf("%ld", F::f(18));',
}


@pytest.fixture
def counts(machine: Skylake) -> Counts:
    return Counts()


def built(source: str) -> Build:
    made = compiler.build(Program(Language.CPP, source), Toolchain(), CompileLimits())
    assert made.verdict is None, made.detail
    return made


def body(text: str) -> str:
    return f"{HEADERS}int main() {{ {text} }}\n"


def run(
    machine: Counts | Skylake, build: Build, folder: Path, limits: Limits = LIMITS
) -> Measurement:
    stdin = folder / "input"
    stdin.write_text("3 1 4 1 5 9 2 6\n")
    return machine.measure(build, stdin, limits, Toolchain())


@pytest.mark.parametrize("name", BODIES)
def test_it_counts_as_many_instructions_as_the_model(
    counts: Counts, machine: Skylake, tmp_path: Path, name: str
) -> None:
    build = built(body(BODIES[name]))
    here, model = run(counts, build, tmp_path), run(machine, build, tmp_path)
    assert (here.verdict, here.detail) == (model.verdict, model.detail)
    assert here.verdict is Verdict.ACCEPTED
    assert here.instructions == model.instructions
    assert here.counters["system_calls"] == model.counters["system_calls"]
    assert here.stdout == model.stdout


@pytest.mark.prove  # the start of an interpreter takes the model many seconds
def test_a_python_program_counts_the_same(counts: Counts, machine: Skylake, tmp_path: Path) -> None:
    script = "print(sum(map(int, input().split())))"
    build = compiler.build(Program(Language.PYTHON, script), Toolchain(), CompileLimits())
    limits = replace(LIMITS, max_instructions=500_000_000)
    here, model = (run(one, build, tmp_path, limits) for one in (counts, machine))
    assert here.verdict is model.verdict is Verdict.ACCEPTED
    assert here.instructions == model.instructions


def test_the_cost_is_one_cycle_for_each_instruction(counts: Counts, tmp_path: Path) -> None:
    found = run(counts, built(body(BODIES["sorting"])), tmp_path)
    assert found.instructions is not None
    assert found.cycles == found.instructions
    assert found.seconds == found.instructions / CLOCK_HZ


# A loop of known length, so that it is seen to which instruction a fault is counted.
FAULT = """
    .globl _start
_start:
    mov $13, %eax           # rt_sigaction(SIG, &action, 0, 8)
    mov ${signal}, %edi
    lea action(%rip), %rsi
    xor %edx, %edx
    mov $8, %r10d
    syscall
    mov $1000, %ebp
again:
    mov ${address}, %rbx
    xor %edx, %edx
    mov $5, %eax
    {before}
    {fault}
    {after}
handler:
    dec %ebp
    jnz again
    mov $60, %eax
    xor %edi, %edi
    syscall
restorer:
    mov $15, %eax
    syscall
    .data
action:
    .quad handler, 0x44000000, restorer, 0   # SA_RESTORER | SA_NODEFER
"""


def faulting(folder: Path, fault: str, signal: int, before: int, after: int) -> Build:
    text = folder / f"{before}-{after}.s"
    lines = {"before": "nop\n" * before, "fault": fault, "after": "nop\n" * after}
    text.write_text(FAULT.format(signal=signal, address=8, **lines))
    linker = shutil.which("gcc")
    assert linker is not None
    made = folder / f"{before}-{after}"
    subprocess.run([linker, "-nostdlib", "-static", "-o", made, text], check=True)
    return kept(made)


@pytest.mark.parametrize(
    "fault",
    [
        "mov (%rbx), %rcx",
        "movl $1, (%rbx)",
        "addl $1, (%rbx)",
        "mov %ebp, %ecx; mov %rbx, %rdi; rep stosb",
    ],
)
def test_what_comes_before_a_fault_is_counted_and_what_comes_behind_it_is_not(
    counts: Counts, tmp_path: Path, fault: str
) -> None:
    found = {
        (before, after): run(counts, faulting(tmp_path, fault, 11, before, after), tmp_path)
        for before, after in ((0, 0), (7, 0), (0, 7), (7, 7))
    }
    assert {one.verdict for one in found.values()} == {Verdict.ACCEPTED}, found
    number = {place: one.instructions or 0 for place, one in found.items()}
    assert number[7, 0] == number[0, 0] + 7 * 1000
    assert number[0, 7] == number[0, 0]
    assert number[7, 7] == number[7, 0]
    more = fault.count(";")  # instructions that lead to it
    # Five before the handler is set, one before the loop, six a turn, two at the end; no call.
    assert number[0, 0] == 5 + 1 + (6 + more) * 1000 + 2


def test_a_budget_ends_the_run_where_the_model_ends_it(
    counts: Counts, machine: Skylake, tmp_path: Path
) -> None:
    build = built(body(BODIES["maps"]))
    whole = run(counts, build, tmp_path).instructions
    assert whole is not None
    exactly, short = (replace(LIMITS, max_instructions=n) for n in (whole, whole - 1))
    assert run(counts, build, tmp_path, exactly).verdict is Verdict.ACCEPTED
    over = run(counts, build, tmp_path, short)
    assert over.verdict is Verdict.TIME_LIMIT
    assert over.over_budget
    assert over.detail == f"more than {whole - 1} instructions"
    for limits in (short, replace(LIMITS, max_instructions=whole // 2)):
        ends = [run(one, build, tmp_path, limits) for one in (counts, machine)]
        assert ends[0].instructions == ends[1].instructions
        assert ends[0].detail == ends[1].detail


def test_a_loop_without_end_is_stopped_at_the_count(counts: Counts, tmp_path: Path) -> None:
    ended = run(counts, built(body("for (;;) heard++;")), tmp_path)
    assert ended.verdict is Verdict.TIME_LIMIT
    assert ended.instructions is not None
    assert LIMITS.max_instructions < ended.instructions < LIMITS.max_instructions + 100


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("*(volatile long *)0x1002000000 = 1;", Verdict.TAMPERING),
        ("*(volatile long *)0x58100000 = 1;", Verdict.TAMPERING),
        ("std::memset((void *)0x1002000000, 0, 64);", Verdict.TAMPERING),
        ("munmap((void *)0x58000000, 4096);", Verdict.TAMPERING),
        ("read(0, (void *)0x58100000, 8);", Verdict.TAMPERING),
        ("((void (*)())0x1fff800000)();", Verdict.TAMPERING),
        ("*(volatile int *)8 = 1;", Verdict.RUNTIME_ERROR),
    ],
)
def test_the_guard_is_the_models(
    counts: Counts, machine: Skylake, tmp_path: Path, text: str, verdict: Verdict
) -> None:
    build = built(body(text))
    here, model = run(counts, build, tmp_path), run(machine, build, tmp_path)
    assert (here.verdict, here.detail) == (model.verdict, model.detail)
    assert here.verdict is verdict


def test_a_timer_by_a_descriptor_is_refused_as_on_the_model(counts: Counts, tmp_path: Path) -> None:
    with pytest.raises(Unsupported, match="measured on counts: it waits for a timer by a desc"):
        run(counts, built(body("timerfd_create(CLOCK_MONOTONIC, 0);")), tmp_path)


def test_clocks_tell_counted_time(counts: Counts, tmp_path: Path) -> None:
    text = "timespec t; clock_gettime(CLOCK_MONOTONIC, &t);"
    text += "for (int i = 0; i < 35000000; i++) heard = i;"
    text += (
        'long a = t.tv_nsec; clock_gettime(CLOCK_MONOTONIC, &t); std::printf("%ld", t.tv_nsec - a);'
    )
    found = run(counts, built(body(text)), tmp_path, replace(LIMITS, max_instructions=1 << 30))
    assert found.instructions is not None
    assert int(found.stdout) == pytest.approx(found.instructions / CLOCK_HZ * 1e9, rel=0.01)


@pytest.mark.parametrize("log", [b"", LOG + LOG, LOG.replace(b"877", b"0")])
def test_a_missing_a_second_or_an_empty_summary_is_refused(log: bytes) -> None:
    with pytest.raises(MachineFailure):
        Counts().read_counters(log)


def test_the_fingerprint_tells_the_mode_and_the_tool(counts: Counts, machine: Skylake) -> None:
    mine, models = counts.fingerprint(), machine.fingerprint()
    assert mine["mode"] == "counts"
    assert mine["model"] == models["model"]
    assert mine["cost"] == "1 cycle per instruction"
