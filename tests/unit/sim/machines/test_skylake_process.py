"""A program under the model as a process: its number, its signals, its files, its limits."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from sim import sandbox
from sim.errors import MachineFailure
from sim.limits import Limits
from sim.machine import Machine, Measurement
from sim.machines.cachegrind import Cachegrind
from sim.machines.skylake import Skylake
from sim.toolchain import Toolchain
from sim.verdict import Verdict
from tests.unit.sim.machines.conftest import compiled

LIMITS = Limits(max_instructions=50_000_000)
HEADERS = """#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <pthread.h>
#include <sched.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>
static void show(long a, long b) { std::printf("%ld %ld", a, b); }
"""


def measured(machine: Machine, folder: Path, body: str, stdin: Path | None = None) -> Measurement:
    build = compiled(HEADERS, f"int main() {{ {body} }}\n")
    if stdin is None:
        stdin = folder / "input"
        stdin.write_text("12345678\n")
    return machine.measure(build, stdin, LIMITS, Toolchain())


def shown(machine: Machine, folder: Path, body: str) -> bytes:
    ended = measured(machine, folder, body)
    assert ended.verdict is Verdict.ACCEPTED, ended.detail
    return ended.stdout


@pytest.mark.parametrize(
    "call",
    [
        "getpgid(getpid())",
        "getsid(getpid())",
        "getpriority(PRIO_PROCESS, getpid())",
        "sched_getscheduler(getpid())",
        "sched_getparam(getpid(), &p)",
        "sched_rr_get_interval(getpid(), &t)",
        "sched_getaffinity(getpid(), sizeof set, &set)",
        "clock_getcpuclockid(getpid(), &c)",
        "(clock_getcpuclockid(getpid(), &c), clock_gettime(c, &t))",
        "(pthread_getcpuclockid(pthread_self(), &c), clock_gettime(c, &t))",
    ],
)
def test_a_program_can_ask_about_itself_by_its_number(
    machine: Skylake, tmp_path: Path, call: str
) -> None:
    places = "sched_param p; timespec t; cpu_set_t set; clockid_t c;"
    body = f"{places} int r = {call}; show(r < 0, r < 0 ? errno : 0);"
    by_itself = body.replace("getpid()", "0")
    assert shown(machine, tmp_path, body) == shown(machine, tmp_path, by_itself) == b"0 0"


def test_one_processor_is_shown_to_who_asks_by_number(machine: Skylake, tmp_path: Path) -> None:
    body = "cpu_set_t s; sched_getaffinity(getpid(), sizeof s, &s); show(CPU_COUNT(&s), 0);"
    assert shown(machine, tmp_path, body) == b"1 0"


def test_a_number_of_nobodys_is_still_nobodys(machine: Skylake, tmp_path: Path) -> None:
    body = "int r = getpgid(getpid() - 9); show(r, errno);"
    assert shown(machine, tmp_path, body) == b"-1 3"


@pytest.mark.parametrize(
    "body",
    [
        'show(std::system("pause"), 1);',
        'FILE *p = popen("ls", "r"); show(!!p, 1);',
        "show(fork(), 1);",
        "show(vfork(), 1);",
    ],
)
def test_a_program_goes_on_where_it_could_make_no_process(
    machine: Skylake, tmp_path: Path, body: str
) -> None:
    """Its stack still grows, and its own handler hears of a bad address."""
    grow = "volatile char deep[300000]; for (int i = 299999; i > 0; i -= 99) deep[i] = 1;"
    crash = 'signal(SIGSEGV, [](int) { write(1, " heard", 6); _exit(0); }); *(volatile int *)8 = 1;'
    after = f"{body} std::fflush(stdout); [] {{ {grow} }}(); {crash}"
    assert shown(machine, tmp_path, after).endswith(b"1 heard")


def test_cachegrind_that_crashes_on_it_is_no_crash_of_the_program(tmp_path: Path) -> None:
    cachegrind = Cachegrind()
    found = cachegrind.check()
    if not found.ok:
        pytest.skip(f"{found.problem}; {found.remedy}")
    grow = "volatile char deep[300000]; for (int i = 299999; i > 0; i -= 99) deep[i] = 1;"
    try:
        ended = measured(cachegrind, tmp_path, f"fork(); [] {{ {grow} }}(); show(1, 2);")
    except MachineFailure as failure:
        remedy = failure.remedy
    else:  # another Valgrind
        assert ended.stdout == b"1 2"
        return
    assert "fork" in remedy


def test_signals_that_wait_are_kept_for_process_and_thread(
    machine: Skylake, tmp_path: Path
) -> None:
    body = """signal(SIGUSR1, [](int) { write(1, "heard ", 6); });
    sigset_t all; sigfillset(&all); sigprocmask(SIG_BLOCK, &all, nullptr);
    raise(SIGUSR1); kill(getpid(), SIGUSR1); write(1, "now ", 4);
    sigprocmask(SIG_UNBLOCK, &all, nullptr);"""
    assert shown(machine, tmp_path, body) == b"now heard heard "


def test_every_signal_can_be_sent_to_itself(machine: Skylake, tmp_path: Path) -> None:
    body = """static int heard; int sent = 0;
    for (int s = 1; s < 64; s++) {
        if (s == SIGKILL || s == SIGSTOP || s == 32 || s == 33) continue;
        signal(s, [](int) { heard++; });
        sent += kill(getpid(), s) == 0; sent += raise(s) == 0;
    }
    kill(getpid(), 64);
    show(sent, heard);"""
    assert shown(machine, tmp_path, body) == b"118 118"


def test_a_signal_without_a_name_ends_a_program_as_any_other(
    machine: Skylake, tmp_path: Path
) -> None:
    ended = measured(machine, tmp_path, "kill(getpid(), 40);")
    assert (ended.verdict, ended.detail) == (Verdict.RUNTIME_ERROR, "killed by signal 40")


def test_a_program_cannot_signal_the_users_other_processes(
    machine: Skylake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without namespaces the numbers of all processes are within its reach."""
    monkeypatch.setattr(sandbox, "level", lambda: "partial")
    with subprocess.Popen(["sleep", "60"]) as other:
        try:
            body = f"int r = syscall(SYS_tkill, {other.pid}, SIGTERM); show(r, errno);"
            for kind in (machine, Cachegrind()):
                assert shown(kind, tmp_path, body) == b"-1 1"
            assert other.poll() is None
        finally:
            other.kill()


