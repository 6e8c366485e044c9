"""The last trusted process before a program: its limits hold, and only it can report."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

import sim
from sim import process
from sim.errors import MissingTool
from sim.program import Build
from sim.runner import runner_path


@dataclass(frozen=True)
class Report:
    """What the runner wrote, and how it ended itself."""

    fields: list[int]
    call: str
    forged: bool
    begun: int
    """Microseconds of processor time before a script's own program began."""
    returncode: int
    stdout: bytes
    stderr: bytes
    memory: tuple[int, float]
    """Most bytes resident that were seen, and byte seconds."""


def run(
    program: str,
    *,
    profile: str = "compiler",
    cpu: int = 0,
    memory: int = 0,
    stack: int = 0,
    file: int = 0,
    argv: Sequence[str] = ("prog",),
    cwd: Path | None = None,
    runner: Path | None = None,
    proc: bool = False,
    sample_ms: int = 0,
) -> Report:
    reader, writer = os.pipe()
    passed = [writer, *([os.open("/proc", os.O_PATH)] if proc else [])]
    try:
        done = process.run(
            [
                str(runner or runner_path()),
                ":".join(map(str, passed)) + (f"%{sample_ms}" if sample_ms else ""),
                profile,
                *map(str, (cpu, memory, stack, file, 64, -1)),
                program,
                *argv,
            ],
            env={"SEEN": "yes", "PWD": "/somewhere"},
            cwd=str(cwd) if cwd else None,
            extra={reader: 4096},
            close_after_start=passed,
            guard_seconds=60,
        )
    finally:
        os.close(reader)
    words = done.extra[reader].decode().split() or ["-", *["0"] * 4]
    *numbers, call, forged, begun, peak, area = words
    fields = [int(word) for word in numbers]
    return Report(
        fields,
        call,
        forged == "1",
        int(begun),
        done.returncode,
        done.stdout,
        done.stderr,
        (int(peak), float(area)),
    )


def test_a_report_has_status_times_and_memory(cache: Path) -> None:
    shown = run("/bin/sh", argv=["sh", "-c", "exit 7"])
    status, wall, user, system, resident, idle = shown.fields
    assert os.WEXITSTATUS(status) == 7
    assert wall > 0
    assert user + system < wall / 1000 + 20_000
    assert 100 < resident < 100_000
    assert idle == 0
    assert (shown.call, shown.forged) == ("-", False)
    assert shown.returncode == 0


def test_a_signal_is_reported_as_one_and_a_code_that_looks_like_one_is_not(cache: Path) -> None:
    killed = run("/bin/sh", argv=["sh", "-c", "kill -9 $$"]).fields[0]
    faked = run("/bin/sh", argv=["sh", "-c", "exit 137"]).fields[0]
    assert os.WIFSIGNALED(killed)
    assert os.WTERMSIG(killed) == signal.SIGKILL
    assert os.WIFEXITED(faked)
    assert os.WEXITSTATUS(faked) == 137


def test_even_the_runners_own_failure_code_is_reported_when_the_program_gives_it(
    cache: Path,
) -> None:
    shown = run("/bin/sh", argv=["sh", "-c", "exit 125"])
    assert os.WEXITSTATUS(shown.fields[0]) == 125


@pytest.mark.parametrize("program", ["/no/such/program", "/etc/passwd"])
def test_a_program_that_cannot_be_started_is_no_report_but_a_failure(
    cache: Path, program: str
) -> None:
    shown = run(program)
    assert shown.fields == []
    assert shown.returncode == 125
    assert program.encode() in shown.stderr


def test_a_program_that_cannot_be_loaded_has_failed_itself(tmp_path: Path) -> None:
    """It is there, but names an interpreter that is not: no failure of ours."""
    program = tmp_path / "prog"
    program.write_text("#!/nowhere/at/all\n")
    program.chmod(0o755)
    done = run(str(program), profile="program")
    assert os.waitstatus_to_exitcode(done.fields[0]) == 127
    assert b"cannot be loaded (No such file or directory)" in done.stderr
    assert run(str(tmp_path / "gone"), profile="program").fields == []


