"""The cost of Python programs: their own, whatever ran before them and whatever they claim."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sim import calls, compiler, sandbox, warm_interpreter
from sim.limits import CompileLimits, Limits
from sim.machine import Measurement
from sim.machines.counts import Counts
from sim.machines.skylake import Skylake
from sim.machines.tool_runs import ToolRuns
from sim.program import Build, Language, Program
from sim.toolchain import Toolchain
from sim.verdict import Verdict

LOOP = "def f(n):\n    s = 0\n    for i in range(n):\n        s += i * i % 7\n    return s\n"
FILLS_THE_HEAP = "rows = [[i] for i in range(100_000)]\nprint(len(rows))\n"
TOOLCHAIN = Toolchain()
LIMITS = Limits()


@pytest.fixture(autouse=True)
def needs_the_tool() -> None:
    if not Counts().check().ok:
        pytest.skip("needs valgrind and gcc")


@pytest.fixture(scope="module", autouse=True)
def ended() -> Iterator[None]:
    yield
    warm_interpreter.close_all()


def build(source: str, entry_point: str = "") -> Build:
    program = Program(Language.PYTHON, source, entry_point)
    made = compiler.build(program, TOOLCHAIN, CompileLimits())
    assert made.verdict is None, made.detail
    return made


def scripted(
    source: str, text: str, folder: Path, machine: ToolRuns | None = None, limits: Limits = LIMITS
) -> Measurement:
    given = folder / "input"
    given.write_text(text)
    return (machine or Counts()).measure(build(source), given, limits, TOOLCHAIN)


def called(
    source: str, argument: object, folder: Path, machine: ToolRuns | None = None
) -> Measurement:
    test = calls.call_test("0", folder, [argument], None)
    made = (machine or Counts()).measure(build(source, "f"), test.input_path, Limits(), TOOLCHAIN)
    assert made.verdict is Verdict.ACCEPTED, made.detail
    return made


def cost(run: Measurement) -> tuple[int, int, bytes]:
    assert run.cycles is not None
    assert run.instructions is not None
    return run.cycles, run.instructions, run.stdout


def test_the_start_is_no_part_of_the_cost(tmp_path: Path) -> None:
    run = scripted("print(input())\n", "hello\n", tmp_path)
    assert run.stdout == b"hello\n"
    assert run.startup["instructions"] > 100 * (run.instructions or 0) > 0


def test_a_cost_is_the_same_alone_again_and_after_a_full_heap(tmp_path: Path) -> None:
    first = called(LOOP, 1000, tmp_path)
    for source in (FILLS_THE_HEAP, "import os\nos._exit(3)\n", "1 // 0\n"):
        scripted(source, "", tmp_path)
    for argument in range(5):
        called(LOOP, argument, tmp_path)
    assert cost(called(LOOP, 1000, tmp_path)) == cost(first)
    warm_interpreter.close_all()
    again = called(LOOP, 1000, tmp_path)
    assert cost(again) == cost(first)
    assert again.startup == first.startup


@pytest.mark.parametrize(
    "addition", ["# a comment", "\n\n# " + "long " * 500, "   ", '#"""\n#é ß\n']
)
def test_a_comment_behind_it_costs_nothing(addition: str, tmp_path: Path) -> None:
    assert build(LOOP + addition, "f").digest == build(LOOP, "f").digest
    assert cost(called(LOOP + addition, 100, tmp_path)) == cost(called(LOOP, 100, tmp_path))


def test_ten_times_the_work_costs_ten_times_as_much(tmp_path: Path) -> None:
    short, long = (called(LOOP, n, tmp_path).instructions or 0 for n in (3_500, 35_000))
    assert long / short == pytest.approx(10, rel=0.02)


FORGES = """
import os
for stage in (1, 2, 3, 3, 2, 1):
    try:
        os.lseek(0x504945, stage, 0)
    except OSError:
        pass
def f(n):
    try:
        os.lseek(0x504945, 3, 0)
    except OSError:
        pass
    s = 0
    for i in range(n):
        s += i * i % 7
        if i == n // 2:
            try:
                os.lseek(0x504945, 3, 0)
            except OSError:
                pass
    return s
"""


def test_a_mark_that_a_program_makes_is_worth_nothing(tmp_path: Path) -> None:
    honest, forged = called(LOOP, 5000, tmp_path), called(FORGES, 5000, tmp_path)
    assert forged.stdout == honest.stdout
    assert (forged.instructions or 0) > (honest.instructions or 0)


