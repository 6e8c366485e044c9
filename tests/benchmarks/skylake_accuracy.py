"""How far the embedded machines are from a real gem5, run by run and pair by pair.

Usage: skylake_accuracy.py DATA_FOLDER RESULTS_JSONL [MOST_INSTRUCTIONS], where DATA_FOLDER holds
`gem5_golden.jsonl`, the files of programs that it refers to and their `test_cases`. Each run is
measured on `skylake` and on `cachegrind`; what RESULTS_JSONL holds already is not run again. The
third line is instructions times the best constant. Nothing in `skylake` is fitted to the data.
"""

from __future__ import annotations

import itertools
import json
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from gem5_golden import built, sources

from sim.limits import Limits
from sim.machines.cachegrind import Cachegrind
from sim.machines.skylake import Skylake
from sim.toolchain import Toolchain

Row = dict[str, Any]
Cost = Callable[[Row], float]
LONG = 2_500_000


def measured(data: Path, most: int, known: set[tuple[str, str]]) -> Iterator[Row]:
    """Yield each golden row with what our machines give, the shortest runs first."""
    programs = sources(data)
    rows = [json.loads(line) for line in (data / "gem5_golden.jsonl").open()]
    rows = [row for row in rows if row["sha"] in programs and row["insts"] <= most]
    limits, toolchain = Limits(), Toolchain()
    with tempfile.TemporaryDirectory() as scratch:
        builds = {}
        for row in sorted(rows, key=lambda row: row["insts"]):
            if (row["sha"], str(row["test"])) in known:
                continue
            if row["sha"] not in builds:
                builds[row["sha"]] = built(programs[row["sha"]], Path(scratch))
                builds[row["sha"]].path.chmod(0o755)
            stdin = data / "test_cases" / row["problem_id"] / f"input.{row['test']}.txt"
            for kind in (Skylake, Cachegrind):
                run = kind().measure(builds[row["sha"]], stdin, limits, toolchain)
                row[kind().name] = run.cycles
                row[f"{kind().name}_seconds"] = run.host_seconds
                if kind is Skylake:
                    row["counters"] = dict(run.counters)
            yield row


def percent(errors: Sequence[float]) -> dict[str, float]:
    """Return the median, 90th percentile and worst of relative errors, in percent."""
    ordered = sorted(100 * abs(error) for error in errors)
    if not ordered:
        return {}
    at = [ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in (0.5, 0.9, 1.0)]
    return dict(zip(("median", "p90", "worst"), (round(one, 2) for one in at), strict=True))


def pairs(rows: Sequence[Row]) -> list[tuple[Row, Row]]:
    """Return (source, target) of each pair on each test."""
    by_name: dict[tuple[str, str], Row] = defaultdict(dict)
    for row in rows:
        by_name[row["pair"], str(row["test"])][row["role"]] = row
    return [(one["src"], one["tgt"]) for one in by_name.values() if len(one) == 2]


def kendall(rows: Sequence[Row], cost: Cost) -> float:
    """Return Kendall's rank correlation over all runs of one problem on one test, pooled."""
    groups: dict[tuple[str, str], dict[str, Row]] = defaultdict(dict)
    for row in rows:
        groups[row["problem_id"], str(row["test"])][row["sha"]] = row
    score = total = 0
    for group in groups.values():
        for one, other in itertools.combinations(group.values(), 2):
            gold = one["cycles"] - other["cycles"]
            ours = cost(one) - cost(other)
            total += 1
            score += (gold * ours > 0) - (gold * ours < 0)
    return round(score / max(1, total), 4)


def table(rows: Sequence[Row], cost: Cost) -> dict[str, Any]:
    """Return every figure of one way to cost the rows."""
    both = pairs(rows)
    speedups = [cost(src) / cost(tgt) / (src["cycles"] / tgt["cycles"]) - 1 for src, tgt in both]
    agree = [
        (cost(src) / cost(tgt) >= 1.1) == (src["cycles"] / tgt["cycles"] >= 1.1)
        for src, tgt in both
    ]
    errors = {id(row): cost(row) / row["cycles"] - 1 for row in rows}
    return {
        "runs": len(rows),
        "cycles": percent(list(errors.values())),
        "over_2.5M": percent([errors[id(row)] for row in rows if row["insts"] > LONG]),
        "pairs": len(both),
        "speedup": percent(speedups),
        "agree_on_10%": round(100 * sum(agree) / max(1, len(agree)), 2),
        "kendall": kendall(rows, cost),
    }


def main() -> None:
    data, results = Path(sys.argv[1]), Path(sys.argv[2])
    most = int(sys.argv[3]) if len(sys.argv) > 3 else 10**12
    results.touch()
    rows = [json.loads(line) for line in results.open()]
    with results.open("a") as out:
        for row in measured(data, most, {(row["sha"], str(row["test"])) for row in rows}):
            rows.append(row)
            print(json.dumps(row), file=out, flush=True)
    rate = statistics.median(row["cycles"] / row["insts"] for row in rows)
    costs: dict[str, Cost] = {
        "skylake": lambda row: float(row["skylake"]),
        "cachegrind": lambda row: float(row["cachegrind"]),
        "instructions": lambda row: rate * row["insts"],
    }
    for name, cost in costs.items():
        print(json.dumps({name: table(rows, cost)}))
    worst = sorted(rows, key=lambda row: -abs(row["skylake"] / row["cycles"] - 1))[:10]
    for row in worst:
        error = round(100 * (row["skylake"] / row["cycles"] - 1), 2)
        names = ("sha", "problem_id", "test", "insts", "cycles", "skylake", "mispred", "l2_miss")
        print(json.dumps({"error_%": error} | {name: row[name] for name in names}))


if __name__ == "__main__":
    main()
