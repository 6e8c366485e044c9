"""Python pairs: the same cost in every order, and how it agrees with clocks.

    python_cost.py measure DATA FILE [--machine counts] [--reverse] [--processes 2] [--sample N]
                                     [--short COUNTS --most 20000000]
    python_cost.py native DATA FILE [--sample N] [--tests 2]
    python_cost.py compare FILE FILE
    python_cost.py agree DATA FILE NATIVE

DATA holds python_pairs.jsonl, python_pairs_coffe.jsonl and test_cases/. `measure` writes a line for
each program and test, `native` a line for each pair (E = 12, the smallest and the largest dropped,
without the interpreter's start). Both go on where they were stopped. `--sample` takes so many pairs
by the seed 1024, and with `--short` so many runs that COUNTS, a file of `counts`, has below the
most instructions.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from pie.core.calibration import rank_correlation
from sim import compiler, machines, process
from sim.errors import SimError
from sim.limits import CompileLimits, Limits
from sim.machines.native import Native
from sim.program import Build, Language, Program
from sim.toolchain import Toolchain

TOOLCHAIN = Toolchain()
FASTER = 1.1
WORK_SECONDS = 0.005
Row = dict[str, Any]


def pairs_of(data: Path, sample: int) -> list[Row]:
    rows: list[Row] = []
    for name in ("python_pairs.jsonl", "python_pairs_coffe.jsonl"):
        with (data / name).open() as lines:
            rows += map(json.loads, lines)
    return random.Random(1024).sample(rows, sample) if 0 < sample < len(rows) else rows


def digest(source: str) -> str:
    return hashlib.sha256(source.encode()).hexdigest()[:16]


def given(data: Path, row: Row, test: int) -> Path:
    return data / "test_cases" / str(row["problem_id"]) / f"input.{test}.txt"


def build(source: str) -> Build:
    return compiler.build(Program(Language.PYTHON, source), TOOLCHAIN, CompileLimits())


def measure(work: tuple[str, str, str, int, str]) -> Row:
    machine, problem, source, test, path = work
    line: Row = {"problem": problem, "program": digest(source), "test": test}
    built = build(source)
    if built.verdict is not None:
        return {**line, "verdict": str(built.verdict), "cycles": None}
    try:
        run = machines.machine(machine).measure(built, Path(path), Limits(), TOOLCHAIN)
    except SimError as error:
        return {**line, "verdict": str(error), "cycles": None}
    counts = {"cycles": run.cycles, "instructions": run.instructions}
    return {**line, "verdict": str(run.verdict), **counts, "host_seconds": run.host_seconds}


def known(file: Path) -> list[Row]:
    return [json.loads(line) for line in file.open()] if file.exists() else []


def measure_all(arguments: argparse.Namespace) -> None:
    work = {}
    for row in pairs_of(arguments.data, 0 if arguments.short else arguments.sample):
        for source in (row["src_code"], row["tgt_code"]):
            for test in row["tests"]:
                path = str(given(arguments.data, row, test))
                key = row["problem_id"], digest(source), test
                work[key] = (arguments.machine, row["problem_id"], source, test, path)
    if arguments.short:
        counts = costs(arguments.short)
        fits = [
            key
            for key in sorted(work)
            if 0 < (counts.get(key, {}).get("cycles") or 0) < arguments.most
        ]
        chosen = random.Random(1024).sample(fits, min(len(fits), arguments.sample or len(fits)))
        work = {key: work[key] for key in chosen}
    for line in known(arguments.file):
        work.pop((line["problem"], line["program"], line["test"]), None)
    left = list(work.values())
    if arguments.reverse:
        left.reverse()
    begun, done = time.monotonic(), 0
    with (
        arguments.file.open("a") as out,
        ProcessPoolExecutor(arguments.processes, initializer=process.become_subreaper) as pool,
    ):
        for line in pool.map(measure, left):
            out.write(json.dumps(line) + "\n")
            out.flush()
            done += 1
    seconds = time.monotonic() - begun
    print(f"{done} runs in {seconds:.0f} s; load {os.getloadavg()[0]:.0f}")


def native(arguments: argparse.Namespace) -> None:
    process.become_subreaper()
    seen = {(one["src_id"], one["tgt_id"]) for one in known(arguments.file)}
    with arguments.file.open("a") as out:
        for row in pairs_of(arguments.data, arguments.sample):
            if (row["src_id"], row["tgt_id"]) in seen:
                continue
            builds = [build(row[name]) for name in ("src_code", "tgt_code")]
            if any(one.verdict is not None for one in builds):
                continue
            largest = sorted(
                row["tests"], key=lambda test: given(arguments.data, row, test).stat().st_size
            )
            tests = largest[-arguments.tests :]
            runs = [
                Native().measure_together(
                    builds, given(arguments.data, row, test), Limits(), TOOLCHAIN
                )
                for test in tests
            ]
            well = all(str(one.verdict) == "accepted" for both in runs for one in both)
            line = {
                "src_id": row["src_id"],
                "tgt_id": row["tgt_id"],
                "problem": row["problem_id"],
                "tests": tests,
                "accepted": well,
                "seconds": [sum(both[side].seconds for both in runs) for side in (0, 1)],
                "aa_ratio": [both[0].counters.get("aa_ratio") for both in runs],
                "spread": [both[0].counters.get("cpu_spread") for both in runs],
                "load": os.getloadavg()[0],
            }
            out.write(json.dumps(line) + "\n")
            out.flush()


def costs(file: Path) -> dict[tuple[str, str, int], Row]:
    return {(line["problem"], line["program"], line["test"]): line for line in known(file)}


def compare(arguments: argparse.Namespace) -> None:
    first, second = costs(arguments.file), costs(arguments.other)
    common = first.keys() & second.keys()
    fields = ("verdict", "cycles", "instructions")
    other = [
        key
        for key in common
        if any(first[key].get(name) != second[key].get(name) for name in fields)
    ]
    accepted = sum(first[key]["verdict"] == "accepted" for key in common)
    print(f"{len(common)} runs measured twice, {accepted} accepted, {len(other)} differ")
    for key in sorted(other)[:20]:
        print(key, [[one[key].get(name) for name in fields] for one in (first, second)])


def total(known_costs: dict[tuple[str, str, int], Row], row: Row, side: str, tests: Any) -> float:
    """Return the cycles of a program over tests; 0 where one of them is missing."""
    found = [
        known_costs.get((row["problem_id"], digest(row[f"{side}_code"]), test)) for test in tests
    ]
    values = [one["cycles"] for one in found if one and one["verdict"] == "accepted"]
    return sum(values) if len(values) == len(tests) else 0


def counted(name: str, both: list[tuple[float, float]]) -> None:
    """Print how two lists of speedups agree on "at least 10 % faster"."""
    same = sum((one >= FASTER) == (other >= FASTER) for one, other in both)
    outside = [(a, b) for a, b in both if not (0.95 < b / FASTER < 1.05)]
    clear = sum((a >= FASTER) == (b >= FASTER) for a, b in outside)
    if both:
        print(
            f"{name}: {len(both)} pairs, {same / len(both):.1%} agree on at least 10 % faster; "
            f"{clear} of {len(outside)} of those whose clock is not within 5 % of the bound"
        )


def order(name: str, rows: Iterator[tuple[str, float, float]]) -> None:
    """Print Kendall's tau-b of programs within their problems, pooled."""
    by_problem: dict[str, set[tuple[float, float]]] = defaultdict(set)
    for problem, clock, cost in rows:
        if clock and cost:
            by_problem[problem].add((clock, cost))
    orders = [
        rank_correlation.order([one[0] for one in found], [one[1] for one in found])
        for found in map(sorted, by_problem.values())
    ]
    whole = rank_correlation.total(orders)
    programs = sum(map(len, by_problem.values()))
    print(
        f"{name}: Kendall {whole.tau or 0:.3f} over {whole.comparisons} comparisons of {programs} "
        f"programs within {len(by_problem)} problems"
    )


