"""CPU time of a native test of a Python function: from a warmed interpreter, or a start of its own.

    python_test_cpu.py [TESTS]

All of it counts: driver, sandbox, runner, interpreter, and the test's own process.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sim import calls, compiler, process, sandbox
from sim.ended import Ended
from sim.limits import CompileLimits, Limits
from sim.native_guest import allowance_for, guest_for
from sim.native_run import NativeRuns
from sim.program import Language, Program
from sim.toolchain import Toolchain

LOOP = "def f(n):\n    s = 0\n    for i in range(n):\n        s += i * i % 7\n    return s\n"
TICKS = os.sysconf("SC_CLK_TCK")


def descendants_seconds() -> float:
    """Return the CPU time of all processes below this one, with those that they waited for."""
    children: dict[int, list[tuple[int, int]]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        used_ticks = sum(map(int, fields[11:15]))
        children.setdefault(int(fields[1]), []).append((int(folder.name), used_ticks))
    total, left = 0, [os.getpid()]
    while left:
        for pid, ticks in children.get(left.pop(), []):
            total += ticks
            left.append(pid)
    return total / TICKS


def used() -> float:
    own = os.times()
    return own.user + own.system + own.children_user + own.children_system + descendants_seconds()


def report(name: str, run: Callable[[], Ended], tests: int) -> None:
    run()
    before, begun, own = used(), time.monotonic(), 0.0
    for _ in range(tests):
        own += run().own_seconds
    cpu, wall = (used() - before) / tests, (time.monotonic() - begun) / tests
    print(
        f"{name}: {cpu * 1e3:.1f} ms of CPU time a test, {own / tests * 1e3:.2f} of them its own; "
        f"{wall * 1e3:.1f} ms by the clock; load {os.getloadavg()[0]:.0f}"
    )


def main() -> None:
    tests = int(sys.argv[1]) if sys.argv[1:] else 500
    toolchain, allowance = Toolchain(), allowance_for(Limits())
    process.become_subreaper()
    build = compiler.build(Program(Language.PYTHON, LOOP, "f"), toolchain, CompileLimits())
    with tempfile.TemporaryDirectory() as folder:
        given = calls.call_test("0", Path(folder), [1000], None).input_path
        with NativeRuns(build, toolchain, allowance, shared=False) as native:
            report("from a warmed interpreter", lambda: native.run(given), tests)
        guest = guest_for(build, toolchain)
        report(
            "with a start of its own", lambda: sandbox.run(guest, allowance, given), tests // 10 + 1
        )


if __name__ == "__main__":
    main()
