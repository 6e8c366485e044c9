"""CPU time of a measured run that shares its program's start, beside one with a start of its own.

Usage: one_start.py PAIRS_JSONL TESTS_FOLDER PROGRAMS [MOST_TESTS [TIMES]]. Programs are drawn
evenly from the file; each is measured on its tests in both ways, in turn; from a shared start TIMES
times, as if it had so many tests. Costs must be equal. CPU time is the kernel's accounting of all
finished processes: sandbox, runner, instrument and this process. A class is the instructions of a
run.
"""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from overhead import cpu_seconds

from sim import native_guest, process, sandbox
from sim.compiler import build
from sim.limits import CompileLimits, Limits
from sim.machine import Measurement
from sim.machines.skylake import Skylake
from sim.program import Build, Language, Program
from sim.shared_start import TestServer
from sim.toolchain import Toolchain

CLASSES = {"up to 0.1 M": 100_000, "0.1 to 1 M": 1_000_000, "1 to 10 M": 10_000_000}
LIMITS, TOOLCHAIN = Limits(max_instructions=10_000_000), Toolchain()


class Ended(process.TestServer):
    """A server that ends by itself: of one that is killed the kernel accounts nothing."""

    def kill(self) -> None:
        self._control.close()
        self._process.wait()
        super().kill()


def reap_all() -> None:
    """Wait for what the sandboxes left to this process, so that its time is accounted."""
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)


def spent(work: Callable[[], list[Measurement]]) -> tuple[list[Measurement], float]:
    """Return the runs and the CPU milliseconds for each."""
    before = cpu_seconds()
    runs = work()
    reap_all()
    return runs, 1e3 * (cpu_seconds() - before) / len(runs)


def whole(built: Build, inputs: list[Path]) -> list[Measurement]:
    return [Skylake().measure(built, path, LIMITS, TOOLCHAIN) for path in inputs]


def shared(built: Build, inputs: list[Path]) -> list[Measurement]:
    with Skylake().start(built, LIMITS, TOOLCHAIN) as measure:
        return [measure(path, LIMITS) for path in inputs]


def judged(built: Build, inputs: list[Path], one_sandbox: bool) -> float:
    guest, allowance = native_guest.guest_for(built, TOOLCHAIN), native_guest.allowance_for(LIMITS)
    before = cpu_seconds()
    with TestServer(guest, allowance) as server:
        for path in inputs:
            (one_sandbox and server.run(path, allowance)) or sandbox.run(guest, allowance, path)
    reap_all()
    return 1e3 * (cpu_seconds() - before) / len(inputs)


def main() -> None:
    pairs, tests, wanted = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    most = int(sys.argv[4]) if len(sys.argv) > 4 else 1000
    times = int(sys.argv[5]) if len(sys.argv) > 5 else 1
    process.become_subreaper()
    process.TestServer = Ended  # type: ignore[misc]
    rows = [json.loads(line) for line in pairs.open()]
    found: dict[str, list[tuple[float, float, float, float]]] = defaultdict(list)
    unequal = programs = runs = 0
    for row in rows[:: max(1, len(rows) // wanted)][:wanted]:
        inputs = sorted((tests / row["problem_id"]).glob("input.*.txt"))[:most]
        built = build(Program(Language.CPP, row["src_code"]), TOOLCHAIN, CompileLimits())
        if built.verdict is not None or len(inputs) < 2:
            continue
        alone, ms_alone = spent(lambda: whole(built, inputs))  # noqa: B023 - called here
        together, ms_together = spent(lambda: shared(built, times * inputs))  # noqa: B023 - called here
        unequal += times * [(one.verdict, one.cycles) for one in alone] != [
            (one.verdict, one.cycles) for one in together
        ]
        size = statistics.median(one.instructions or LIMITS.max_instructions for one in alone)
        name = next((name for name, most in CLASSES.items() if size <= most), "more")
        native = judged(built, inputs, False), judged(built, inputs, True)
        found[name].append((ms_alone, ms_together, *native))
        programs, runs = programs + 1, runs + len(inputs)
    medians = {
        name: dict(
            zip(
                ("programs", "whole_ms", "shared_ms", "ratio", "judge_ms", "judge_shared_ms"),
                (
                    len(values),
                    round(statistics.median(one[0] for one in values), 1),
                    round(statistics.median(one[1] for one in values), 1),
                    round(statistics.median(one[0] / one[1] for one in values), 2),
                    round(statistics.median(one[2] for one in values), 1),
                    round(statistics.median(one[3] for one in values), 1),
                ),
                strict=True,
            )
        )
        for name, values in found.items()
    }
    totals = {"programs": programs, "runs": runs, "unequal": unequal}
    print(json.dumps({**totals, "load": os.getloadavg()[0], **medians}))


if __name__ == "__main__":
    main()
