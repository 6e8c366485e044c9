"""What PIE's whole evaluation would cost, from the CPU time of a sample of real programs.

Usage: evaluation_projection.py PAIRS_JSONL TESTS_FOLDER PROGRAMS TESTS [DRIVER_MS]. Programs are
drawn evenly from the file; each is built, judged and measured on `skylake` as `pie simulate` does,
on its tests repeated up to TESTS of them. CPU time is the kernel's accounting of all finished
processes: compiler, sandbox, runner, instrument and this process; DRIVER_MS (0.14) is added for
each run (`driver.py`). A program that a limit ends on a test is over there. Prints a JSON object.
"""

from __future__ import annotations

import itertools
import json
import os
import statistics
import sys
from pathlib import Path

from one_start import Ended, reap_all
from overhead import cpu_seconds

from sim import judge, process
from sim.compiler import build
from sim.errors import SimError
from sim.limits import CompileLimits, Limits
from sim.machines.skylake import Skylake
from sim.program import Build, Language, Program
from sim.shared_start import TestServer
from sim.toolchain import Toolchain

PIE_PROGRAMS, PIE_TESTS, PROCESSORS = 9780, 104, 16
"""The whole evaluation: 1.017 million runs."""
LIMITS, TOOLCHAIN = Limits(max_instructions=50_000_000), Toolchain()


def judged(built: Build, inputs: list[Path]) -> None:
    guest, allowance = judge.guest_for(built, TOOLCHAIN), judge.allowance_for(LIMITS)
    with TestServer(guest, allowance) as server:
        for path in inputs:
            server.run(path, allowance)


def measured(built: Build, inputs: list[Path]) -> list[int]:
    """Return the instructions of each run, up to one that a limit ended or that was refused."""
    counts: list[int] = []
    with Skylake().start(built, LIMITS, TOOLCHAIN) as measure:
        for path in inputs:
            try:
                run = measure(path, LIMITS)
            except SimError:
                break
            counts.append(run.instructions or 0)
            if run.over_budget:
                break
    return counts


def spent(since: float) -> float:
    reap_all()
    return cpu_seconds() - since


def main() -> None:
    pairs, tests = Path(sys.argv[1]), Path(sys.argv[2])
    wanted, most = int(sys.argv[3]), int(sys.argv[4])
    driver = float(sys.argv[5]) / 1e3 if len(sys.argv) > 5 else 0.14e-3
    process.become_subreaper()
    process.TestServer = Ended  # type: ignore[misc]
    rows = [json.loads(line) for line in pairs.open()]
    sources = list(
        {row[f"{role}_code"]: row["problem_id"] for row in rows for role in ("src", "tgt")}.items()
    )
    builds: list[float] = []
    judgements: list[float] = []
    runs: list[float] = []
    counts: list[int] = []
    for source, problem in sources[:: max(1, len(sources) // wanted)][:wanted]:
        own = sorted((tests / problem).glob("input.*.txt"))
        inputs = list(itertools.islice(itertools.cycle(own), most)) if own else []
        begin = cpu_seconds()
        built = build(Program(Language.CPP, source), TOOLCHAIN, CompileLimits())
        of_build = spent(begin)
        if built.verdict is not None or not inputs:
            continue
        begin = cpu_seconds()
        judged(built, inputs)
        of_judge = spent(begin) / most
        begin = cpu_seconds()
        of_runs = measured(built, inputs)
        # One that was over early costs nothing on the other tests.
        runs.append(spent(begin) / most)
        builds.append(of_build)
        judgements.append(of_judge)
        counts += of_runs
    each = statistics.mean(judgements) + statistics.mean(runs) + driver
    program = statistics.mean(builds) + PIE_TESTS * each
    hours = PIE_PROGRAMS * program / 3600
    print(
        json.dumps(
            {
                "load": os.getloadavg()[0],
                "programs": len(runs),
                "tests": most,
                "median_instructions": statistics.median(counts),
                "build_s": round(statistics.mean(builds), 3),
                "judge_ms_a_run": round(1e3 * statistics.mean(judgements), 2),
                "measure_ms_a_run": round(1e3 * statistics.mean(runs), 2),
                "measure_ms_a_run_median": round(1e3 * statistics.median(runs), 2),
                "seconds_a_program": round(program, 2),
                "cpu_hours": round(hours, 2),
                f"minutes_on_{PROCESSORS}": round(60 * hours / PROCESSORS, 1),
            }
        )
    )


if __name__ == "__main__":
    main()
