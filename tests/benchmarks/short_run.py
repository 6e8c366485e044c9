"""CPU time of a short measured run beside that of `valgrind --tool=none` on the same program.

Usage: short_run.py [ROUNDS [ENOUGH]]. The program's tests share a start. Each round measures as
much of `--tool=none` before it as after it, so that other work on the host adds to both alike, and
gives one ratio; the median of the rounds counts. It ends early at a ratio of ENOUGH. CPU time is
the kernel's accounting: sandbox, runner, instrument and this process.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from one_start import Ended, reap_all
from overhead import cpu_seconds

from sim import process
from sim.compiler import build
from sim.limits import CompileLimits, Limits
from sim.machines.skylake import Skylake
from sim.program import Build, Language, Program
from sim.toolchain import Toolchain

PROGRAM = """#include <algorithm>
#include <iostream>
#include <map>
#include <vector>
int main() {
    int n;
    std::cin >> n;
    std::vector<long> values(n);
    for (auto &one : values) std::cin >> one;
    std::sort(values.begin(), values.end());
    std::map<long, int> times;
    for (auto one : values) times[one]++;
    std::cout << values[0] << ' ' << times.size() << std::endl;
}
"""
TESTS = 20
LEAST_ROUNDS, AROUND = 5, 3
LIMITS, TOOLCHAIN = Limits(max_instructions=10_000_000), Toolchain()


def spent(work: Callable[[], object]) -> float:
    before = cpu_seconds()
    work()
    reap_all()
    return cpu_seconds() - before


def alone(valgrind: str, built: Build, given: Path) -> None:
    with given.open("rb") as stdin:
        command = [valgrind, "--tool=none", "-q", str(built.path)]
        done = process.run(command, stdin=stdin.fileno())
    assert done.returncode == 0, done.stderr


def shared(built: Build, inputs: list[Path]) -> int:
    """Measure all inputs; return the most instructions that one took."""
    with Skylake().start(built, LIMITS, TOOLCHAIN) as measure:
        return max(measure(path, LIMITS).instructions or 0 for path in inputs)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    enough = float(sys.argv[2]) if len(sys.argv) > 2 else 0.0
    valgrind = shutil.which("valgrind") or "valgrind"
    process.become_subreaper()
    process.TestServer = Ended  # type: ignore[misc]
    built = build(Program(Language.CPP, PROGRAM), TOOLCHAIN, CompileLimits())
    with tempfile.TemporaryDirectory() as folder:
        inputs = [Path(folder) / f"input.{number}" for number in range(TESTS)]
        for number, path in enumerate(inputs):
            values = [str(7919 * (k + number) % 1009) for k in range(30 + number % 5)]
            path.write_text(f"{len(values)}\n{' '.join(values)}\n")
        instructions = shared(built, inputs)
        reap_all()
        both: list[tuple[float, float]] = []
        while len(both) < rounds:
            around = [spent(lambda: alone(valgrind, built, inputs[0])) for _ in range(AROUND)]
            run = spent(lambda: shared(built, inputs)) / TESTS
            around += [spent(lambda: alone(valgrind, built, inputs[0])) for _ in range(AROUND)]
            both.append((run, statistics.mean(around)))
            ratio = statistics.median(one / other for one, other in both)
            if len(both) >= LEAST_ROUNDS and ratio <= enough:
                break
    print(
        json.dumps(
            {
                "load": os.getloadavg()[0],
                "instructions": instructions,
                "rounds": len(both),
                "valgrind_ms": round(1e3 * statistics.median(other for _, other in both), 2),
                "run_ms": round(1e3 * statistics.median(one for one, _ in both), 2),
                "ratio": round(ratio, 3),
            }
        )
    )


if __name__ == "__main__":
    main()
