"""How fast `skylake` is beside `cachegrind`, and beside gem5 where PIE_GEM5 names one.

Usage: skylake_speed.py [REPEATS]. On an empty program (start-up), a loop, a sort, and the slow
program of each of `examples/problems` on its largest test: wall-clock seconds of the best run,
sandbox and all; instructions a second over what the run takes beyond the empty program; and the
largest process of one run on `skylake`.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from sim import compiler
from sim.limits import CompileLimits, Limits
from sim.machine import Machine
from sim.machines import machine
from sim.program import Build, Language, Program
from sim.toolchain import Toolchain

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PROGRAMS = {
    "empty": "int main() {}",
    "loop": "#include <cstdio>\nint main() { unsigned x = 1; for (int i = 0; i < 4000000; i++)\n"
    'x = x * 1664525u + (x >> 7); std::printf("%u", x); }',
    "sort": "#include <algorithm>\n#include <cstdio>\n#include <vector>\nint main() {\n"
    "std::vector<unsigned> v(100000); unsigned x = 1; for (auto &e : v) e = x = x * 1664525u + 7;\n"
    'std::sort(v.begin(), v.end()); std::printf("%u", v[0]); }',
}


def seconds(on: Machine, build: Build, stdin: Path, repeats: int) -> tuple[float, int]:
    """Return the best wall-clock time of a run, and its instructions."""
    runs = [on.measure(build, stdin, Limits(), Toolchain()) for _ in range(repeats)]
    return min(run.host_seconds for run in runs), runs[0].instructions or 0


def peak_mib(build: Build, stdin: Path) -> int:
    """Return the memory of a run's largest process, in MiB; to be asked in a fresh process."""
    seconds(machine("skylake"), build, stdin, 1)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    work = [
        (name, Program(Language.CPP, text), Path("/dev/null")) for name, text in PROGRAMS.items()
    ]
    for file in sorted(EXAMPLES.glob("problems/*/slow.cpp")):
        inputs = (EXAMPLES / "test_cases" / file.parent.name).glob("input.*.txt")
        largest = max(sorted(inputs), key=lambda path: path.stat().st_size)
        work.append((file.parent.name, Program(Language.CPP, file.read_text()), largest))
    names = ["skylake", "cachegrind", *(["gem5"] if os.environ.get("PIE_GEM5") else [])]
    start = dict.fromkeys(names, 0.0)
    for name, program, given in work:
        build = compiler.build(program, Toolchain(), CompileLimits())
        line: dict[str, object] = {"program": name}
        for kind in names:
            took, instructions = seconds(machine(kind), build, given, repeats)
            if name == "empty":
                start[kind] = took
            line["instructions"] = instructions
            line[f"{kind}_s"] = round(took, 3)
            if took - start[kind] > 0.01:
                rate = instructions / (took - start[kind]) / 1e6
                line[f"{kind}_million_a_second"] = round(rate, 2)
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as fresh:
            line["skylake_peak_mib"] = fresh.submit(peak_mib, build, given).result()
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
