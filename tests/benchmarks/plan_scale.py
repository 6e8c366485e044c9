"""Time and peak memory of `pie simulate --plan` on a generated file, by default of 100,000 rows."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROBLEMS, TESTS, GENERATIONS, SIZE = 200, 20, 2, 1500


def write_rows(folder: Path, rows: int) -> Path:
    """Write a data set of distinct programs of about `SIZE` bytes each."""
    chance = random.Random(0)
    filler = "".join(chance.choice("abcdefgh \n") for _ in range(2 * SIZE))
    for problem in range(PROBLEMS):
        cases = folder / "test_cases" / f"p{problem:05}"
        cases.mkdir(parents=True)
        for test in range(TESTS):
            (cases / f"input.{test}.txt").write_text(f"{test}\n")
            (cases / f"output.{test}.txt").write_text(f"{test}\n")
    path = folder / "rows.jsonl"

    def program() -> str:
        start = chance.randrange(SIZE)
        return f"int main() {{}} // {chance.getrandbits(64)} {filler[start : start + SIZE]}"

    with path.open("w") as file:
        for row in range(rows):
            value = {
                "src_id": f"s{row}",
                "tgt_id": f"t{row}",
                "problem_id": f"p{row % PROBLEMS:05}",
                "tests": list(range(TESTS)),
                "src_code": program(),
                "tgt_code": program(),
                "generated_answers": [program() for _ in range(GENERATIONS)],
            }
            file.write(json.dumps(value) + "\n")
    return path


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        path = write_rows(Path(folder), rows)
        command = [
            str(Path(sys.executable).with_name("pie")),
            "simulate",
            "--plan",
            "--pairs",
            str(path),
        ]
        start = time.monotonic()
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        _pid, status, usage = os.wait4(process.pid, 0)
        assert process.stderr is not None
        print(
            json.dumps(
                {
                    "rows": rows,
                    "file_mb": round(path.stat().st_size / 1e6),
                    "exit_code": os.waitstatus_to_exitcode(status),
                    "wall_seconds": round(time.monotonic() - start, 1),
                    "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 1),
                    "peak_mb": round(usage.ru_maxrss / 1024),
                    "said": process.stderr.read().strip(),
                }
            )
        )


if __name__ == "__main__":
    main()
