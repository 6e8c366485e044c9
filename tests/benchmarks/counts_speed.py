"""How fast `counts` is beside `cachegrind` and `skylake`, in CPU time of runs side by side.

Usage: counts_speed.py [REPEATS [MOST_MILLIONS]]. On the programs of `skylake_speed.py`, each on its
largest input of at most MOST_MILLIONS instructions (20), and on a long loop, a long sort and a
Python script: the least user CPU seconds of REPEATS (3) interleaved runs, sandbox and all (skylake:
of one run of the short ones), and how many times those of `counts` the others are.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from sim import compiler
from sim.limits import CompileLimits
from sim.machines import machine
from sim.program import Language, Program
from sim.toolchain import Toolchain
from tests.benchmarks.skylake_speed import PROGRAMS, chosen, programs, timed

LONG = 120_000_000
SCRIPT = "n = int(input()) // 400\nprint(sum(i * i % 7 for i in range(n)))\n"


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    most = 1e6 * float(sys.argv[2] if len(sys.argv) > 2 else 20)
    with tempfile.TemporaryDirectory() as scratch:
        size = Path(scratch, "long.txt")
        size.write_text(f"{LONG}\n")
        long = [
            (f"long {name}", Program(Language.CPP, PROGRAMS[name])) for name in ("loop", "sort")
        ]
        long.append(("python", Program(Language.PYTHON, SCRIPT)))
        tried = [*programs(Path(scratch)), *((name, one, [size]) for name, one in long)]
        for name, program, inputs in tried:
            build = compiler.build(program, Toolchain(), CompileLimits())
            short = len(inputs) > 1
            stdin = chosen(build, inputs, most)[0] if short else inputs[0]
            seconds: dict[str, float] = {}
            kinds = ["counts", "cachegrind"]
            for turn in range(repeats):
                for kind in [*kinds, "skylake"] if short and turn == 0 else kinds:
                    cost, run = timed(machine(kind), build, stdin)
                    seconds[kind] = min(cost.user_seconds, seconds.get(kind, cost.user_seconds))
                    if kind == "counts":
                        instructions = run.instructions
            line = {
                "program": name,
                "instructions": instructions,
                "seconds": {kind: round(used, 3) for kind, used in seconds.items()},
                "times_counts": {
                    kind: round(used / seconds["counts"], 2) for kind, used in seconds.items()
                },
            }
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