def agree(arguments: argparse.Namespace) -> None:
    rows, simulated = pairs_of(arguments.data, 0), costs(arguments.file)
    clock = {(one["src_id"], one["tgt_id"]): one for one in known(arguments.other)}
    natively, worked, published, clocks = [], [], [], []
    programs: list[tuple[str, float, float]] = []
    stated: list[tuple[str, float, float]] = []
    for row in rows:
        one = clock.get((row["src_id"], row["tgt_id"]))
        if one and one["accepted"]:
            cost = [total(simulated, row, side, one["tests"]) for side in ("src", "tgt")]
            if all(cost):
                both = cost[0] / cost[1], one["seconds"][0] / one["seconds"][1]
                natively.append(both)
                if min(one["seconds"]) > WORK_SECONDS * len(one["tests"]):
                    worked.append(both)
                if "measured_runtime_v0" in row:
                    stated_speedup = row["measured_runtime_v0"] / row["measured_runtime_v1"]
                    clocks.append((both[1], stated_speedup))
                programs += [
                    (f"{row['problem_id']} {one['tests']}", second, cycles)
                    for second, cycles in zip(one["seconds"], cost, strict=True)
                ]
        if "measured_runtime_v0" in row:
            cost = [total(simulated, row, side, row["tests"]) for side in ("src", "tgt")]
            runtimes = row["measured_runtime_v0"], row["measured_runtime_v1"]
            if all(cost):
                published.append((cost[0] / cost[1], runtimes[0] / runtimes[1]))
                stated += [
                    (row["problem_id"], second, cycles)
                    for second, cycles in zip(runtimes, cost, strict=True)
                ]
    counted("this host's clock", natively)
    counted(f"the same, both over {WORK_SECONDS * 1e3:g} ms a test", worked)
    counted("published measured_runtime", published)
    counted("this host's clock against the published one", clocks)
    order("this host's clock", iter(programs))
    order("published measured_runtime", iter(stated))
    ratios = [abs(one - 1) for line in clock.values() for one in line["aa_ratio"] if one]
    if ratios:
        ratios.sort()
        middle, high = ratios[len(ratios) // 2], ratios[int(0.95 * len(ratios))]
        print(f"A/A of the clock: median {middle:.1%} off 1, 95th percentile {high:.1%}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("measure", "native", "compare", "agree"))
    parser.add_argument("data", type=Path)
    parser.add_argument("file", type=Path)
    parser.add_argument("other", type=Path, nargs="?")
    parser.add_argument("--machine", default="counts")
    parser.add_argument("--reverse", action="store_true")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--tests", type=int, default=2)
    parser.add_argument("--short", type=Path)
    parser.add_argument("--most", type=int, default=20_000_000)
    arguments = parser.parse_args()
    if arguments.what == "compare":
        arguments.file, arguments.other = arguments.data, arguments.file
    ways = {"measure": measure_all, "native": native, "compare": compare, "agree": agree}
    ways[arguments.what](arguments)


if __name__ == "__main__":
    main()
