"""How fast `skylake` is in CPU time beside `cachegrind`, and beside gem5 where PIE_GEM5 names one.

Usage: skylake_speed.py [REPEATS [MOST_MILLIONS]]. On an empty program (start-up), a loop, a sort,
and the slow program of each of `examples/problems`, each on its largest input of at most
MOST_MILLIONS instructions (50; 4 beside gem5, of which each run then takes less than a minute):
seconds of user CPU time of the best run (gem5: of the process that simulates), sandbox and all;
million instructions a second over what the run takes beyond the empty program; how many times
gem5's speed that is; wall-clock seconds and largest process of a run on `skylake`.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from unittest import mock

from sim import compiler, sandbox
from sim.ended import Ended
from sim.limits import CompileLimits, Limits
from sim.machine import Machine, Measurement
from sim.machines import machine
from sim.program import Build, Language, Program
from sim.toolchain import Toolchain

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PROGRAMS = {
    "empty": "int main() {}",
    "loop": '#include <cstdio>\nint main() { int n = 0; scanf("%d", &n); unsigned x = 1;\n'
    'for (int i = 0; i < n; i++) x = x * 1664525u + (x >> 7); std::printf("%u", x); }',
    "sort": "#include <algorithm>\n#include <cstdio>\n#include <vector>\nint main() { int n = 0;\n"
    'scanf("%d", &n); std::vector<unsigned> v(n / 40); unsigned x = 1;\n'
    "for (auto &e : v) e = x = x * 1664525u + 7;\n"
    'std::sort(v.begin(), v.end()); std::printf("%u", v[0]); }',
}
SIZES = (8_000_000, 4_000_000, 1_000_000, 700_000)


class Cost(NamedTuple):
    """What a run costs the host."""

    user_seconds: float
    wall_seconds: float
    resident_bytes: int


def timed(on: Machine, build: Build, stdin: Path, repeats: int = 1) -> tuple[Cost, Measurement]:
    """Return the cheapest run's cost, and the run."""
    costs = []
    for _ in range(repeats):
        ended: list[Ended] = []
        with mock.patch.object(sandbox, "run", side_effect=_keeping(sandbox.run, ended)):
            run = on.measure(build, stdin, Limits(), Toolchain())
        # gem5's server lives on: the machine tells the CPU time of the run itself.
        alone = [(one.user_seconds, one.wall_seconds, one.resident_bytes) for one in ended]
        costs.append(Cost(*alone[-1]) if alone else Cost(run.host_seconds, run.host_seconds, 0))
    return min(costs), run


def _keeping(inner: Callable[..., Ended], ended: list[Ended]) -> Callable[..., Ended]:
    def run(*arguments: object, **options: object) -> Ended:
        ended.append(inner(*arguments, **options))
        return ended[-1]

    return run


def programs(scratch: Path) -> list[tuple[str, Program, list[Path]]]:
    """Return name, program and inputs, the largest first."""
    for size in SIZES:
        (scratch / f"{size}.txt").write_text(f"{size}\n")
    sizes = [scratch / f"{size}.txt" for size in SIZES]
    found = [(name, Program(Language.CPP, text), sizes) for name, text in PROGRAMS.items()]
    for file in sorted(EXAMPLES.glob("problems/*/slow.cpp")):
        inputs = sorted((EXAMPLES / "test_cases" / file.parent.name).glob("input.*.txt"))
        inputs.sort(key=lambda path: -path.stat().st_size)
        found.append((file.parent.name, Program(Language.CPP, file.read_text()), inputs))
    return found


def chosen(build: Build, inputs: list[Path], most: float) -> tuple[Path, Measurement]:
    """Return the first input whose run is short enough, else the one of the shortest run."""
    runs = []
    for stdin in inputs:
        run = timed(machine("skylake"), build, stdin)[1]
        runs.append((stdin, run))
        if (run.instructions or 0) <= most:
            return stdin, run
    return min(runs, key=lambda one: one[1].instructions or 0)


def main() -> None:
    names = ["skylake", "cachegrind", *(["gem5"] if os.environ.get("PIE_GEM5") else [])]
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    most = 1e6 * float(sys.argv[2] if len(sys.argv) > 2 else 4 if "gem5" in names else 50)
    start: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for name, program, inputs in programs(Path(scratch)):
            build = compiler.build(program, Toolchain(), CompileLimits())
            stdin, run = chosen(build, inputs, most)
            instructions = run.instructions or 0
            line: dict[str, object] = {"program": name, "instructions": instructions}
            rates = {}
            for kind in names:
                cost, _ = timed(machine(kind), build, stdin, 1 if kind == "gem5" else repeats)
                beyond = cost.user_seconds - start.setdefault(kind, cost.user_seconds)
                line[f"{kind}_s"] = round(cost.user_seconds, 3)
                if beyond > 0.01:
                    rates[kind] = instructions / beyond / 1e6
                    line[f"{kind}_million_a_second"] = round(rates[kind], 2)
                if kind == "skylake":
                    line["skylake_wall_s"] = round(cost.wall_seconds, 3)
                    line["skylake_peak_mib"] = cost.resident_bytes >> 20
            if {"skylake", "gem5"} <= rates.keys():
                line["times_gem5"] = round(rates["skylake"] / rates["gem5"], 1)
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
