"""Lines of a Python program as the tool sees them: hits are those of `sys.settrace`."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from sim import compiler
from sim.errors import Unsupported
from sim.line_costs import FunctionLines
from sim.machine import Measurement
from sim.machines.counts import Counts
from sim.program import Build, Language, Program
from sim.setting import Setting
from sim.toolchain import Toolchain

USUAL = """
import sys
from functools import lru_cache

class Stack:
    def __init__(self):
        self.items = []
    def push(self, one):
        self.items.append(one)
        return self

def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)

def looped(n):
    i = 0
    while i < n: i += 1
    for k in range(n):
        if k % 3 == 0:
            continue
        i ^= k
    else:
        i += 1
    return i

def count(n):
    i = 0
    while i < n:
        yield i
        i += 1

def through(n):
    yield from count(n)
    yield n

def caught(n):
    total = 0
    for i in range(n):
        try:
            total += 1 // (i % 3)
        except ZeroDivisionError as error:
            total -= len(str(error))
        finally:
            total += 1
    return total

@lru_cache(maxsize=None)
def cached(n):
    return (
        n if n < 2
        else cached(n - 1)
        + cached(n - 2)
    )

def by_key(n):
    def key(x):
        y = -x
        return y
    rows = sorted(range(n), key=key)
    pairs = [(a, b)
             for a in rows
             for b in rows if a < b]
    return len(pairs) + max(map(key, rows))

stack = Stack()
for i in range(4):
    stack.push(i).push(-i)
print(fib(8), looped(20), sum(count(9)), list(through(4)), caught(7), cached(12), by_key(12))
"""


UNUSUAL = """
class Held:
    def __enter__(self):
        return self
    def __exit__(self, kind, error, trace):
        return kind is KeyError

class Step:
    def __await__(self):
        got = yield 1
        return got

async def asked(n):
    total = 0
    for _ in range(n):
        total += await Step()
    return total

def driven(n):
    one = asked(n)
    one.send(None)
    try:
        while True:
            one.send(3)
    except StopIteration as end:
        return end.value

def wrapped(f):
    def inner(*given):
        try:
            return f(*given)
        finally:
            inner.calls += 1
    inner.calls = 0
    return inner

@wrapped
def shape(x):
    match x:
        case [a, b]:
            return a + b
        case {"k": v}:
            return v
        case str():
            return len(x)
    return 0

def echo():
    got = None
    try:
        while True:
            try:
                got = yield got
            except ValueError:
                got = "again"
    finally:
        got = None

def sent():
    one = echo()
    next(one)
    out = [one.send(1), one.throw(ValueError), one.send(2)]
    one.close()
    return out

def swallowed(n):
    for i in range(n):
        with Held(), Held() as h:
            if i % 2:
                raise KeyError(i)
            h = None
    else:
        n += 1
    while (n := n - 1) > 0:
        if n == 2: break
    return n

def deep(n): return deep(n - 1) if n else 0

def crossed(n):
    if n:
        return sorted([n, 1], key=lambda k: crossed(n - 1) + k)[0]
    return 0

