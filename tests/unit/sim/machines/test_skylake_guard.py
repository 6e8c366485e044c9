"""Nothing the program does reaches the instrument's memory: each way of writing there is found out.

Each program works a little, attacks, and would end well if it were let.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from sim.errors import MachineFailure
from sim.limits import Limits
from sim.machine import Measurement
from sim.machines.skylake import Skylake
from sim.skylake import build as tool
from sim.toolchain import Toolchain
from sim.verdict import Verdict
from tests.unit.sim.machines.conftest import kept

LIMITS = Limits(max_instructions=50_000_000)
# The tool's data follow its text; the translator's own mappings begin here.
MAPPED = 0x1002001000
START = """.globl _start
.bss
.balign 4096
buffer: .skip 65536
.data
path: .asciz "/proc/self/mem"
thread: .asciz "/proc/thread-self/mem"
.text
_start: mov $1000, %ecx
1: dec %ecx
 jnz 1b
{body}
 mov $60, %eax
 xor %edi, %edi
 syscall
"""
STORES = {
    "plain": "movq $0, (%rbx)",
    "byte": "movb $1, 5(%rbx)",
    "behind a sum": "lea 0x1000(%rbx), %rax\n movl $0, -0x1000(%rax)",
    "string": "mov %rbx, %rdi\n mov $8, %ecx\n rep movsb",
    "string of words": "mov %rbx, %rdi\n xor %eax, %eax\n mov $1, %ecx\n rep stosq",
    "vector": "movups %xmm0, (%rbx)",
    "non-temporal": "movntdq %xmm0, (%rbx)",
    "wide": "vmovups %ymm0, (%rbx)",
    "masked": "pcmpeqd %xmm1, %xmm1\n mov %rbx, %rdi\n maskmovdqu %xmm1, %xmm0",
    "compare and exchange": "mov (%rbx), %rax\n lock cmpxchg %rcx, (%rbx)",
    "exchange": "xchg %rax, (%rbx)",
    "add": "lock xadd %rax, (%rbx)",
    "sixteen bytes": "mov (%rbx), %rax\n mov 8(%rbx), %rdx\n lock cmpxchg16b (%rbx)",
    "read and write": "addq $1, (%rbx)",
    "push": "lea 8(%rbx), %rsp\n push %rax",
    "call": "lea 8(%rbx), %rsp\n call 2f\n2:",
    "x87": "fld1\n fstpt (%rbx)",
    "x87 state": "fnstenv (%rbx)",
    "state": "fxsave (%rbx)",
    "whole x87 state": "fnsave (%rbx)",
    "extended state": "mov $7, %eax\n xor %edx, %edx\n xsave (%rbx)",
    "descriptor table": "sidt (%rbx)",
    "below and into it": "fxsave -256(%rbx)",
    "conditional": "mov $1, %eax\n cmp $1, %eax\n jne 2f\n movq $0, (%rbx)\n2:",
    "bits": "lock btsq $3, (%rbx)",
    "made at run time": """ mov $9, %eax
 xor %edi, %edi
 mov $4096, %esi
 mov $7, %edx
 mov $0x22, %r10d
 mov $-1, %r8
 xor %r9d, %r9d
 syscall
 movl $0xc3038948, (%rax)
 xor %ecx, %ecx
 call *%rax""",
}
CALLS = {
    "read": "xor %eax, %eax\n xor %edi, %edi\n mov %rbx, %rsi\n mov $8, %edx",
    "getrandom": "mov $318, %eax\n mov %rbx, %rdi\n mov $8, %esi\n xor %edx, %edx",
    "fstat": "mov $5, %eax\n xor %edi, %edi\n mov %rbx, %rsi",
    "clock_gettime": "mov $228, %eax\n xor %edi, %edi\n mov %rbx, %rsi",
    "time": "mov $201, %eax\n mov %rbx, %rdi",
    "readv": "mov %rbx, buffer(%rip)\n movq $8, buffer+8(%rip)\n mov $19, %eax\n xor %edi, %edi\n"
    " lea buffer(%rip), %rsi\n mov $1, %edx",
    "uname": "mov $63, %eax\n mov %rbx, %rdi",
    "mmap": "mov $9, %eax\n mov %rbx, %rdi\n and $-4096, %rdi\n mov $4096, %esi\n mov $3, %edx\n"
    " mov $0x32, %r10d\n mov $-1, %r8\n xor %r9d, %r9d",
    "mprotect": "mov $10, %eax\n mov %rbx, %rdi\n and $-4096, %rdi\n mov $4096, %esi\n"
    " mov $7, %edx",
    "munmap": "mov $11, %eax\n mov %rbx, %rdi\n and $-4096, %rdi\n mov $4096, %esi",
    "munmap from below": "mov $11, %eax\n mov $0x50000000, %edi\n mov $0x2000000000, %rsi",
    "mremap": "mov $25, %eax\n lea buffer(%rip), %rdi\n mov $4096, %esi\n mov $4096, %edx\n"
    " mov $3, %r10d\n mov %rbx, %r8\n and $-4096, %r8",
    "madvise": "mov $28, %eax\n mov %rbx, %rdi\n and $-4096, %rdi\n mov $4096, %esi\n mov $4, %edx",
    "set_tid_address": "mov $218, %eax\n mov %rbx, %rdi",
    "prctl": "mov $157, %eax\n mov $40, %edi\n mov %rbx, %rsi",
    "futex": "mov $202, %eax\n lea buffer(%rip), %rdi\n mov $5, %esi\n mov $1, %edx\n"
    " mov $1, %r10d\n mov %rbx, %r8\n mov $0x01000000, %r9d",
}


OPENS = {
    "open": "mov $2, %eax\n lea path(%rip), %rdi\n mov $2, %esi",
    "openat": "mov $257, %eax\n mov $-100, %edi\n lea path(%rip), %rsi\n mov $1, %edx",
    "of the thread": "mov $2, %eax\n lea thread(%rip), %rdi\n mov $1, %esi",
}


def needs(feature: str) -> None:
    if feature not in Path("/proc/cpuinfo").read_text().split():
        pytest.skip(f"needs a processor with {feature}")


def data_of_the_tool() -> int:
    """Return the address of data that the tool writes: the middle of its unfilled section."""
    done = subprocess.run(
        ["readelf", "-lW", tool.tool_path()], capture_output=True, text=True, check=True
    )
    loads = [line.split() for line in done.stdout.splitlines() if line.split()[:1] == ["LOAD"]]
    _, _, address, _, in_file, in_memory, *_ = loads[-1]
    begin = int(address, 16) + int(in_file, 16)
    return (begin + int(address, 16) + int(in_memory, 16)) // 2 & ~63


def run(machine: Skylake, folder: Path, source: str, *, suffix: str = ".s") -> Measurement:
    text, made = folder / f"program{suffix}", folder / "program"
    text.write_text(source)
    flags = ["-static"] if suffix == ".cpp" else ["-nostdlib", "-static"]
    compiler = shutil.which("g++" if suffix == ".cpp" else "gcc")
    assert compiler is not None
    subprocess.run([compiler, *flags, "-o", made, text], check=True)
    stdin = folder / "input"
    stdin.write_text("12345678\n")
    return machine.measure(kept(made), stdin, LIMITS, Toolchain())


def attack(machine: Skylake, folder: Path, body: str, target: int) -> Measurement:
    return run(machine, folder, START.format(body=f" mov ${target:#x}, %rbx\n {body}"))


@pytest.mark.parametrize("body", STORES.values(), ids=STORES)
def test_a_store_into_the_tools_data_is_tampering_and_is_not_done(
    machine: Skylake, tmp_path: Path, body: str
) -> None:
    if "ymm" in body or "xsave" in body:
        needs("avx")
    ended = attack(machine, tmp_path, body, data_of_the_tool())
    assert ended.verdict is Verdict.TAMPERING
    assert "instrument's memory" in ended.detail
    assert ended.cycles is None


@pytest.mark.parametrize("body", CALLS.values(), ids=CALLS)
def test_a_system_call_that_would_change_the_tools_data_is_tampering(
    machine: Skylake, tmp_path: Path, body: str
) -> None:
    ended = attack(machine, tmp_path, f"{body}\n syscall", data_of_the_tool())
    assert ended.verdict is Verdict.TAMPERING


@pytest.mark.parametrize("body", OPENS.values(), ids=OPENS)
def test_opening_its_own_memory_as_a_file_to_write_is_refused_in_any_sandbox(
    machine: Skylake, tmp_path: Path, body: str
) -> None:
    """The full sandbox has `/proc` read-only; in any other the tool itself refuses."""
    body = f" {body}\n syscall\n mov %eax, %edi\n shr $31, %edi\n mov $60, %eax\n syscall"
    ended = run(machine, tmp_path, START.format(body=body))
    assert ended.verdict in (Verdict.TAMPERING, Verdict.RUNTIME_ERROR)
    place = tool.tool_path()
    told = subprocess.run(
        [place, "--tool=skylake", "--vgdb=no", tmp_path / "program"],
        env={"VALGRIND_LIB": str(place.parent), "VALGRIND_LAUNCHER": "/usr/bin/valgrind"},
        capture_output=True,
        text=True,
    )
    assert "PIE-REFUSED tampering" in told.stderr
    assert "PIE-SKYLAKE {" not in told.stderr


@pytest.mark.parametrize(
    "target", [0x58000000, 0x58000400, MAPPED, MAPPED + 0x800000, 0x1000000000, 0x7FFFFFFDE000]
)
def test_the_whole_of_the_instruments_memory_is_guarded(
    machine: Skylake, tmp_path: Path, target: int
) -> None:
    assert attack(machine, tmp_path, "movq $0, (%rbx)", target).verdict is Verdict.TAMPERING


def test_a_signal_frame_in_the_tools_data_is_tampering_or_no_frame(
    machine: Skylake, tmp_path: Path
) -> None:
    source = """#include <csignal>
    #include <cstdio>
    static void caught(int) { std::puts("caught"); }
    int main() {
        stack_t s = {}; s.ss_sp = (void *)TARGET; s.ss_size = 65536;
        sigaltstack(&s, nullptr);
        struct sigaction a = {}; a.sa_handler = caught; a.sa_flags = SA_ONSTACK;
        sigaction(SIGUSR1, &a, nullptr);
        raise(SIGUSR1);
    }"""
    ended = run(machine, tmp_path, source.replace("TARGET", hex(data_of_the_tool())), suffix=".cpp")
    assert ended.verdict is not Verdict.ACCEPTED
    assert b"caught" not in ended.stdout


def test_a_program_that_stores_everywhere_it_may_is_not_disturbed(
    machine: Skylake, tmp_path: Path
) -> None:
    """Image, heap, mappings, stack, and a store that is not done because its mask is empty."""
    needs("avx2")
    source = """#include <cstdio>
    #include <cstdlib>
    #include <cstring>
    #include <immintrin.h>
    #include <sys/mman.h>
    static char fixed[1 << 20];
    __attribute__((target("avx2"))) static void masked() {
        _mm256_maskstore_epi32((int *)0x58400000, _mm256_setzero_si256(), _mm256_setzero_si256());
    }
    int main() {
        char *heap = (char *)std::malloc(64 << 20), *stack = (char *)alloca(1 << 20);
        char *own = (char *)mmap(nullptr, 300 << 20, PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        std::memset(fixed, 1, sizeof fixed); std::memset(stack, 2, 1 << 20);
        std::memset(heap, 3, 1 << 20); std::memset(own, 4, 1 << 20);
        own[(300 << 20) - 1] = 1;
        masked();
        std::puts("done");
    }"""
    ended = run(machine, tmp_path, source, suffix=".cpp")
    assert (ended.verdict, ended.stdout) == (Verdict.ACCEPTED, b"done\n")


def test_reading_the_instruments_memory_changes_nothing(machine: Skylake, tmp_path: Path) -> None:
    honest = attack(machine, tmp_path, "mov buffer(%rip), %rax", 0)
    reads = attack(machine, tmp_path, "mov (%rbx), %rax\n mov buffer(%rip), %rax", MAPPED)
    assert reads.verdict is Verdict.ACCEPTED
    assert reads.instructions == (honest.instructions or 0) + 1


# Call, operation (in its register, if it has one), registers that the operation does use. All
# others hold an address of the instrument's, as what happens to be left in a register may.
HONEST = {
    "futex: wake": (202, {"rdi": "buffer", "rsi": 0x81, "rdx": 1}),
    "futex: wait for another value": (202, {"rdi": "buffer", "rsi": 0x80, "rdx": 7, "r10": 0}),
    "futex: wake some": (202, {"rdi": "buffer", "rsi": 0x8A, "rdx": 1, "r9": 1}),
    "fcntl: flags": (72, {"rdi": 0, "rsi": 3}),
    "fcntl: descriptor's flags": (72, {"rdi": 0, "rsi": 1}),
    "ioctl: close on execution": (16, {"rdi": 2, "rsi": 0x5451}),
    "ioctl: terminal": (16, {"rdi": 0, "rsi": 0x5401, "rdx": "buffer"}),
    "prctl: name": (157, {"rdi": 15, "rsi": "path"}),
    "prctl: is it dumped": (157, {"rdi": 3}),
    "prctl: unknown": (157, {"rdi": 99999}),
    "arch_prctl: shadow stack": (158, {"rdi": 0x3001}),
    "mremap without a place": (25, {"rdi": "buffer", "rsi": 4096, "rdx": 4096, "r10": 0}),
    "madvise": (28, {"rdi": "buffer", "rsi": 4096, "rdx": 0}),
    "munmap of no length": (11, {"rdi": 16, "rsi": -5}),
    "read offering too much room": (0, {"rdi": 0, "rsi": "buffer", "rdx": 0x7FFFFFFF}),
    "read to nowhere": (0, {"rdi": 0, "rsi": -1, "rdx": 5}),
    "clock_nanosleep until a time": (230, {"rdi": 1, "rsi": 1, "rdx": "buffer+32768"}),
    "getrlimit": (97, {"rdi": 3, "rsi": "buffer"}),
    "set_robust_list": (273, {"rdi": "buffer", "rsi": 24}),
    "sched_yield": (24, {}),
    "getpid": (39, {}),
}
HOSTILE = {
    "futex: move": (202, {"rdi": "buffer", "rsi": 3, "rdx": 0, "r10": 0}),
    "futex: wake and operate": (202, {"rdi": "buffer", "rsi": 5, "rdx": 1, "r10": 1}),
    "fcntl: lock": (72, {"rdi": 0, "rsi": 5}),
    "ioctl: terminal": (16, {"rdi": 0, "rsi": 0x5401}),
    "prctl: tell the name": (157, {"rdi": 16}),
    "prctl: where the number is cleared": (157, {"rdi": 40}),
    "arch_prctl: tell": (158, {"rdi": 0x1003}),
    "mremap to a place": (25, {"rdi": "buffer", "rsi": 4096, "rdx": 4096, "r10": 3}),
    "set_robust_list": (273, {"rsi": 24}),
    "set_tid_address": (218, {}),
    "sendfile": (40, {"rdi": 1, "rsi": 0, "r10": 1}),
}
Registers = dict[str, int | str]


def called(number: int, registers: Registers) -> str:
    """Return a call in assembly; a register that is not given holds what %rbx does."""
    lines = []
    for register in ("rdi", "rsi", "rdx", "r10", "r8", "r9"):
        value = registers.get(register, "%rbx")
        if isinstance(value, int):
            lines.append(f"mov ${value}, %{register}")
        elif value.startswith("%"):
            lines.append(f"mov {value}, %{register}")
        else:
            lines.append(f"lea {value}(%rip), %{register}")
    return "\n ".join([*lines, f"mov ${number}, %eax", "syscall"])


def test_what_an_operation_does_not_use_is_no_attack(machine: Skylake, tmp_path: Path) -> None:
    body = "\n ".join(called(*call) for call in HONEST.values())
    ended = attack(machine, tmp_path, body, MAPPED)
    assert ended.verdict is Verdict.ACCEPTED, ended.detail


@pytest.mark.parametrize("call", HOSTILE.values(), ids=HOSTILE)
def test_what_an_operation_does_use_is_tested(
    machine: Skylake, tmp_path: Path, call: tuple[int, Registers]
) -> None:
    ended = attack(machine, tmp_path, called(*call), MAPPED)
    assert ended.verdict is Verdict.TAMPERING, ended.detail


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ('std::printf("%d", fork());', b"-1"),
        ('std::printf("%d", vfork());', b"-1"),
        ('std::printf("%d", execl("/pie/prog", "prog", nullptr));', b"-1"),
    ],
)
def test_no_child_process_is_made(
    machine: Skylake, tmp_path: Path, body: str, shown: bytes
) -> None:
    source = f"#include <cstdio>\n#include <unistd.h>\nint main() {{ {body} }}"
    try:
        ended = run(machine, tmp_path, source, suffix=".cpp")
    except MachineFailure:
        return
    assert ended.verdict is Verdict.TAMPERING or ended.stdout == shown


def test_randomness_the_process_and_its_layout_are_the_same_in_each_run(
    machine: Skylake, tmp_path: Path
) -> None:
    source = """#include <cstdio>
    #include <cstdlib>
    #include <random>
    #include <sys/auxv.h>
    #include <sys/mman.h>
    #include <unistd.h>
    int main(int argc, char **argv) {
        const unsigned char *r = (const unsigned char *)getauxval(AT_RANDOM);
        for (int i = 0; i < 16; i++) std::printf("%02x", r[i]);
        std::random_device device;
        void *own = mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        std::printf(" %u %d %p %p %p", device(), (int)getpid(), (void *)argv, std::malloc(9), own);
    }"""
    first, second = (run(machine, tmp_path, source, suffix=".cpp") for _ in range(2))
    assert first.verdict is Verdict.ACCEPTED
    assert (first.stdout, first.cycles) == (second.stdout, second.cycles)
    assert first.stdout.startswith(b"0" * 32)


def test_the_systems_own_page_of_calls_is_not_the_hosts(machine: Skylake, tmp_path: Path) -> None:
    """No code of the host's kernel runs in the program: its clocks would be the host's."""
    source = """#include <cstdio>
    #include <cstring>
    #include <sys/auxv.h>
    int main() {
        const char *page = (const char *)getauxval(AT_SYSINFO_EHDR);
        std::puts(page && std::memcmp(page, "\\177ELF", 4) == 0 ? "host" : "none");
    }"""
    assert run(machine, tmp_path, source, suffix=".cpp").stdout == b"none\n"