def test_a_budget_is_the_programs_own(tmp_path: Path) -> None:
    within = scripted("print(sum(range(1000)))\n", "", tmp_path, limits=Limits(500_000))
    assert within.verdict is Verdict.ACCEPTED
    beyond = scripted("while True: pass\n", "", tmp_path, limits=Limits(500_000))
    assert beyond.verdict is Verdict.TIME_LIMIT
    assert "500000 instructions" in beyond.detail


def test_work_at_import_in_threads_and_at_the_end_counts(tmp_path: Path) -> None:
    work = "sum(i * i % 7 for i in range(20_000))"
    plain = scripted("pass\n", "", tmp_path).instructions or 0
    for source in (
        f"{work}\n",
        f"import threading\nt = threading.Thread(target=lambda: {work})\nt.start()\n",
        f"import atexit\natexit.register(lambda: {work})\n",
        f"class A:\n    def __del__(self):\n        {work}\na = A()\n",
        f"import sys\nsys.excepthook = lambda *given: {work}\n1 // 0\n",
    ):
        assert (scripted(source, "", tmp_path).instructions or 0) > plain + 5_000_000, source


def test_chance_and_time_are_the_same_in_each_run(tmp_path: Path) -> None:
    source = (
        "import os, random, time, uuid\n"
        "print(random.random(), time.time(), uuid.uuid4(), os.urandom(4), hash('a'), id([]))\n"
    )
    assert cost(scripted(source, "", tmp_path)) == cost(scripted(source, "", tmp_path))


@pytest.mark.parametrize(
    ("source", "output", "status"),
    [
        ("import sys\nsys.exit(3)\n", b"", 3),
        ("import sys\nsys.exit('a reason')\n", b"", 1),
        ("raise SystemExit\n", b"", 0),
        ("import sys\nsys.stdout.write('no end of line')\n", b"no end of line", 0),
        ("import os\nos.write(1, b'a')\nprint('b')\n", b"ab\n", 0),
        ("class A:\n    def __del__(self):\n        print('gone')\na = A()\n", b"gone\n", 0),
        ("import atexit\natexit.register(print, 'at exit')\nprint(1)\n", b"1\nat exit\n", 0),
        ("f = open('/dev/stdout', 'w')\nf.write('kept')\n", b"kept", 0),
        ("print(__name__, __file__)\n", b"__main__ /pie/main.py\n", 0),
        ("import __main__\nx = 1\nprint(__main__.x)\n", b"1\n", 0),
        ("import sys\nprint(sys.argv)\n", b"['/pie/main.py']\n", 0),
        ("import sys\nfor line in sys.stdin: print(line.strip())\n", b"1\n2\n", 0),
        ("print(open(0).read().split())\n", b"['1', '2']\n", 0),
        ("import sys\nprint(sys.stdin.buffer.readline())\n", b"b'1\\n'\n", 0),
        ("def f(n): return n and f(n - 1)\nprint(f(990))\n", b"0\n", 0),
    ],
)
def test_a_script_does_what_it_does_without_the_harness(
    source: str, output: bytes, status: int, tmp_path: Path
) -> None:
    run = scripted(source, "1\n2\n", tmp_path)
    assert (run.verdict is Verdict.ACCEPTED) is (status == 0)
    assert f"exit code {status}" in run.detail or status == 0
    if not status:
        assert run.stdout == output


def test_without_namespaces_each_run_has_a_start_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIE_SANDBOX", "partial")
    sandbox.level.cache_clear()
    try:
        first, second = called(LOOP, 1000, tmp_path), called(LOOP, 1000, tmp_path)
    finally:
        sandbox.level.cache_clear()
    assert cost(first) == cost(second)
    # Without namespaces the start sees the host's names and dates; the program's own cost does not.
    assert all(one.startup["instructions"] > cost(one)[0] for one in (first, second))


@pytest.mark.slow
def test_the_model_costs_a_short_run_as_a_part_of_a_long_one(tmp_path: Path) -> None:
    costs = [called(LOOP, n, tmp_path, Skylake()).cycles or 0 for n in (3_100, 6_200, 12_400)]
    each = (costs[2] - costs[1]) / 6_200
    assert costs[0] == pytest.approx(3_100 * each, rel=0.02)
    counted = called(LOOP, 3_100, tmp_path).instructions
    assert called(LOOP, 3_100, tmp_path, Skylake()).instructions == counted