print(driven(4), shape([1, 2]), shape({"k": 3}), shape("abc"), shape(1.5), sent())
print(swallowed(5), deep(50), crossed(4), [deep(k) for k in range(3)])
del Held, Step
"""


@pytest.fixture
def setting() -> Setting:
    found = Counts().check()
    if not found.ok:
        pytest.skip(f"{found.problem}; {found.remedy}")
    setting = Setting(Counts())
    version = setting.toolchain.fingerprint(Language.PYTHON)["interpreter"]
    if not version.startswith("Python 3.11."):
        pytest.skip(f"lines are read from CPython 3.11, here is {version}")
    return setting


def built(source: str, setting: Setting) -> Build:
    program = Program(Language.PYTHON, source)
    return compiler.build(program, setting.toolchain, setting.compile_limits)


def profiled(
    source: str, setting: Setting, tmp_path: Path, given: str = ""
) -> tuple[Measurement, list[FunctionLines]]:
    stdin = tmp_path / "input"
    stdin.write_text(given)
    assert isinstance(setting.machine, Counts)
    return setting.machine.profile(built(source, setting), stdin, setting.limits, setting.toolchain)


def hits(functions: list[FunctionLines]) -> dict[tuple[str, int], int]:
    return {
        (one.name, number): cost.hits
        for one in functions
        for number, cost in one.lines.items()
        if cost.hits
    }


def traced(source: str) -> dict[tuple[str, int], int]:
    """Return how often `sys.settrace` tells of each line of each function."""
    counted: Counter[tuple[str, int]] = Counter()

    def trace(frame: FrameType, event: str, _argument: object) -> Any:
        code = frame.f_code
        if code.co_filename != "traced":
            return None
        inner = code.co_name.startswith("<") and code.co_name != "<module>"
        if inner or not (code.co_flags & 1 or code.co_name == "<module>"):
            return None
        if event == "line":
            counted[code.co_qualname, frame.f_lineno] += 1
        return trace

    code = compile(source, "traced", "exec", dont_inherit=True)
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        exec(code, {"__name__": "__main__"})
    finally:
        sys.settrace(before)
    return dict(counted)


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="compared with a trace of CPython 3.11")
@pytest.mark.parametrize("source", [USUAL, UNUSUAL], ids=["usual", "unusual"])
def test_hits_are_those_of_a_trace(source: str, setting: Setting, tmp_path: Path) -> None:
    run, functions = profiled(source, setting, tmp_path)
    assert run.detail == ""
    assert hits(functions) == traced(source)


def test_a_profiled_run_costs_what_the_measured_one_costs(setting: Setting, tmp_path: Path) -> None:
    """The program is not touched: nothing is added that could cost, or be seen."""
    run, functions = profiled(USUAL, setting, tmp_path)
    build = built(USUAL, setting)
    alone = setting.machine.measure(build, tmp_path / "input", setting.limits, setting.toolchain)
    assert (run.cycles, run.stdout) == (alone.cycles, alone.stdout)
    again = profiled(USUAL, setting, tmp_path)
    assert again[1] == functions
    module = next(one for one in functions if one.name == "<module>")
    # What is missing is the harness's: letting go of the program's names at its end.
    assert (run.cycles or 0) - 200_000 < module.cycles < (run.cycles or 0)


def test_a_line_has_the_cost_of_what_it_calls(setting: Setting, tmp_path: Path) -> None:
    source = """\
def f():
    g()
    h()

def g():
    sum(range(20000))

def h():
    pass

f()
"""
    _run, functions = profiled(source, setting, tmp_path)
    by_name = {one.name: one for one in functions}
    heavy = by_name["f"].lines[2].cycles
    assert heavy > 0.99 * by_name["f"].cycles
    assert heavy >= by_name["g"].cycles > 0.99 * heavy
    assert by_name["<module>"].lines[11].cycles >= by_name["f"].cycles


def test_lines_of_a_function_that_calls_itself_add_up_to_its_cost(
    setting: Setting, tmp_path: Path
) -> None:
    source = """\
def f(n):
    if n == 0:
        return 0
    return 1 + f(n - 1)

f(200)
"""
    _run, functions = profiled(source, setting, tmp_path)
    own = next(one for one in functions if one.name == "f")
    call = next(one for one in functions if one.name == "<module>").lines[6]
    assert own.cycles <= call.cycles
    assert own.lines[2].hits == 201
    assert 0 < own.lines[2].cycles < own.cycles


@pytest.mark.parametrize(
    "ending",
    [
        "import sys\nsys.settrace(None)",
        "raise ValueError(1)",
        "import os\nos._exit(3)",
        "import sys\nsys.exit(0)",
        "import sys\nsys.setrecursionlimit(10**6)\nf = lambda: f()\nf()",
        "import ctypes\nctypes.string_at(0)",
        # The frame's pointer to its code, and to the frame before, are overwritten.
        "import ctypes, sys\n"
        "at = ctypes.c_uint64.from_address(id(sys._getframe()) + 24).value\n"
        "for place in (32, 48, 56): ctypes.c_uint64.from_address(at + place).value = 1 << 46\n",
        "f = work.__code__.replace(co_linetable=b'\\xff' * 99, co_firstlineno=1 << 30)\nexec(f)",
    ],
)
def test_a_program_that_ends_badly_gives_what_was_seen(
    ending: str, setting: Setting, tmp_path: Path
) -> None:
    source = f"""\
