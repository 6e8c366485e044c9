"""The last trusted process before a program: its limits hold, and only it can report."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from sim import process
from sim.errors import MissingTool
from sim.program import Build
from sim.runner import runner_path


@dataclass(frozen=True)
class Report:
    """What the runner wrote, and how it ended itself."""

    fields: list[int]
    returncode: int
    stdout: bytes
    stderr: bytes


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
) -> Report:
    reader, writer = os.pipe()
    try:
        done = process.run(
            [
                str(runner_path()),
                str(writer),
                profile,
                *map(str, (cpu, memory, stack, file, 64, -1)),
                program,
                *argv,
            ],
            env={"SEEN": "yes", "PWD": "/somewhere"},
            cwd=str(cwd) if cwd else None,
            extra={reader: 4096},
            close_after_start=[writer],
            guard_seconds=60,
        )
    finally:
        os.close(reader)
    fields = [int(word) for word in done.extra[reader].split()]
    return Report(fields, done.returncode, done.stdout, done.stderr)


def test_a_report_has_status_times_and_memory(cache: Path) -> None:
    shown = run("/bin/sh", argv=["sh", "-c", "exit 7"])
    status, wall, user, system, resident, idle = shown.fields
    assert os.WEXITSTATUS(status) == 7
    assert wall > 0
    assert user + system < wall / 1000 + 20_000
    assert 100 < resident < 100_000
    assert idle == 0
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
    assert os.WTERMSIG(shown.fields[0]) == signal.SIGSYS
    assert shown.stdout == b""


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
int main() {
    pthread_attr_t usual;
    std::size_t size;
    pthread_attr_init(&usual);
    pthread_attr_getstacksize(&usual, &size);
    std::printf("%zu", size >> 20);
}
"""
    )
    assert run(str(built.path), profile=profile, stack=256 << 20).stdout == b"2"


def test_without_a_c_compiler_the_remedy_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIE_CACHE", str(tmp_path))
    monkeypatch.setattr("shutil.which", lambda _name: None)
    runner_path.cache_clear()
    try:
        with pytest.raises(MissingTool, match=r"sudo apt-get install g\+\+"):
            runner_path()
    finally:
        runner_path.cache_clear()
