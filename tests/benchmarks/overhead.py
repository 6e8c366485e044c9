"""CPU time for each measured run, over the bare instrument: same programs, inputs, and options.

Both sides are read from the kernel's accounting of finished children (`getrusage`). The toolkit's
side is a whole measured run as a worker does it: sandbox, runner, capture, comparison.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from sim import process
from sim.compiler import build
from sim.jobs import MeasureJob
from sim.limits import CompileLimits, Limits
from sim.machines import machine
from sim.machines.cachegrind import cost_model, tool_path
from sim.program import Build, Language, Program, TestCase
from sim.setting import Setting

_STDIO = """#include <cstdio>
int main() { int n; std::scanf("%d", &n); std::printf("%d\\n", n); }
"""
_IOSTREAM = """#include <iostream>
int main() { int n; std::cin >> n; std::cout << n << '\\n'; }
"""
SOURCES = {"stdio": _STDIO, "iostream": _IOSTREAM}


def cpu_seconds() -> float:
    """Return the CPU time of this process and of its finished children."""
    total = 0.0
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        usage = resource.getrusage(who)
        total += usage.ru_utime + usage.ru_stime
    return total


def bare(built: Build, given: Path) -> float:
    """Run the instrument alone on a program; return the CPU time used."""
    geometry = [f"--{level}={shape}" for level, shape in cost_model()["geometry"].items()]
    command = [
        str(tool_path()),
        "--tool=cachegrind",
        "--log-file=/dev/null",
        "--cachegrind-out-file=/dev/null",
        "--branch-sim=yes",
        *geometry,
        f"--main-stacksize={Limits().stack_bytes}",
        "--vgdb=no",
        str(built.path),
    ]
    env = {"VALGRIND_LIB": str(tool_path().parent), "VALGRIND_LAUNCHER": "/usr/bin/valgrind"}
    before = cpu_seconds()
    with given.open("rb") as stdin:
        subprocess.run(command, stdin=stdin, stdout=subprocess.PIPE, env=env, check=True)
    return cpu_seconds() - before


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    process.become_subreaper()
    setting = Setting(machine("cachegrind"))
    result = {}
    with tempfile.TemporaryDirectory() as folder:
        given, expected = Path(folder, "in"), Path(folder, "out")
        given.write_text("7\n")
        expected.write_text("7\n")
        test = TestCase("0", given, expected, "in", "out")
        for name, source in SOURCES.items():
            program = Program(Language.CPP, source)
            built = build(program, setting.toolchain, CompileLimits())
            job = MeasureJob((program,), (built,), test, setting, "")
            ours, alone = [], []
            for _ in range(rounds):
                alone.append(bare(built, given))
                before = cpu_seconds()
                assert job.run()[0].verdict == "accepted"
                ours.append(cpu_seconds() - before)
            result[name] = {
                "bare_ms": round(1e3 * statistics.median(alone), 2),
                "toolkit_ms": round(1e3 * statistics.median(ours), 2),
                "overhead_ms": round(
                    1e3 * statistics.median(a - b for a, b in zip(ours, alone, strict=True)), 2
                ),
            }
    print(json.dumps({"rounds": rounds, "load": os.getloadavg()[0], **result}))


if __name__ == "__main__":
    main()