def test_a_limit_that_may_not_be_set_is_no_report_but_a_failure(cache: Path) -> None:
    script = f"ulimit -f 10; exec {runner_path()} 1 compiler 0 0 0 99999999 64 -1 /bin/true true"
    done = subprocess.run(
        ["/usr/bin/setpriv", "--bounding-set=-all", "--inh-caps=-all", "/bin/bash", "-c", script],
        capture_output=True,
        check=False,
    )
    if b"setpriv" in done.stderr:
        pytest.skip("needs setpriv and the right to drop capabilities")
    assert done.returncode == 125
    assert done.stdout == b""
    assert b"setrlimit" in done.stderr


def test_the_cpu_limit_ends_a_loop(cache: Path) -> None:
    status, _wall, user, system, *_rest = run(
        "/bin/sh", argv=["sh", "-c", "while :; do :; done"], cpu=1
    ).fields
    assert os.WTERMSIG(status) == signal.SIGXCPU
    assert 500_000 < user + system < 2_500_000


def test_the_memory_limit_refuses_memory(build: Callable[..., Build]) -> None:
    built = build(
        "#include <cstdlib>\n#include <cstdio>\nint main() {"
        ' volatile void *p = std::malloc(1 << 28); std::puts(p ? "got" : "refused"); }'
    )
    assert run(str(built.path), memory=1 << 27).stdout == b"refused\n"
    assert run(str(built.path), memory=1 << 29).stdout == b"got\n"


def test_the_file_limit_ends_a_writer(cache: Path, tmp_path: Path) -> None:
    shown = run(
        "/bin/sh", argv=["sh", "-c", "exec head -c 100000 /dev/zero > big"], file=1000, cwd=tmp_path
    )
    assert os.WTERMSIG(shown.fields[0]) == signal.SIGXFSZ
    assert (tmp_path / "big").stat().st_size == 1000


