"""What one small test costs on gem5: a fresh process for each, as PIE had it, and forked.

Usage: gem5_throughput.py GEM5 [REPEATS]. Both ways simulate the same runs in turn. The fresh one
is gem5 with its usual options and our `run.py`; the forked one is the machine, sandbox and all.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sim import compiler
from sim.limits import CompileLimits, Limits
from sim.machines import gem5_installation
from sim.machines.gem5 import Gem5
from sim.program import Build, Language, Program
from sim.toolchain import Toolchain

PROGRAMS = {
    "empty": "int main() {}",
    "stdio": '#include <cstdio>\nint main() { int n = 0; scanf("%d", &n); printf("%d\\n", n); }',
    "iostream": "#include <iostream>\nint main() { int n = 0; std::cin >> n; std::cout << n; }",
    "loop": '#include <cstdio>\nint main() { int n = 0; scanf("%d", &n); unsigned x = 1;\n'
    'for (int i = 0; i < n; i++) x = x * 1664525u + (x >> 7); printf("%u\\n", x); }',
    "sort": "#include <algorithm>\n#include <iostream>\n#include <vector>\n"
    "int main() { int n = 0;\n"
    "std::cin >> n; std::vector<unsigned> v(n / 10); unsigned x = 1; for (auto &e : v)\n"
    "e = x = x * 1664525u + 7; std::sort(v.begin(), v.end()); std::cout << v[0]; }",
}


def fresh(gem5: str, build: Build, stdin: Path, folder: Path) -> int:
    """Run gem5 as PIE did, from nothing, with its configuration and statistics files."""
    script = gem5_installation.scripts() / "run.py"
    arguments = ["--executable", str(build.path), "--stdin", str(stdin)]
    done = subprocess.run(
        [gem5, f"--outdir={folder}", str(script), *arguments, "--stdout", str(folder / "out")],
        env=gem5_installation.ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
    )
    line = next(line for line in done.stdout.splitlines() if line.startswith('{"cause"'))
    return int(json.loads(line)["ticks"])


def main() -> None:
    gem5 = sys.argv[1]
    repeats = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    machine = Gem5(gem5)
    with tempfile.TemporaryDirectory() as scratch:
        stdin = Path(scratch) / "input"
        stdin.write_text("20000\n")
        for name, source in PROGRAMS.items():
            program = Program(Language.CPP, source)
            build = compiler.build(program, Toolchain(), CompileLimits())
            seconds: dict[str, list[float]] = {"fresh": [], "forked": []}
            for _ in range(repeats):
                start = time.monotonic()
                ticks = fresh(gem5, build, stdin, Path(scratch))
                seconds["fresh"].append(time.monotonic() - start)
                start = time.monotonic()
                run = machine.measure(build, stdin, Limits(), Toolchain())
                seconds["forked"].append(time.monotonic() - start)
            first = seconds["forked"][0]
            before, after = (statistics.median(seconds[way]) for way in ("fresh", "forked"))
            print(
                json.dumps(
                    {
                        "program": name,
                        "instructions": run.instructions,
                        "fresh_s": round(before, 3),
                        "forked_s": round(after, 3),
                        "forked_first_s": round(first, 3),
                        "throughput": round(before / after, 2),
                        "ticks_apart_by_path": int(run.counters["ticks"]) - ticks,
                    }
                ),
                flush=True,
            )


if __name__ == "__main__":
    main()