def work(n):
    total = 0
    for i in range(n):
        total += i

work(50)
{ending}
"""
    _run, functions = profiled(source, setting, tmp_path)
    (work,) = [one for one in functions if one.name == "work"]
    assert {number: cost.hits for number, cost in work.lines.items()} == {2: 1, 3: 51, 4: 50}


def test_an_endless_loop_is_told_of_up_to_its_budget(setting: Setting, tmp_path: Path) -> None:
    stdin = tmp_path / "input"
    stdin.write_text("")
    assert isinstance(setting.machine, Counts)
    limits = setting.bounded(2_000_000).limits
    build = built("def f():\n    while True:\n        pass\n\nf()\n", setting)
    run, functions = setting.machine.profile(build, stdin, limits, setting.toolchain)
    assert "instructions" in run.detail
    (own,) = [one for one in functions if one.name == "f"]
    assert 1_500_000 < own.cycles < 2_100_000


def test_of_threads_each_line_has_its_own_time(setting: Setting, tmp_path: Path) -> None:
    source = """
import threading
def heavy(n):
    total = 0
    for i in range(n):
        total += i * i
def light():
    event.wait()
    return 1
event = threading.Event()
two = threading.Thread(target=light)
two.start()
one = threading.Thread(target=heavy, args=(20000,))
one.start()
one.join()
event.set()
two.join()
"""
    run, functions = profiled(source, setting, tmp_path)
    assert run.detail == ""
    by_name = {one.name: one for one in functions}
    assert by_name["heavy"].lines[6].hits == 20000
    assert by_name["heavy"].cycles > 0.8 * (run.cycles or 0)
    assert by_name["light"].cycles < 0.1 * (run.cycles or 0)


def test_code_that_a_program_makes_belongs_to_the_line_that_runs_it(
    setting: Setting, tmp_path: Path
) -> None:
    source = """\
text = 'for i in range(1000):\\n    i * i\\n'
exec(text)
for i in range(3000): exec('0')
"""
    _run, functions = profiled(source, setting, tmp_path)
    assert [one.name for one in functions] == ["<module>"]
    assert functions[0].lines[3].hits == 3001
    assert sum(cost.cycles for cost in functions[0].lines.values()) == functions[0].cycles


def test_memory_grows_where_it_is_taken_and_falls_where_it_is_given_back(
    setting: Setting, tmp_path: Path
) -> None:
    source = """\
def f():
    block = bytearray(8 << 20)
    copy = bytes(block)
    del block
    return len(copy)

f()
"""
    _run, functions = profiled(source, setting, tmp_path)
    (own,) = [one for one in functions if one.name == "f"]
    lines = own.lines
    assert lines[3].grown_bytes == pytest.approx(8 << 20, rel=0.02)
    assert lines[4].grown_bytes <= 0
    assert lines[3].memory_bytes > own.entered_bytes + (8 << 20)
    # What a function's names held goes when it has returned: at the line that called it.
    assert abs(lines[5].grown_bytes) < 1 << 20
    module = next(one for one in functions if one.name == "<module>")
    assert abs(module.lines[7].grown_bytes) < 1 << 20


def test_another_interpreter_is_read_or_refused_by_name(setting: Setting, tmp_path: Path) -> None:
    """This one: its loop may lie in a shared library, which is loaded anywhere."""
    own = Path(sys.base_prefix) / "bin" / "python3"
    if not own.is_file():
        pytest.skip("this interpreter has no file of its own")
    other = replace(setting, toolchain=Toolchain(interpreter=str(own)))
    source = "def f(n):\n    return n * 2\n\nfor i in range(9):\n    f(i)\n"
    if sys.version_info[:2] != (3, 11):
        with pytest.raises(Unsupported, match="cost by line cannot be read"):
            profiled(source, other, tmp_path)
        return
    _run, functions = profiled(source, other, tmp_path)
    assert hits(functions) == {
        ("<module>", 1): 1,
        ("<module>", 4): 10,
        ("<module>", 5): 9,
        ("f", 2): 9,
    }
