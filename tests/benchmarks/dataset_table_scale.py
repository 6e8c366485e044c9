"""Time and peak memory of importing one CSV of a million submissions, and of the steps after it.

The first argument is another number. Runtimes come from the table; `pairs` is left to
`dataset_scale.py`, since it takes what it takes for each program (1.4 ms of CPU time).
"""

from __future__ import annotations

import csv
import json
import random
import sys
import tempfile
from pathlib import Path

from dataset_scale import program, step

NAMES = ("submission_id", "problem_id", "user_id", "date", "language", "status", "cpu_time", "code")


def write_table(path: Path, rows: int) -> None:
    """Write accepted submissions in an order of no use, about a kilobyte each."""
    chance = random.Random(0)
    frames = [program(chance, style) for style in range(500)]
    numbers = list(range(rows))
    chance.shuffle(numbers)
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(NAMES)
        for number in numbers:
            problem, user = chance.randrange(2000), chance.randrange(200)
            code = f"// {number} {chance.getrandbits(64)}\n{chance.choice(frames)}"
            table.writerow(
                (
                    *(f"s{number:09}", f"p{problem:05}", f"u{user:05}", 1_500_000_000 + number),
                    *("C++", "Accepted", 10 * chance.randrange(1, 100), code),
                )
            )


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write_table(folder / "table.csv", rows)
        size = round((folder / "table.csv").stat().st_size / 1e6)
        submissions, measured = folder / "s.parquet", folder / "m.parquet"
        made = {
            "import": step("import", folder / "table.csv", "-o", submissions),
            "measure (runtimes from the table)": step(
                "measure", submissions, "--runtimes-from-table", "-o", measured
            ),
            "fastest": step("fastest", measured, "-o", folder / "fastest.jsonl"),
        }
        print(json.dumps({"submissions": rows, "file_mb": size, "steps": made}, indent=1))


if __name__ == "__main__":
    main()
