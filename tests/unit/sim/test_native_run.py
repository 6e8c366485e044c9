"""Native runs of scripts from one warmed interpreter: each alone, whatever the others did."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sim import calls, compiler, native_guest, native_run, sandbox, warm_interpreter
from sim.ended import Ended
from sim.limits import MIB, CompileLimits, Limits
from sim.native_guest import allowance_for
from sim.native_run import NativeRuns
from sim.program import Build, Language, Program
from sim.toolchain import Toolchain

TOOLCHAIN = Toolchain()
LIMITS = Limits(
    max_instructions=400_000_000, memory_bytes=128 * MIB, output_bytes=MIB, file_bytes=MIB
)


@pytest.fixture(autouse=True)
def full() -> None:
    if sandbox.level() != "full":
        pytest.skip(f"needs the full sandbox: {sandbox.why_partial()}")


@pytest.fixture(scope="module", autouse=True)
def ended() -> Iterator[None]:
    yield
    warm_interpreter.close_all()


def script(source: str, entry_point: str = "") -> Build:
    program = Program(Language.PYTHON, source, entry_point)
    made = compiler.build(program, TOOLCHAIN, CompileLimits())
    assert made.verdict is None, made.detail
    return made


def run(source: str, entry_point: str = "", stdin: Path | None = None) -> Ended:
    allowance = allowance_for(LIMITS)
    with NativeRuns(script(source, entry_point), TOOLCHAIN, allowance, shared=False) as native:
        return native.run(stdin)


def said(source: str) -> str:
    ran = run(source)
    return f"{ran.reason} {ran.stdout.decode()} {ran.stderr.decode()}"


def servers() -> list[object]:
    return [server for server in warm_interpreter._SERVERS.values() if not server.gone]


LOOP = "def f(n):\n    s = 0\n    for i in range(n):\n        s += i * i % 7\n    return s\n"


def test_the_start_of_the_interpreter_is_told_apart(tmp_path: Path) -> None:
    test = calls.call_test("0", tmp_path, [300_000], None)
    warmed = run(LOOP, "f", test.input_path)
    assert servers()
    # The same program with a start of its own: its own work is the same, its start is another.
    alone = sandbox.run(
        native_guest.guest_for(script(LOOP, "f"), TOOLCHAIN), allowance_for(LIMITS), test.input_path
    )
    assert warmed.stdout == alone.stdout
    for ran in (warmed, alone):
        assert 0 < ran.start_seconds < ran.cpu_seconds
        assert ran.own_seconds == pytest.approx(ran.cpu_seconds - ran.start_seconds)
    assert warmed.start_seconds < 0.5 * alone.start_seconds


def test_a_mark_of_the_programs_own_takes_nothing_off(tmp_path: Path) -> None:
    forged = LOOP.replace(
        "    return s",
        "    import os\n    for stage in (3, 2, 1, 3):\n        try:\n"
        "            os.lseek(0x504945, stage, 0)\n        except OSError:\n            pass\n"
        "    return s",
    )
    test = calls.call_test("0", tmp_path, [300_000], None)
    ran = run(forged, "f", test.input_path)
    assert ran.ok
    assert ran.start_seconds < 0.5 * ran.cpu_seconds


# What is left, and how it is looked for.
CHANNELS = {
    "temporary files": ("open('/tmp/note', 'w').write('x')", "print(os.listdir('/tmp'))"),
    "a file that is gone again": (
        "open('/tmp/note', 'w').close(); os.remove('/tmp/note')",
        "print(os.stat('/tmp').st_mtime == os.stat('/tmp').st_ctime, os.listdir('/tmp'))",
    ),
    "shared memory's files": (
        "open('/dev/shm/note', 'w').write('x')",
        "print(os.path.exists('/dev/shm/note'))",
    ),
    "modules": (
        "sys.modules['math'] = None; import json",
        "import math; print('json' in globals())",
    ),
    "what modules hold": ("import math; math.pi = 3", "import math; print(math.pi)"),
    "what builtins hold": ("import builtins; builtins.len = 3", "print(len('abc'))"),
    "the state of chance": (
        "import random; random.seed(7); random.random()",
        "import random; print(random.random(), random.gauss(0, 1))",
    ),
    "the environment": ("os.environ['NOTE'] = 'x'", "print(os.environ.get('NOTE'))"),
    "the folder": ("os.chdir('/usr')", "print(os.getcwd())"),
    "the mask of rights": ("os.umask(0)", "print(os.umask(0))"),
    "signals": (
        "import signal; signal.signal(signal.SIGUSR1, signal.SIG_IGN)",
        "import signal; print(signal.getsignal(signal.SIGUSR1))",
    ),
    "alarms": (
        "import signal; signal.signal(14, signal.SIG_IGN); signal.setitimer(0, 0.2)",
        "import signal; print(signal.getitimer(0))",
    ),
    "limits of the process": (
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (9, 9))",
        "import resource; print(resource.getrlimit(resource.RLIMIT_NOFILE))",
    ),
    "the limit of recursion": ("sys.setrecursionlimit(77)", "print(sys.getrecursionlimit())"),
    "descriptors": (
        "os.dup2(1, 9); os.set_inheritable(9, True)",
        "print([n for n in range(64) if there(n)])",
    ),
    "flags of standard input": (
        "import fcntl; fcntl.fcntl(0, 4, 2048)",
        "import fcntl; print(fcntl.fcntl(0, 3))",
    ),
    "threads": (
        "import threading, time\n"
        "threading.Thread(target=time.sleep, args=(9,), daemon=True).start()",
        "import threading as t; print(t.active_count(), t.get_native_id() == os.getpid())",
    ),
    "an end of its own": ("os._exit(3)", "print('well')"),
    "a signal to itself": ("os.kill(os.getpid(), 9)", "print('well')"),
    "signals to the others": (
        "for number in (0, -1, 1, 2, os.getppid(), os.getpid() - 1, os.getpid() - 2):\n"
        "    try: os.kill(number, 9)\n"
        "    except OSError: pass",
        "print('well')",
    ),
    "a process": ("os.fork()", "print('well')"),
    "more memory than it may have": ("x = bytearray(600 << 20)", "print('well')"),
    "a stack without end": (
        "sys.setrecursionlimit(10 ** 9)\ndef f(): f()\nf()",
        "print('well')",
    ),
    "a flood": ("while True: print('x' * 10 ** 5)", "print('well')"),
    "a dead standard output": ("os.close(1); os.close(0); os.close(2)", "print('well')"),
    "the harness": (
        "f = sys._getframe()\nwhile f:\n    f.f_globals.clear(); f = f.f_back",
        "print('well')",
    ),
    "its names for tests": (
        "for frame in [sys._getframe(1)]:\n"
        "    frame.f_globals['part'] = frame.f_globals['mark'] = None",
        "print('well')",
    ),
}
START = """import os, sys
def there(n):
    try:
        os.fstat(n)
    except OSError:
        return False
    return True
