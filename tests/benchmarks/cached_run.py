"""Wall time of a run of some 10,000 measurements that are all cached.

The rows of a pairs file are repeated under other ids until they ask for 10,000 measurements; the
first run measures each distinct one and keeps it, the second finds all of them kept.
Usage: cached_run.py [PAIRS_FILE]; default: the examples.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MEASUREMENTS = 10_000


def write_copies(source: Path, target: Path) -> None:
    """Write the rows of a file again and again, each time with other ids."""
    rows = [json.loads(line) for line in source.read_text("utf-8").splitlines()]
    asked, copy = 0, 0
    with target.open("w") as file:
        while asked < MEASUREMENTS:
            for row in rows:
                file.write(json.dumps({**row, "src_id": f"{row['src_id']}/{copy}"}) + "\n")
                asked += len(row["tests"]) * 2
            copy += 1


def main() -> None:
    source = Path(sys.argv[1] if len(sys.argv) > 1 else "examples/test.jsonl").absolute()
    pie = str(Path(sys.executable).with_name("pie"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = folder / "rows.jsonl"
        write_copies(source, rows)
        tests = ["--testcases", str(source.parent / "test_cases")]
        env = {**os.environ, "PIE_CACHE": os.environ.get("PIE_CACHE") or str(folder / "cache")}
        seconds = []
        for run in ("first", "second"):
            start = time.monotonic()
            command = [pie, "simulate", "--pairs", str(rows), *tests, "--out", str(folder / run)]
            subprocess.run(command, env=env, check=True, capture_output=True)
            seconds.append(round(time.monotonic() - start, 2))
        effort = json.loads((folder / "second" / "manifest.json").read_text())["effort"]
        assert "measure" not in effort["jobs_run"], effort
        print(
            json.dumps(
                {
                    "measurements": effort["jobs_reused"]["measure"],
                    "first_seconds": seconds[0],
                    "cached_seconds": seconds[1],
                }
            )
        )


if __name__ == "__main__":
    main()
