"""Whether a real gem5 with our configuration gives the cycles of the golden measurements.

Usage: gem5_golden.py GEM5 DATA_FOLDER RESULTS_JSONL [MOST_INSTRUCTIONS], where DATA_FOLDER holds
`gem5_golden.jsonl`, the files of programs that it refers to and their `test_cases`. Programs are
built as its README says. What RESULTS_JSONL holds already is not run again.
"""

from __future__ import annotations

import hashlib
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sim.limits import Limits
from sim.machines.gem5 import Gem5
from sim.program import Build, Language
from sim.toolchain import Toolchain

FLAGS = ("-O3", "-std=c++17", "-static", "-w")
FILES = ("pairs.jsonl", "pairs_few_tests.jsonl", "cpp_generations.jsonl")


def sources(data: Path) -> dict[str, str]:
    """Return {first 16 hex digits of SHA-256: source} of all programs."""
    found = {}
    for name in FILES:
        for line in (data / name).open():
            row = json.loads(line)
            for code in (row.get("src_code"), row.get("tgt_code")):
                if code:
                    found[hashlib.sha256(code.encode()).hexdigest()[:16]] = code
    return found


def built(source: str, folder: Path) -> Build:
    """Build one program with the golden flags and put it where the machines look."""
    (folder / "main.cpp").write_text(source)
    subprocess.run(
        ["g++", *FLAGS, str(folder / "main.cpp"), "-o", str(folder / "prog")], check=True
    )
    code = (folder / "prog").read_bytes()
    build = Build(Language.CPP, digest=hashlib.sha256(code).hexdigest(), size=len(code))
    build.path.parent.mkdir(parents=True, exist_ok=True)
    build.path.write_bytes(code)
    build.path.chmod(0o755)
    return build


def measured(gem5: str, data: Path, most: int, known: set[tuple[str, str]]) -> Iterator[Any]:
    """Yield each golden row with our cycles, the shortest runs first."""
    machine, programs = Gem5(gem5), sources(data)
    rows = [json.loads(line) for line in (data / "gem5_golden.jsonl").open()]
    rows = [row for row in rows if row["sha"] in programs and row["insts"] <= most]
    builds: dict[str, Build] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for row in sorted(rows, key=lambda row: row["insts"]):
            if (row["sha"], str(row["test"])) in known:
                continue
            if row["sha"] not in builds:
                builds[row["sha"]] = built(programs[row["sha"]], Path(scratch))
            stdin = data / "test_cases" / row["problem_id"] / f"input.{row['test']}.txt"
            run = machine.measure(builds[row["sha"]], stdin, Limits(), Toolchain())
            yield row | {
                "our_cycles": run.cycles,
                "our_instructions": run.instructions,
                "our_host_seconds": run.host_seconds,
                "verdict": run.verdict.value,
            }


def main() -> None:
    gem5, data, results = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    most = int(sys.argv[4]) if len(sys.argv) > 4 else 10**12
    results.touch()
    kept = [json.loads(line) for line in results.open()]
    with results.open("a") as out:
        for row in measured(gem5, data, most, {(row["sha"], str(row["test"])) for row in kept}):
            kept.append(row)
            print(json.dumps(row), file=out, flush=True)
    errors = [abs(row["our_cycles"] / row["cycles"] - 1) for row in kept if row["our_cycles"]]
    print(
        json.dumps(
            {
                "runs": len(kept),
                "not_accepted": sum(row["verdict"] != "accepted" for row in kept),
                "equal_to_the_cycle": sum(row["our_cycles"] == row["cycles"] for row in kept),
                "median_error_%": round(100 * statistics.median(errors), 4),
                "worst_error_%": round(100 * max(errors), 4),
                "most_instructions": max(row["insts"] for row in kept),
            }
        )
    )


if __name__ == "__main__":
    main()
