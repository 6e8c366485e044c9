"""A program under the model sees the simulated machine, and nothing of the host."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sim.errors import Unsupported
from sim.limits import Limits
from sim.machine import Measurement
from sim.machines.skylake import Skylake
from sim.program import Build
from sim.toolchain import Toolchain
from sim.verdict import Verdict
from tests.unit.sim.machines.conftest import compiled

LIMITS = Limits(max_instructions=50_000_000)
HEADERS = """#include <cstdio>
#include <ctime>
#include <cpuid.h>
#include <csignal>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/utsname.h>
#include <thread>
#include <unistd.h>
#include <x86intrin.h>
"""


def built(body: str) -> Build:
    return compiled(HEADERS, f"int main() {{ {body} }}\n")


def run(machine: Skylake, folder: Path, body: str) -> Measurement:
    stdin = folder / "input"
    stdin.write_text("12345678\n")
    ended = machine.measure(built(body), stdin, LIMITS, Toolchain())
    assert ended.verdict is Verdict.ACCEPTED, ended.detail
    return ended


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ('std::printf("%u", std::thread::hardware_concurrency());', b"1"),
        ('std::printf("%ld", sysconf(_SC_NPROCESSORS_ONLN));', b"1"),
        ('unsigned c = 9; getcpu(&c, nullptr); std::printf("%u", c);', b"0"),
        (
            'struct sysinfo s; sysinfo(&s); std::printf("%lu", s.totalram * s.mem_unit >> 20);',
            b"4096",
        ),
        ('utsname u; uname(&u); std::printf("%s %s", u.release, u.machine);', b"5.1.0 x86_64"),
        ('struct stat s; fstat(0, &s); std::printf("%ld", (long)s.st_blksize);', b"4096"),
        ('struct stat s; stat("/", &s); std::printf("%ld", (long)s.st_blksize);', b"4096"),
        (
            'struct statx s; statx(0, "", 4096, 4095, &s); std::printf("%u", s.stx_blksize);',
            b"4096",
        ),
    ],
)
def test_what_the_kernel_would_tell_of_the_host_is_the_simulated_machines(
    machine: Skylake, tmp_path: Path, body: str, shown: bytes
) -> None:
    assert run(machine, tmp_path, body).stdout == shown


def test_the_processor_is_the_simulated_one_whatever_the_host_has(
    machine: Skylake, tmp_path: Path
) -> None:
    """Vendor, no AVX, no XSAVE; leaf 4, from which cache sizes are read, is empty."""
    body = """unsigned a, b, c, d;
    __cpuid(0, a, b, c, d); std::printf("%u %.4s%.4s%.4s ", a, (char *)&b, (char *)&d, (char *)&c);
    __cpuid(1, a, b, c, d);
    std::printf("%d%d%d ", !!(c & bit_AVX), !!(c & bit_OSXSAVE), !!(c & bit_RDRND));
    __cpuid_count(4, 0, a, b, c, d); std::printf("%u%u%u%u ", a, b, c, d);
    __cpuid_count(13, 0, a, b, c, d); std::printf("%u%u%u%u", a, b, c, d);"""
    assert run(machine, tmp_path, body).stdout == b"13 HygonGenuine 000 0000 0000"


def test_the_cache_sizes_that_the_c_library_tells_are_no_hosts(
    machine: Skylake, tmp_path: Path
) -> None:
    body = (
        'std::printf("%ld %ld", sysconf(_SC_LEVEL1_DCACHE_SIZE), sysconf(_SC_LEVEL3_CACHE_SIZE));'
    )
    shown = run(machine, tmp_path, body).stdout.split()
    assert shown == [b"65536", b"0"]  # gem5's CPUID


@pytest.mark.parametrize(
    "path",
    [
        "/proc",
        "/proc/self/maps",
        "/proc/self/status",
        "/proc/stat",
        "/proc/cpuinfo",
        "/proc/self/mem",
    ],
)
def test_the_kernels_files_are_missing_as_they_are_natively(
    machine: Skylake, tmp_path: Path, path: str
) -> None:
    body = f'std::printf("%d", open("{path}", O_RDONLY)); std::perror("");'
    assert run(machine, tmp_path, body).stdout == b"-1"


def test_every_clock_advances_by_simulated_cycles(machine: Skylake, tmp_path: Path) -> None:
    body = """timespec t, u; unsigned aux; unsigned x = 1;
    clock_gettime(CLOCK_MONOTONIC, &t);
    unsigned long a = __rdtsc();
    for (int i = 0; i < 100000; i++) asm volatile("imul %0, %0" : "+r"(x));
    unsigned long b = __rdtscp(&aux);
    clock_gettime(CLOCK_REALTIME, &u);
    long ns = (u.tv_sec - t.tv_sec) * 1000000000 + u.tv_nsec - t.tv_nsec;
    std::printf("%lu %ld %u", b - a, ns, aux);"""
    first, second = (run(machine, tmp_path, body) for _ in range(2))
    assert first.stdout == second.stdout
    cycles, nanoseconds, processor = map(int, first.stdout.split())
    assert 400_000 <= cycles < 4_000_000
    assert nanoseconds == pytest.approx(cycles * 2 / 7, rel=0.05)
    assert processor == 0


def test_random_instructions_give_the_same_in_each_run(machine: Skylake, tmp_path: Path) -> None:
    if "rdrand" not in Path("/proc/cpuinfo").read_text().split():
        pytest.skip("needs a processor with rdrand")
    body = """unsigned long one = 0, other = 0; unsigned char good = 0;
    asm volatile("rdrand %0\\n setc %b2\\n rdrand %1"
                 : "=&r"(one), "=&r"(other), "=&q"(good));
    std::printf("%d %lx %lx", good, one, other);"""
    first, second = (run(machine, tmp_path, body) for _ in range(2))
    assert first.stdout == second.stdout
    good, one, other = first.stdout.split()
    assert good == b"1"
    assert int(one, 16) >> 32
    assert one != other


def test_the_hosts_environment_and_processors_change_no_cycle(
    machine: Skylake, tmp_path: Path
) -> None:
    """Another number of processors and another environment of the measuring process."""
    body = (
        'int x; std::scanf("%d", &x); std::printf("%u", std::thread::hardware_concurrency() + x);'
    )
    here = run(machine, tmp_path, body)
    script = """import os, sys
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
from pathlib import Path
from sim.limits import Limits
from sim.machines.skylake import Skylake
from sim.program import Build, Language
from sim.toolchain import Toolchain
build = Build(Language.CPP, digest=sys.argv[1], size=1)
run = Skylake().measure(build, Path(sys.argv[2]), Limits(max_instructions=50_000_000), Toolchain())
print(run.cycles, run.stdout.decode())"""
    digest = built(body).digest
    done = subprocess.run(
        [sys.executable, "-c", script, digest, tmp_path / "input"],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[4]), "LONG": "x" * 9999},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [str(here.cycles), here.stdout.decode()]


def test_a_timer_behind_a_descriptor_is_refused_with_a_remedy(
    machine: Skylake, tmp_path: Path
) -> None:
    with pytest.raises(Unsupported, match="by a descriptor") as failure:
        run(machine, tmp_path, "timerfd_create(CLOCK_MONOTONIC, 0);")
    assert "signal" in failure.value.remedy


def test_disarming_a_timer_is_no_timer(machine: Skylake, tmp_path: Path) -> None:
    body = """itimerval v = {}; int r = setitimer(ITIMER_REAL, &v, nullptr);
    std::printf("%u %d", alarm(0), r);"""
    assert run(machine, tmp_path, body).stdout == b"0 0"


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (
            "timeval v = {9, 5}; select(2, nullptr, &f, nullptr, &v); show(v.tv_sec, v.tv_usec);",
            b"9 5",
        ),
        (
            "timespec v = {9, 5}; syscall(SYS_pselect6, 2, 0, &f, 0, &v, 0);"
            " show(v.tv_sec, v.tv_nsec);",
            b"9 5",
        ),
        (
            "timespec v = {9, 5}; pollfd p = {1, POLLOUT, 0}; syscall(SYS_ppoll, &p, 1, &v, 0, 8);"
            " show(v.tv_sec, v.tv_nsec);",
            b"9 5",
        ),
        (
            "struct stat s; fstat(0, &s); show(s.st_ino, s.st_mtime + s.st_atim.tv_nsec);",
            b"1 1000000000",
        ),
        (
            'struct stat s; fstatat(0, "", &s, AT_EMPTY_PATH); show(s.st_ino, s.st_ctime);',
            b"1 1000000000",
        ),
        (
            'struct statx s; statx(1, "", 4096, 4095, &s);'
            " show(s.stx_ino, s.stx_mtime.tv_sec + s.stx_mtime.tv_nsec);",
            b"2 1000000000",
        ),
        (
            'struct stat s; stat("/", &s); show(s.st_atime + s.st_mtime + s.st_ctime,'
            " s.st_atim.tv_nsec + s.st_mtim.tv_nsec + s.st_ctim.tv_nsec);",
            b"3000000000 0",
        ),
        ('struct stat s; stat("/", &s); show(s.st_uid + s.st_gid, s.st_dev);', b"200 1"),
        (
            'struct stat s; stat("/", &s); long root = s.st_ino; stat("/tmp", &s);'
            ' long tmp = s.st_ino; struct statx x; statx(0, "/", 0, 4095, &x);'
            " show(tmp - root, x.stx_ino - root);",
            b"1 0",
        ),
        (
            'int d = open("/tmp/new", O_CREAT | O_WRONLY, 0600); struct stat s; fstat(d, &s);'
            " show(s.st_mtime, s.st_mtim.tv_nsec);",
            b"1000000000 0",
        ),
        (
            'struct statx s; statx(0, "/", 0, 4095, &s);'
            " show(s.stx_btime.tv_sec + s.stx_btime.tv_nsec, s.stx_uid + s.stx_dev_major);",
            b"1000000000 100",
        ),
        ('struct stat s; stat("/", &s); show(s.st_size, s.st_nlink);', b"4096 1"),
        (
            'DIR *d = opendir("/"); long inodes = 0, entries = 0;'
            " while (auto *e = readdir(d)) inodes += e->d_ino, entries++;"
            " show(inodes - entries, entries > 2);",
            b"0 1",
        ),
        ("show(getuid() + geteuid(), getgid() + getegid());", b"200 200"),
        ("show(getpid() - getppid(), gettid() - getpid());", b"1 0"),
        ("show(getpid(), syscall(SYS_set_tid_address, &f));", b"4194305 4194305"),
    ],
)
def test_no_time_of_the_hosts_is_left_in_what_a_call_gives(
    machine: Skylake, tmp_path: Path, body: str, shown: bytes
) -> None:
    tell = 'auto show = [](long a, long b) { std::printf("%ld %ld", a, b); };'
    body = f"{tell} fd_set f; FD_ZERO(&f); FD_SET(1, &f); {body}"
    assert run(machine, tmp_path, body).stdout == shown


@pytest.mark.parametrize(
    "call", ["raise(SIGUSR1)", "kill(getpid(), SIGUSR1)", "pthread_kill(pthread_self(), SIGUSR1)"]
)
def test_a_program_can_send_itself_a_signal(machine: Skylake, tmp_path: Path, call: str) -> None:
    body = (
        'signal(SIGUSR1, [](int) { write(1, "heard ", 6); });'
        f' int result = {call}; std::printf("%d", result);'
    )
    assert run(machine, tmp_path, body).stdout == b"heard 0"


def test_an_abort_ends_it(machine: Skylake, tmp_path: Path) -> None:
    stdin = tmp_path / "input"
    stdin.write_bytes(b"")
    ended = machine.measure(built("abort();"), stdin, LIMITS, Toolchain())
    assert ended.verdict is Verdict.RUNTIME_ERROR
    assert "SIGABRT" in ended.detail
