"""CPU time of the driver (store, scheduling, run folder) for each measured run, and nothing else.

Usage: driver.py [PROGRAMS [TESTS]]. A stand-in of the workers answers every job at once with what a
run of `skylake` brings, packed and unpacked as between processes. The least of three runs counts.
What the driver itself packs and unpacks is told apart, as `packing_ms_a_run`, and not contained.
"""

from __future__ import annotations

import json
import os
import pickle
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

from pie.flows import simulate
from sim import workers
from sim.budget import ReferenceBudget
from sim.jobs import BuildJob, Job, JudgeJob, MeasuredRun
from sim.judge import Judgement
from sim.machines import machine
from sim.program import Build, Language
from sim.setting import Setting
from sim.verdict import Verdict

COUNTERS = {f"counter_{number:02}": 1000 * number for number in range(31)}


class StandIn(Executor):
    """Has done every job when it is handed over; its own time is taken off."""

    seconds = 0.0
    packing = 0.0
    """Of `seconds`, what the driver's own process would take."""

    def submit(self, _work: Callable[..., Any], /, *jobs: Any, **_: Any) -> Future[Any]:
        begin = time.process_time()
        packed = pickle.dumps(jobs[0])
        StandIn.packing += time.process_time() - begin
        asked = pickle.loads(packed)  # a list, or a job as earlier versions have it
        given = [(answer(job), 0.01) for job in (asked if isinstance(asked, list) else [asked])]
        answers = pickle.dumps(given if isinstance(asked, list) else given[0])
        unpacked = time.process_time()
        future: Future[Any] = Future()
        future.set_result(pickle.loads(answers))
        end = time.process_time()
        StandIn.packing += end - unpacked
        StandIn.seconds += end - begin
        return future

    def shutdown(self, *_: Any, **__: Any) -> None:
        """Nothing was started."""


def answer(job: Job) -> Any:
    if isinstance(job, BuildJob):
        return Build(Language.CPP, job.program.digest, size=5)
    if isinstance(job, JudgeJob):
        return [Judgement(test.name, Verdict.ACCEPTED, "", 0.001, 0.002, 5) for test in job.tests]
    hashes = "a" * 64, "b" * 64
    return [
        MeasuredRun(Verdict.ACCEPTED, "", 12345, 60000, 1e-5, dict(COUNTERS), *hashes, 0.01),
    ]


def once(programs: int, tests: int) -> tuple[int, float, float]:
    """Return the number of runs, the driver's seconds for each, and those of packing."""
    cases = [{"input": f"{k}\n", "output": f"{k}\n"} for k in range(tests)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.jsonl"
        with path.open("w") as file:
            for k in range(programs // 2):
                codes = {"src_code": f"int a = {k};", "tgt_code": f"int b = {k};"}
                row = {"src_id": f"s{k}", "tgt_id": f"t{k}", "problem_id": f"p{k}", "tests": cases}
                file.write(json.dumps({**row, **codes}) + "\n")
        setting = Setting(machine("skylake"), budget=ReferenceBudget())
        request = simulate.Request(path, setting, out=Path(folder) / "run", use_cache=False)
        plan = simulate.plan(request)
        StandIn.seconds, StandIn.packing, before = 0.0, 0.0, time.process_time()
        done = simulate.simulate(request, plan, lambda _folder: None, lambda _progress: None)
        spent = time.process_time() - before - StandIn.seconds
        runs = done.tally.run["measure"]
        return runs, spent / runs, StandIn.packing / runs


def main() -> None:
    programs = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    tests = int(sys.argv[2]) if len(sys.argv) > 2 else 100

    def stand_in(_jobs: int, _processors: Sequence[int] = ()) -> Executor:
        return StandIn()

    workers.executor = stand_in  # type: ignore[assignment]
    runs, seconds, packing = min((once(programs, tests) for _ in range(3)), key=lambda one: one[1])
    print(
        json.dumps(
            {
                "load": os.getloadavg()[0],
                "runs": runs,
                "driver_ms_a_run": round(1e3 * seconds, 3),
                "packing_ms_a_run": round(1e3 * packing, 3),
            }
        )
    )


if __name__ == "__main__":
    main()
