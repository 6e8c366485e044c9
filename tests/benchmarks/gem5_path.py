"""How far gem5 agrees with itself when only the path of the executable has another length.

Usage: gem5_path.py GEM5 DATA_FOLDER RESULTS_JSONL [MOST_INSTRUCTIONS]. The golden rows were
measured under a path of 25 bytes; here each run is measured under a shorter and a longer one. The
order of programs on one test that gem5 then keeps is the most that a model of it can reach.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from gem5_golden import built, sources
from skylake_accuracy import Row, kendall, percent

from sim.paths import gem5_configurations

NAMES = {"shorter": "p", "longer": "a_name_that_is_much_longer_than_the_measured_ones"}


def cycles(gem5: str, executable: Path, stdin: Path, folder: Path) -> int:
    """Simulate one run under the executable's own path."""
    script = gem5_configurations() / "run.py"
    options = ["--executable", executable, "--stdin", stdin, "--stdout", folder / "stdout"]
    done = subprocess.run(
        [gem5, "-d", folder, "--stats-file=cout", script, *options],
        check=True,
        capture_output=True,
        text=True,
    )
    found = re.search(r"system\.cpu\.numCycles\s+(\d+)", done.stdout)
    assert found
    return int(found[1])


def measured(gem5: str, data: Path, most: int, known: set[tuple[str, str]]) -> Iterator[Row]:
    """Yield each golden row with the cycles under both paths, the shortest runs first."""
    programs = sources(data)
    rows = [json.loads(line) for line in (data / "gem5_golden.jsonl").open()]
    rows = [row for row in rows if row["sha"] in programs and row["insts"] <= most]
    with tempfile.TemporaryDirectory(prefix="p") as scratch:
        folder = Path(scratch)
        for row in sorted(rows, key=lambda row: row["insts"]):
            if (row["sha"], str(row["test"])) in known:
                continue
            code = built(programs[row["sha"]], folder).path.read_bytes()
            stdin = data / "test_cases" / row["problem_id"] / f"input.{row['test']}.txt"
            for which, name in NAMES.items():
                (folder / name).write_bytes(code)
                (folder / name).chmod(0o755)
                row[which] = cycles(gem5, folder / name, stdin, folder)
            yield row


def main() -> None:
    gem5, data, results = sys.argv[1], Path(sys.argv[2]).resolve(), Path(sys.argv[3])
    most = int(sys.argv[4]) if len(sys.argv) > 4 else 130_000
    results.touch()
    rows = [json.loads(line) for line in results.open()]
    with results.open("a") as out:
        for row in measured(gem5, data, most, {(row["sha"], str(row["test"])) for row in rows}):
            rows.append(row)
            print(json.dumps(row), file=out, flush=True)
    for which in NAMES:
        errors = [row[which] / row["cycles"] - 1 for row in rows]
        order = kendall(rows, lambda row, which=which: float(row[which]))  # type: ignore[misc]
        print(json.dumps({which: {"runs": len(rows), "cycles": percent(errors), "kendall": order}}))


if __name__ == "__main__":
    main()
