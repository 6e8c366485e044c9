"""Nothing that one run does can be seen by a later one, nor by the user.

For each channel a program that leaves something and one that looks for it: what the second sees is
the same before and after the first ran, natively and measured. A run may be ended for the attempt.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sim import native_guest, sandbox
from sim.errors import Unsupported
from sim.limits import MIB, Limits
from sim.machines.skylake import Skylake
from sim.program import Build
from sim.toolchain import Toolchain

LIMITS = Limits(max_instructions=400_000_000, output_bytes=MIB, file_bytes=MIB)
Builder = Callable[..., Build]

PROGRAM = """#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <linux/fs.h>
#include <mqueue.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/msg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/xattr.h>
#include <unistd.h>
static const char *own = access("/pie/prog", F_OK) == 0 ? "/pie/prog" : "pie/prog";
static struct stat about(const char *path) { struct stat s{}; stat(path, &s); return s; }
static struct stat input() { struct stat s{}; fstat(0, &s); return s; }
static sockaddr_un named() {
    sockaddr_un a{};
    a.sun_family = AF_UNIX;
    std::strcpy(a.sun_path + 1, "n");
    return a;
}
static const sockaddr_un address = named();
static int unnamed() { return socket(AF_UNIX, SOCK_STREAM, 0); }
static int executable() { return open(own, O_RDONLY); }
static void say(long seen) { std::printf("%ld ", seen); }
static void *const page = (void *)((long)&say & ~4095l);
int main() {
    setvbuf(stdout, nullptr, _IONBF, 0);
    BODY
}
"""
# What is left, and how it is looked for. The reader's last line says what it saw.
CHANNELS = {
    "attributes of the input": (
        'fsetxattr(0, "user.n", "x", 1, 0);',
        'char b[8]; say(fgetxattr(0, "user.n", b, 8));',
    ),
    "attributes of the executable": (
        'setxattr(own, "user.n", "x", 1, 0); lsetxattr(own, "user.n", "x", 1, 0);',
        'char b[8]; say(getxattr(own, "user.n", b, 8));',
    ),
    "flags of the executable": (
        "long flags = FS_NODUMP_FL; ioctl(executable(), FS_IOC_SETFLAGS, &flags);",
        "long f = 0; ioctl(executable(), FS_IOC_GETFLAGS, &f); say(f & FS_NODUMP_FL);",
    ),
    "hints at the executable": (
        "unsigned long hint = 3; fcntl(executable(), F_SET_RW_HINT, &hint);",
        "unsigned long h = 0; fcntl(executable(), F_GET_RW_HINT, &h); say(h);",
    ),
    "rights of the input": ("fchmod(0, 04777);", "say(input().st_mode);"),
    "rights of the input by its path": (
        'chmod("/proc/self/fd/0", 04777); chmod("/dev/stdin", 04777);',
        "say(input().st_mode);",
    ),
    "rights of the executable": ("chmod(own, 04755);", "say(about(own).st_mode);"),
    "rights of a device": ('chmod("/dev/null", 0);', 'say(about("/dev/null").st_mode);'),
    "owner of the input": ("if (fchown(0, 1, 1)) {}", "say(input().st_uid);"),
    "date of the input": (
        "timespec t[2] = {{1, 0}, {1, 0}}; futimens(0, t);",
        "say(input().st_mtime == 1);",
    ),
    "date of the executable": (
        "timespec t[2] = {{1, 0}, {1, 0}}; utimensat(AT_FDCWD, own, t, 0);",
        "say(about(own).st_mtime == 1);",
    ),
    "names of the executable": (
        'if (link(own, "second") == 0 || rename(own, "other") == 0) {}',
        "say(about(own).st_nlink);",
    ),
    "bytes of the input": (
        'int w = open("/proc/self/fd/0", O_RDWR); if (write(w, "z", 1) + ftruncate(w, 0)) {}',
        'char b[9] = ""; if (read(0, b, 8) < 0) {} std::printf("%s", b);',
    ),
    "place in the input": ("char b[2]; if (read(0, b, 2)) {}", "say(lseek(0, 0, SEEK_CUR));"),
    "flags of the input": ("fcntl(0, F_SETFL, O_NONBLOCK);", "say(fcntl(0, F_GETFL));"),
    "locks": (
        "struct flock l{}; l.l_type = F_RDLCK; fcntl(0, F_SETLK, &l); flock(0, LOCK_EX);",
        "say(flock(0, LOCK_EX | LOCK_NB));",
    ),
    "leases": (
        "fcntl(executable(), F_SETLEASE, F_RDLCK);",
        "say(fcntl(executable(), F_GETLEASE));",
    ),
    "shared memory": (
        "shmget(4711, 4096, IPC_CREAT | 0600);",
        "say(shmget(4711, 4096, 0600));",
    ),
    "semaphores": ("semget(4711, 1, IPC_CREAT | 0600);", "say(semget(4711, 1, 0600));"),
    "messages": ("msgget(4711, IPC_CREAT | 0600);", "say(msgget(4711, 0600));"),
    "message queues": (
        'mq_open("/note", O_CREAT | O_RDWR, 0600, nullptr);',
        'say(mq_open("/note", O_RDONLY));',
    ),
    "keys": (
        'syscall(SYS_add_key, "user", "note", "x", 1, -5);',
        'say(syscall(SYS_request_key, "user", "note", 0, 0));',
    ),
    "abstract sockets": (
        "bind(unnamed(), (sockaddr *)&address, 4);",
        "say(connect(unnamed(), (sockaddr *)&address, 4));",
    ),
    "cached pages": (
        "int f = executable(); char b[4096]; posix_fadvise(f, 0, 0, 4);"
        " for (int i = 0; i < 40; i++) if (pread(f, b, 4096, i * 20480) < 0) return 1;",
        "unsigned char seen[1] = {7}; mincore(page, 4096, seen); say(seen[0]);",
    ),
    "reading of cached pages": (
        "posix_fadvise(executable(), 0, 0, 4);",
        "char b; iovec p{&b, 1}; say(preadv2(executable(), &p, 1, 4096, RWF_NOWAIT));",
    ),
    "old pages": (
        "char *p = (char *)std::malloc(64 << 20); std::memset(p, 7, 64 << 20);",
        "char *p = (char *)std::malloc(64 << 20); long sum = 0;"
        " for (long i = 0; i < 64 << 20; i += 64) sum += p[i]; say(sum);",
    ),
    "process limits": (
        "rlimit l{5, 5}; setrlimit(RLIMIT_NOFILE, &l);",
        "rlimit l{}; getrlimit(RLIMIT_NOFILE, &l); say(l.rlim_cur);",
    ),
    "timers": (
        "timer_t t; sigevent e{}; e.sigev_notify = SIGEV_NONE; timer_create(1, &e, &t);",
        "itimerspec i; say(timer_gettime((timer_t)0, &i));",
    ),
    "the host's name": (
        'if (sethostname("note", 4)) {}',
        'utsname u; uname(&u); std::printf("%s", u.nodename);',
    ),
}
# These need a private file system.
FILES = {
    "numbers of a folder's entries": (
        'for (int i = 0; i < 5; i++) { close(creat("/tmp/a", 0600)); unlink("/tmp/a"); }',
        'close(creat("/tmp/b", 0600)); long e[64] = {};'
        'syscall(SYS_getdents64, open("/tmp", O_RDONLY), e, sizeof e); say(e[1]); say(e[4]);'
        'say(e[7]); unlink("/tmp/b");',
    ),
    "temporary files": (
        'std::fclose(std::fopen("/tmp/note", "w"));',
        'say(access("/tmp/note", F_OK));',
    ),
    "shared memory's files": (
        'open("/dev/shm/note", O_CREAT | O_RDWR, 0600);',
        'say(access("/dev/shm/note", F_OK));',
    ),
    "files beside the executable": (
        'open("/pie/note", O_CREAT | O_RDWR, 0600);',
        'say(access("/pie/note", F_OK));',
    ),
}
# Natively the host shows them; no cost hangs on that.
MEASURED_ONLY = {
    "date of the last reading": (
        "char b[9]; if (read(executable(), b, 9) < 0) {}",
        "say(about(own).st_atime);",
    ),
    "numbers of files": (
        "int e[2]; for (int i = 0; i < 5000; i++) if (pipe(e) == 0) close(e[0]), close(e[1]);",
        'int e[2]; struct stat s{}; char b[64] = ""; if (pipe(e) == 0) fstat(e[0], &s);'
        ' say(s.st_ino); say(readlink("/proc/self/fd/1", b, 63)); std::printf("%s", b);',
    ),
    "the host's clock": (
        "usleep(1000);",
        "timespec t; clock_gettime(CLOCK_MONOTONIC, &t); say(t.tv_sec);",
    ),
}
BOTH_LEVELS = sorted(CHANNELS)
LEVELS = ["full", pytest.param("partial", marks=pytest.mark.prove)]


@pytest.fixture(params=LEVELS)
def walls(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The sandbox at one of its levels, in this process."""
    if request.param == "partial":
        monkeypatch.setenv("PIE_SANDBOX", "partial")
    sandbox.level.cache_clear()
    if sandbox.level() != request.param:
        pytest.skip(f"needs the full sandbox: {sandbox.why_partial()}")
    yield request.param
    sandbox.level.cache_clear()