def test_the_age_of_the_input_is_not_told_by_a_copy_of_its_descriptor(
    machine: Skylake, tmp_path: Path
) -> None:
    body = "struct stat s; fstat(dup(0), &s); show(s.st_ino, s.st_mtime);"
    stdin = tmp_path / "input"
    stdin.write_text("1\n")
    fresh = measured(machine, tmp_path, body, stdin)
    os.utime(stdin, (time.time() - 9e6,) * 2)
    old = measured(machine, tmp_path, body, stdin)
    assert fresh.stdout == old.stdout == b"1 1000000000"
    assert fresh.cycles == old.cycles


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            'close(open("/tmp/a", O_CREAT, 0600)); link("/tmp/a", "/tmp/b"); struct stat s, t;'
            ' stat("/tmp/a", &s); stat("/tmp/b", &t); show(t.st_nlink, s.st_ino - t.st_ino);',
            b"2 0",
        ),
        (
            'int d = open("/tmp/a", O_CREAT | O_RDWR, 0600); dup2(d, 0); struct stat s, t;'
            ' fstat(0, &s); stat("/tmp/a", &t); show(s.st_ino - t.st_ino, s.st_ino > 3);',
            b"0 1",
        ),
        (
            'int d = open("/tmp/a", O_CREAT, 0600); struct stat s; fstat(d, &s);'
            " show(s.st_uid == geteuid(), fchown(d, getuid(), getgid()));",
            b"1 0",
        ),
        (
            'char b[512]; int d = open("/", O_RDONLY); syscall(SYS_getdents, d, b, 512);'
            " show(*(long *)b, 0);",
            b"1 0",
        ),
        ('struct statvfs s; statvfs("/tmp", &s); show(s.f_fsid, s.f_bfree);', b"0 16384"),
        ("rlimit r; getrlimit(RLIMIT_NPROC, &r); show(r.rlim_cur, r.rlim_max);", b"-1 -1"),
        (
            "rlimit r = {7, 9}; setrlimit(RLIMIT_NPROC, &r); r = {}; getrlimit(RLIMIT_NPROC, &r);"
            " show(r.rlim_cur, r.rlim_max);",
            b"7 9",
        ),
        ("uid_t a, b, c; getresuid(&a, &b, &c); show(a + b + c, getuid());", b"300 100"),
        ("show(setuid(getuid()), setgid(getgid()));", b"0 0"),
        ("show(getpriority(PRIO_PROCESS, 0), getpgrp());", b"0 1"),
    ],
)
def test_what_a_process_is_told_of_files_and_limits_is_no_hosts(
    machine: Skylake, tmp_path: Path, body: str, expected: bytes
) -> None:
    assert shown(machine, tmp_path, body) == expected


@pytest.mark.parametrize(
    "call",
    [
        'access("/proc", F_OK)',
        'access("../proc/self/maps", R_OK)',
        'faccessat(AT_FDCWD, "/proc/3", F_OK, 0)',
        'stat("/proc/self", &s)',
        'lstat("/proc/self/cwd", &s)',
        'statx(AT_FDCWD, "/proc/meminfo", 0, STATX_SIZE, &x)',
        'readlink("/proc/self", b, sizeof b)',
        'readlinkat(AT_FDCWD, "/proc/thread-self", b, sizeof b)',
        'chdir("/proc/self")',
        '(chdir("/"), chdir("proc"))',
        '(symlink("/proc/self", "/tmp/self"), stat("/tmp/self/status", &s))',
        'statvfs("/proc", &v)',
    ],
)
def test_the_kernels_own_files_are_missing_by_whatever_name(
    machine: Skylake, tmp_path: Path, call: str
) -> None:
    places = "struct stat s; struct statx x; struct statvfs v; char b[64];"
    assert shown(machine, tmp_path, f"{places} int r = {call}; show(r, errno);") == b"-1 2"
