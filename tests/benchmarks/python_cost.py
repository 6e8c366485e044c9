"""Python programs' costs: the same in every order, and exactly 1 against themselves.

usage: python_cost.py DATA [PAIRS [TESTS [FUNCTIONS]]]

DATA holds python_pairs.jsonl, python_pairs_coffe.jsonl, python_functions.jsonl and test_cases/.
PAIRS rows of each file are measured on `counts`, TESTS tests of each, by one process in order and
by another in reversed order; FUNCTIONS canonical solutions are called with their stress inputs, and
again with a comment behind them. Prints counts and ratios, and CPU seconds beside one another.
"""

from __future__ import annotations

import ast
import json
import os
import resource
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from sim import calls, compiler, process
from sim.errors import SimError
from sim.limits import CompileLimits, Limits
from sim.machines.counts import Counts
from sim.program import Language, Program
from sim.toolchain import Toolchain

TOOLCHAIN = Toolchain()


def rows_of(file: Path, most: int) -> list[dict[str, Any]]:
    with file.open() as lines:
        return [json.loads(line) for line, _ in zip(lines, range(most), strict=False)]


def measure(source: str, given: Path, entry_point: str = "") -> str:
    build = compiler.build(
        Program(Language.PYTHON, source, entry_point), TOOLCHAIN, CompileLimits()
    )
    if build.verdict is not None:
        return str(build.verdict)
    try:
        run = Counts().measure(build, given, Limits(), TOOLCHAIN)
    except SimError as error:
        return str(error)
    return f"{run.verdict} {run.cycles} {len(run.stdout)}"


def measure_all(work: list[tuple[str, str, str]]) -> list[str]:
    process.become_subreaper()
    return [measure(source, Path(given), entry) for source, given, entry in work]


def pairs(data: Path, most: int, tests: int) -> None:
    work = []
    for name in ("python_pairs.jsonl", "python_pairs_coffe.jsonl"):
        for row in rows_of(data / name, most):
            for source in (row["src_code"], row["tgt_code"]):
                for test in row["tests"][:tests]:
                    given = data / "test_cases" / row["problem_id"] / f"input.{test}.txt"
                    work.append((source, str(given), ""))
    with ProcessPoolExecutor(2) as pool:
        forwards = pool.submit(measure_all, work)
        backwards = pool.submit(measure_all, work[::-1])
        first, second = forwards.result(), backwards.result()[::-1]
    accepted = sum(one.startswith("accepted") for one in first)
    different = sum(one != other for one, other in zip(first, second, strict=True))
    print(f"{len(work)} runs, {accepted} accepted; {different} differ in another order and process")


def functions(data: Path, most: int) -> None:
    work = []
    with tempfile.TemporaryDirectory() as scratch:
        for row in rows_of(data / "python_functions.jsonl", most):
            try:
                arguments = ast.literal_eval(row["stress_tests"][0]["args_expr"])
                test = calls.call_test("0", Path(scratch), list(arguments), None)
            except (ValueError, SyntaxError, IndexError, SimError):
                continue
            for more in ("", "\n# the same again\n"):
                source = row["canonical_solution"] + more
                work.append((source, str(test.input_path), row["entry_point"]))
        begun = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
        got = measure_all(work)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = used.ru_utime + used.ru_stime - begun[1].ru_utime - begun[1].ru_stime
    plain, commented = got[::2], got[1::2]
    accepted = sum(one.startswith("accepted") for one in plain)
    same = sum(one == other for one, other in zip(plain, commented, strict=True))
    print(f"{len(plain)} functions, {accepted} accepted; {same} exactly as with a comment behind")
    wall = time.monotonic() - begun[0]
    print(
        f"{wall:.0f} s for {len(work)} builds and runs, {cpu:.0f} s of CPU time of processes that"
    )
    print(f"have ended; load {os.getloadavg()[0]:.0f}")


def main() -> None:
    data = Path(sys.argv[1])
    numbers = [int(one) for one in sys.argv[2:]] + [10**9, 3, 200][len(sys.argv) - 2 :]
    functions(data, numbers[2])
    pairs(data, numbers[0], numbers[1])


if __name__ == "__main__":
    main()