@pytest.fixture
def given(tmp_path: Path) -> Path:
    path = tmp_path / "input"
    path.write_text("15 words\n")
    path.chmod(0o640)
    os.utime(path, ns=(10**18, 10**18))
    return path


def state(path: Path) -> tuple[object, ...]:
    about = path.stat()
    attributes = [(name, os.getxattr(path, name)) for name in os.listxattr(path)]
    return about.st_mode, about.st_uid, about.st_mtime_ns, path.read_bytes(), attributes


def natively(built: Build, stdin: Path) -> str:
    ended = sandbox.run(
        native_guest.guest_for(built, Toolchain()), native_guest.allowance_for(LIMITS), stdin
    )
    return f"{ended.refused} {ended.stdout.decode()}"


def measured(built: Build, stdin: Path) -> str:
    try:
        run = Skylake().measure(built, stdin, LIMITS, Toolchain())
    except Unsupported as refused:
        return str(refused)
    return f"{run.verdict} {run.cycles} {run.stdout.decode()}"


RUNS: dict[str, Callable[[Build, Path], str]] = {"native": natively, "measured": measured}


def check(
    build: Builder, given: Path, channel: tuple[str, str], ways: list[str], readers: list[str]
) -> None:
    writer, reader = (build(PROGRAM.replace("BODY", body)) for body in channel)
    together = build(PROGRAM.replace("BODY", f"{{ {channel[1]} }} {{ {channel[0]} }}"))
    before = {way: RUNS[way](reader, given) for way in readers}
    users = state(given), state(writer.path)
    for way in ways:
        RUNS[way](writer, given)
        after = {way: RUNS[way](reader, given) for way in readers}
        assert after == before, f"left by a {way} run"
    assert (state(given), state(writer.path)) == users
    own = [RUNS[way](together, given) for way in readers for _ in range(2)]
    assert len(set(own)) == len(readers), own
    assert state(given) == users[0]


@pytest.mark.parametrize("channel", BOTH_LEVELS)
def test_nothing_is_left_for_a_later_run(
    build: Builder, given: Path, walls: str, channel: str
) -> None:
    check(build, given, CHANNELS[channel], ["native", "measured"], ["native", "measured"])


@pytest.mark.parametrize("channel", FILES)
def test_no_file_is_left_for_a_later_run(build: Builder, given: Path, channel: str) -> None:
    if sandbox.level() != "full":
        pytest.skip(f"needs the full sandbox: {sandbox.why_partial()}")
    check(build, given, FILES[channel], ["native", "measured"], ["native", "measured"])


@pytest.mark.parametrize("channel", MEASURED_ONLY)
def test_what_the_host_shows_natively_is_not_seen_by_a_measured_run(
    build: Builder, given: Path, walls: str, channel: str
) -> None:
    check(build, given, MEASURED_ONLY[channel], ["native", "measured"], ["measured"])
