"""200 Python programs against themselves with a comment behind them, both really measured.

    python_identical.py DATA [--machine counts] [--sample N] [--seed 1024]

The functions of DATA/python_functions.jsonl, each on the first call of its tests, and as many
programs of python_programs.jsonl as make them 200. Each text is built and measured by itself; no
result is kept. Exit code 1 unless the ratio of each accepted one is
exactly 1.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from python_functions import task_of

from pie.core.problem import RowProblem
from pie.core.tasks.task import parse_task
from pie.core.tasks.task_cases import cases_of
from sim import compiler, machines, process
from sim.errors import SimError
from sim.limits import CompileLimits, Limits
from sim.program import Language, Program
from sim.toolchain import Toolchain

TOOLCHAIN = Toolchain()
COMMENT = "\n# the same again, é ß\n"
WANTED = 200
Work = tuple[str, Program, Path]


def lines_of(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def functions(data: Path) -> Iterator[Work]:
    for row in lines_of(data / "python_functions.jsonl"):
        try:
            task = parse_task(json.dumps(task_of(row, stress=False)).encode())
            first = cases_of(task, TOOLCHAIN)[0]
        except (RowProblem, IndexError) as problem:
            print(f"{row['task_id']}: {problem}")
            continue
        yield row["task_id"], task.visible.program(task.references[0]), first.input_path


def programs(data: Path, folder: Path) -> Iterator[Work]:
    for row in lines_of(data / "python_programs.jsonl"):
        given = folder / row["task_id"]
        given.write_text(row["tests"][0]["input"], encoding="utf-8")
        yield row["task_id"], Program(Language.PYTHON, row["best_solution"]), given


def measured(machine: str, program: Program, given: Path) -> tuple[object, ...]:
    build = compiler.build(program, TOOLCHAIN, CompileLimits())
    if build.verdict is not None:
        return str(build.verdict), build.detail
    try:
        run = machines.machine(machine).measure(build, given, Limits(), TOOLCHAIN)
    except SimError as error:
        return "failed", str(error)
    return str(run.verdict), run.cycles, run.instructions, run.stdout


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--machine", default="counts")
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1024)
    given = parser.parse_args()
    process.become_subreaper()
    accepted = same = number = 0
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        work = list(functions(given.data))
        more = programs(given.data, Path(scratch))
        work += [one for one, _ in zip(more, range(WANTED - len(work)), strict=False)]
        if given.sample:
            work = random.Random(given.seed).sample(work, given.sample)
        for name, program, path in work:
            commented = Program(program.language, program.source + COMMENT, program.entry_point)
            first, second = (measured(given.machine, one, path) for one in (program, commented))
            number += 1
            accepted += first[0] == "accepted"
            same += first == second and first[0] == "accepted"
            if first != second or first[0] != "accepted":
                print(name, first[:3], second[:3])
    seconds, load = time.monotonic() - begun, os.getloadavg()[0]
    print(
        f"{number} programs on {given.machine}, {accepted} accepted, {same} exactly as with a "
        f"comment; {2 * number} builds and runs in {seconds:.0f} s; load {load:.0f}"
    )
    return int(same != accepted or not same)


if __name__ == "__main__":
    sys.exit(main())