def test_no_core_is_dumped(cache: Path, tmp_path: Path) -> None:
    run("/bin/sh", argv=["sh", "-c", "ulimit -c; kill -ABRT $$"], cwd=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_program_holds_its_three_descriptors_and_the_environment_it_was_given(
    cache: Path,
) -> None:
    shown = run("/bin/sh", argv=["sh", "-c", "ls /proc/self/fd; env"])
    lines = shown.stdout.decode().split()
    assert [line for line in lines if line.isdigit()] == ["0", "1", "2", "3"]  # 3: the folder
    assert "SEEN=yes" in lines
    assert not any(line.startswith("PWD=/somewhere") for line in lines)


def test_a_program_starts_with_the_usual_signals_and_mask_whatever_its_caller_ignores(
    build: Callable[..., Build],
) -> None:
    built = build(
        """#include <csignal>
#include <cstdio>
#include <sys/stat.h>
int main() {
    int strange = 0;
    sigset_t blocked;
    sigprocmask(SIG_BLOCK, nullptr, &blocked);
    for (int number = 1; number < 32; number++) {
        struct sigaction action;
        if (sigaction(number, nullptr, &action) == 0) strange += action.sa_handler != SIG_DFL;
        strange += sigismember(&blocked, number);
    }
    std::printf("%d %03o", strange, umask(0));
}
"""
    )
    old = signal.signal(signal.SIGINT, signal.SIG_IGN)
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    umask = os.umask(0o077)
    try:
        assert run(str(built.path), profile="program").stdout == b"0 022"
    finally:
        os.umask(umask)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        signal.signal(signal.SIGINT, old)


@pytest.mark.parametrize("profile", ["program", "interpreter"])
def test_a_measured_program_can_start_no_other(build: Callable[..., Build], profile: str) -> None:
    built = build(
        """#include <cstdio>
#include <unistd.h>
int main() {
    char *argv[] = {const_cast<char *>("true"), nullptr};
    std::printf("%d%d%d", fork(), vfork(), execv("/bin/true", argv));
}
"""
    )
    assert run(str(built.path), profile=profile).stdout == b"-1-1-1"


def test_under_a_translator_only_the_translators_own_code_makes_system_calls(
    build: Callable[..., Build],
) -> None:
    built = build('#include <unistd.h>\nint main() { return write(1, "x", 1) != 1; }')
    shown = run(str(built.path), profile="instrument")
    assert os.WTERMSIG(shown.fields[0]) == signal.SIGKILL
    assert shown.forged
    assert shown.stdout == b""


REFUSED = {
    "prctl": "prctl(PR_SET_SECCOMP, 2, nullptr);",
    "seccomp": "syscall(SYS_seccomp, 1, 0, nullptr);",
    "splice": "syscall(SYS_splice, 0, 0, 1, 0, 5, 0);",
    "fsetxattr": 'syscall(SYS_fsetxattr, 0, "user.a", "b", 1, 0);',
    "fchmod": "fchmod(0, 0600);",
    "utimensat": "futimens(0, nullptr);",
    "fcntl": "fcntl(0, F_SETLEASE, F_RDLCK);",
    "flock": "syscall(SYS_flock, 0, 1);",
    "ioctl": "ioctl(0, 0x40086602, 0);",
    "mincore": "syscall(SYS_mincore, 4096, 4096, 0);",
    "memfd_create": 'syscall(SYS_memfd_create, "a", 0);',
    "shmget": "syscall(SYS_shmget, 0, 4096, 01600);",
    "mq_open": 'syscall(SYS_mq_open, "a", 0);',
    "add_key": "syscall(SYS_add_key, 0, 0, 0, 0, 0);",
    "bind": "syscall(SYS_bind, 0, 0, 0);",
    "landlock_restrict_self": "syscall(SYS_landlock_restrict_self, 0, 0);",
    "process_vm_readv": "syscall(SYS_process_vm_readv, 0, 0, 0, 0, 0, 0);",
    "name_to_handle_at": "syscall(SYS_name_to_handle_at, 0, 0, 0, 0, 0);",
    "preadv2": "syscall(SYS_preadv2, 0, 0, 0, 0, 0, 8);",
}


@pytest.mark.parametrize("profile", ["program", "interpreter"])
@pytest.mark.parametrize("call", REFUSED)
def test_a_call_that_no_measured_program_has_ends_it_by_its_name(
    build: Callable[..., Build], call: str, profile: str
) -> None:
    """Whatever the program does about signals, and whatever it said before."""
    shown = run(str(build(CALLER.replace("CALL", REFUSED[call])).path), profile=profile)
    assert (shown.call, shown.forged) == (call, False)
    assert os.WTERMSIG(shown.fields[0]) == signal.SIGKILL
    assert shown.stdout == b"before"


CALLER = """#include <csignal>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
int main() {
    for (int number = 1; number < 65; number++) std::signal(number, SIG_IGN);
    if (write(1, "before", 6) != 6) return 1;
    CALL
    return write(1, "after", 5) != 5;
}
"""


def test_a_call_is_refused_in_every_thread_and_under_a_rain_of_signals(
    build: Callable[..., Build],
) -> None:
    built = build(
        """#include <csignal>
#include <cstdio>
#include <sys/syscall.h>
#include <sys/time.h>
#include <thread>
#include <unistd.h>
int main() {
    std::signal(SIGALRM, [](int) {});
    itimerval often{{0, 20}, {0, 20}};
    setitimer(ITIMER_REAL, &often, nullptr);
    std::thread([] { for (int i = 0; i < 1000; i++) syscall(SYS_mincore, 4096, 4096, 0); }).join();
    std::puts("went on");
}
"""
    )
    shown = run(str(built.path), profile="program")
    assert shown.call in ("mincore", "?")
    assert shown.stdout == b""


def test_a_call_of_32_bits_is_told_as_forged(build: Callable[..., Build]) -> None:
    built = build(
        'int main() { long r; asm volatile("int $0x80" : "=a"(r) : "a"(20L)); return 0; }'
    )
    shown = run(str(built.path), profile="program")
    if shown.fields[0] and os.WTERMSIG(shown.fields[0]) == signal.SIGSEGV:
        pytest.skip("the kernel has no 32-bit calls")
    assert shown.forged


HOLDS = """
import time
some = bytearray(b"x") * (64 << 20)
time.sleep(0.4)
"""


def test_resident_memory_is_looked_at_where_that_is_asked(cache: Path) -> None:
    argv = ["python", "-c", HOLDS]
    shown = run(sys.executable, profile="script", argv=argv, proc=True, sample_ms=1)
    peak, area = shown.memory
    seconds = shown.fields[1] / 1e9
    assert 64 << 20 < peak < 128 << 20
    assert 0.4 * (64 << 20) < area < peak * seconds
    assert run(sys.executable, profile="script", argv=argv, proc=True).memory == (0, 0)
    assert run(sys.executable, profile="script", argv=argv, sample_ms=1).memory == (0, 0)


MARKS = """
import os
def mark(stage):
    try:
        os.lseek(0x504945, stage, 0)
    except OSError as error:
        print(error.errno, end=" ")
sum(range(1_000_000))
mark(3)
sum(range(9_000_000))
mark(3)
mark(2)
"""


@pytest.mark.parametrize(("profile", "told"), [("script", True), ("interpreter", False)])
def test_the_first_mark_tells_when_a_script_begins_and_no_other_does(
    cache: Path, profile: str, told: bool
) -> None:
    shown = run(sys.executable, profile=profile, argv=["python", "-c", MARKS])
    assert shown.stdout == b"9 9 9 "
    user, system = shown.fields[2:4]
    assert (0 < shown.begun < 0.8 * (user + system)) is told
    assert told or shown.begun == 0


def test_a_signal_of_its_own_is_no_refused_call(build: Callable[..., Build]) -> None:
    shown = run(
        str(build("#include <csignal>\nint main() { raise(SIGSYS); }").path), profile="program"
    )
    assert os.WTERMSIG(shown.fields[0]) == signal.SIGSYS
    assert (shown.call, shown.forged) == ("-", False)


@pytest.mark.slow
def test_a_program_that_uses_no_processor_time_is_ended_after_a_while(
    build: Callable[..., Build],
) -> None:
    built = build("#include <unistd.h>\nint main() { for (;;) pause(); }")
    shown = run(str(built.path), profile="program")
    assert os.WTERMSIG(shown.fields[0]) == signal.SIGKILL
    assert shown.fields[5] == 1


@pytest.mark.parametrize("profile", ["program", "interpreter"])
def test_the_size_of_the_main_stack_is_not_that_of_every_thread(
    build: Callable[..., Build], profile: str
) -> None:
    built = build(
        """#include <cstdio>
#include <pthread.h>
#include <sys/resource.h>
int main() {
    pthread_attr_t usual;
    std::size_t size;
    pthread_attr_init(&usual);
    pthread_attr_getstacksize(&usual, &size);
    rlimit limit = {}, less = {64 << 20, 128 << 20};
    int told = getrlimit(RLIMIT_STACK, &limit);
    std::printf("%zu %d %lu", size >> 20, told, limit.rlim_cur >> 20);
    setrlimit(RLIMIT_STACK, &less);
    getrlimit(RLIMIT_STACK, &limit);
    std::printf(" %lu %lu", limit.rlim_cur >> 20, limit.rlim_max >> 20);
}
"""
    )
    shown = run(str(built.path), profile=profile, stack=256 << 20)
    assert shown.stdout == b"8 0 256 64 128"


def test_without_a_c_compiler_the_remedy_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIE_CACHE", str(tmp_path))
    monkeypatch.setattr("shutil.which", lambda _name: None)
    runner_path.cache_clear()
    try:
        with pytest.raises(MissingTool, match=r"apt-get install g\+\+"):
            runner_path()
    finally:
        runner_path.cache_clear()


def test_a_program_that_naps_is_ended(cache: Path, tmp_path: Path) -> None:
    """With a bound of two seconds asleep."""
    runner = tmp_path / "runner"
    source = Path(sim.__file__).with_name("runner.c")
    command = ["gcc", "-O2", "-static", "-w", "-DASLEEP_SECONDS=2", "-o", str(runner), str(source)]
    subprocess.run(command, check=True)
    argv = ["python", "-c", "import time\nwhile True:\n    time.sleep(0.2)\n"]
    shown = run(sys.executable, profile="interpreter", argv=argv, runner=runner, proc=True)
    status, *_times, idle = shown.fields
    assert idle == 2
    assert os.WTERMSIG(status) == signal.SIGKILL


def test_the_program_never_holds_the_hosts_proc(cache: Path) -> None:
    script = "import os\nprint(sorted(os.listdir('/proc/self/fd')))"
    shown = run(sys.executable, argv=["python", "-c", script], proc=True)
    assert shown.stdout == run(sys.executable, argv=["python", "-c", script]).stdout
