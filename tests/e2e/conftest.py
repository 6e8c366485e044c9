"""`pie` as a user runs it, a small data set, and a look at the processes it leaves behind."""

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.fork_server import SCRIPT, ForkServer

PIE = SCRIPT
PR_SET_CHILD_SUBREAPER = 36

Row = dict[str, Any]
Pie = Callable[..., subprocess.CompletedProcess[str]]

SLOW = """#include <cstdio>
int main() {
    int n;
    if (scanf("%d", &n) != 1) return 1;
    volatile long sum = 0;
    for (int i = 1; i <= n; i++) for (int k = 0; k < 100; k++) sum = sum + (k == 0 ? i : 0);
    printf("%ld\\n", (long) sum);
}
"""
FAST = """#include <cstdio>
int main() {
    long n;
    if (scanf("%ld", &n) != 1) return 1;
    printf("%ld\\n", n * (n + 1) / 2);
}
"""
WRONG = FAST.replace("n + 1", "n + 2")
BROKEN = "int main() { return undeclared; }\n"


def sums(*numbers: int) -> list[dict[str, str]]:
    """Tests for the programs above, inside their row."""
    return [{"input": f"{n}\n", "output": f"{n * (n + 1) // 2}\n"} for n in numbers]


def row(name: str, slow: str = SLOW, fast: str = FAST, **fields: Any) -> Row:
    made = {
        "src_id": f"{name}-slow",
        "tgt_id": f"{name}-fast",
        "problem_id": name,
        "src_code": slow,
        "tgt_code": fast,
        "tests": sums(3, 40),
    }
    return {**made, **fields}


def write_rows(path: Path, *rows: Row | str | bytes) -> Path:
    """Write a pairs file; a row given as text or bytes is written as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        for one in rows:
            line = one if isinstance(one, str | bytes) else json.dumps(one)
            file.write((line.encode() if isinstance(line, str) else line) + b"\n")
    return path


@pytest.fixture(scope="session")
def shared_cache(
    tmp_path_factory: pytest.TempPathFactory, fresh_cache: Callable[[Path], Path]
) -> Path:
    """One cache for all tests that are not about caching, also between xdist's workers."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    return fresh_cache(shared / "pie-cache")


@pytest.fixture
def environment(shared_cache: Path) -> dict[str, str]:
    """The environment of a command; a test may change it."""
    return {**os.environ, "PIE_CACHE": str(shared_cache), "COLUMNS": "120"}


@pytest.fixture(scope="session")
def fork_server() -> Iterator[ForkServer]:
    server = ForkServer()
    yield server
    server.close()


@pytest.fixture
def pie(tmp_path: Path, environment: dict[str, str], fork_server: ForkServer) -> Pie:
    """Run `pie` to its end in the test's folder: the script, or a process that has imported it."""

    def run(
        *arguments: object,
        cwd: Path = tmp_path,
        env: dict[str, str] = environment,
        timeout: float = 900,
        before: Sequence[str] = (),
    ) -> subprocess.CompletedProcess[str]:
        words = list(map(str, arguments))
        if not before and fork_server.can_run(env):
            return fork_server.run(words, cwd, env, timeout)
        return subprocess.run(
            [*before, PIE, *words],
            cwd=cwd,
            env=env,
            timeout=timeout,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture
def start_pie(
    tmp_path: Path, environment: dict[str, str]
) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start `pie` in a process group of its own; whatever still runs at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: object, **options: Any) -> subprocess.Popen[str]:
        given: dict[str, Any] = {"cwd": tmp_path, "env": environment, **options}
        process = subprocess.Popen(
            [str(PIE), *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            **given,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        with contextlib.suppress(ProcessLookupError):  # its workers too, if they outlived it
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def children(of: int) -> list[int]:
    """The processes whose parent is the given one."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(fields[1]) == of:
                    found.append(int(entry.name))
    return found


@pytest.fixture
def left_behind() -> Iterator[Callable[[float], list[str]]]:
    """Tell which descendants of dead drivers still run after some seconds' grace.

    This process becomes their parent, whatever session or environment they have.
    """
    libc = ctypes.CDLL(None)
    before = set(children(os.getpid()))
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    def look(grace_seconds: float) -> list[str]:
        deadline = time.monotonic() + grace_seconds
        while True:
            orphans = set(children(os.getpid())) - before
            for pid in orphans.copy():
                if os.waitpid(pid, os.WNOHANG)[0]:
                    orphans.discard(pid)
            if not orphans or time.monotonic() > deadline:
                return [Path(f"/proc/{pid}/cmdline").read_text() for pid in orphans]
            time.sleep(0.05)

    yield look
    libc.prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