"""


@pytest.mark.parametrize("channel", CHANNELS)
def test_nothing_that_one_script_does_is_seen_by_the_next(channel: str) -> None:
    writer, reader = CHANNELS[channel]
    before = said(START + reader)
    assert "exit code 0" in before, before
    for _ in range(2):
        run(START + writer)
    assert said(START + reader) == before
    assert servers(), "there is no warmed interpreter"


@pytest.mark.parametrize(
    ("source", "outcome"),
    [
        ("import os\nos.fork()", "Operation not permitted"),
        ("import os\nos.posix_spawn('/bin/true', ['true'], {})", "Operation not permitted"),
        ("import os\nos.execv('/bin/true', ['true'])", "Operation not permitted"),
        ("import os\nos.kill(os.getppid(), 9)", "Operation not permitted"),
        ("import os\nos.kill(0, 0)", "Operation not permitted"),
        ("import os\nos.kill(os.getpid(), 15)", "killed by SIGTERM"),
        ("import os\nos.abort()", "killed by SIGABRT"),
        ("import ctypes\nctypes.CDLL(None).mincore(0, 0, 0)", "it made the system call mincore"),
        ("import threading\nt = threading.Thread(target=print, args=(5,))\nt.start()", "5"),
        ("import signal\nsignal.raise_signal(2)", "KeyboardInterrupt"),
        ("import os\nprint(len(os.sched_getaffinity(0)) > 0)", "True"),
    ],
)
def test_a_test_has_no_right_that_a_program_has_not(source: str, outcome: str) -> None:
    assert outcome in said(source)


def test_a_new_process_draws_the_same_by_chance() -> None:
    source = "import random\nprint(random.random())"
    alone = sandbox.run(native_guest.guest_for(script(source), TOOLCHAIN), allowance_for(LIMITS))
    assert run(source).stdout == alone.stdout


def test_a_traceback_shows_the_programs_frames_alone() -> None:
    told = run("def f():\n    1 // 0\nf()\n").stderr.decode()
    assert told.count("File ") == 2
    assert told.count('File "/pie/main.py"') == 2
    assert "ZeroDivisionError" in told


def test_each_test_has_its_own_limit_of_time() -> None:
    ran = run("while True: pass")
    assert ran.exhausted(LIMITS.cpu_seconds)
    assert ran.cpu_seconds > 0.5 * LIMITS.cpu_seconds
    assert run("print(1)").stdout == b"1\n"


def test_where_no_interpreter_can_be_warmed_each_test_has_a_start_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(warm_interpreter, "run", lambda *_: None)
    monkeypatch.setattr(native_run, "_unserved", set())
    ran = run("print(1)")
    assert ran.stdout == b"1\n"
    assert 0 < ran.start_seconds < ran.cpu_seconds


STACK_OF_A_THREAD = """#include <cstdio>
#include <pthread.h>
int main() {
    pthread_attr_t usual;
    std::size_t size;
    pthread_attr_init(&usual);
    pthread_attr_getstacksize(&usual, &size);
    std::printf("%zu", size >> 20);
}
"""


def test_threads_have_the_usual_stack_on_each_test(build: Callable[..., Build]) -> None:
    with NativeRuns(
        build(STACK_OF_A_THREAD), TOOLCHAIN, allowance_for(Limits()), shared=True
    ) as native:
        assert [native.run(None).stdout for _ in range(3)] == [b"8"] * 3
