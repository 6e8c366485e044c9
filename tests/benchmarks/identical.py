"""500 identical pairs: is every speedup exactly 1, and every cost the same when measured again?

The programs are taken from pairs files (default: the examples, with small edits that change the
binary but not what is computed, until there are 500). Each pair is a program and itself; the whole
file is measured twice without a cache, and the two runs are compared counter by counter.
Usage: identical.py [PAIRS_FILE ...]
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

PAIRS = 500


def identical_rows(files: list[Path]) -> list[dict[str, Any]]:
    """Return 500 rows whose source and target are one program, on its two smallest tests."""
    found: dict[str, dict[str, Any]] = {}
    for file in files:
        for line in file.read_text("utf-8").splitlines():
            row = json.loads(line)
            if str(row.get("language", "cpp")).lower().startswith("py"):
                continue
            folder = file.absolute().parent / "test_cases" / row["problem_id"]
            tests = sorted(row["tests"], key=lambda k: (folder / f"input.{k}.txt").stat().st_size)
            inline = [
                {
                    "input": (folder / f"input.{k}.txt").read_text("utf-8"),
                    "output": (folder / f"output.{k}.txt").read_text("utf-8"),
                }
                for k in tests[:2]
            ]
            for code in (row["src_code"], row["tgt_code"]):
                found.setdefault(code, {"problem_id": row["problem_id"], "tests": inline})
    rows: list[dict[str, Any]] = []
    copy = 0
    while len(rows) < PAIRS:
        for code, rest in found.items():
            # A new string in the data section makes another binary of the same program.
            edited = code + f'\nextern const char pie_copy[] = "{copy}";\n' if copy else code
            name = f"p{len(rows)}"
            rows.append(
                {**rest, "src_id": name, "tgt_id": name, "src_code": edited, "tgt_code": edited}
            )
            if len(rows) == PAIRS:
                break
        copy += 1
    return rows


def main() -> None:
    files = [Path(name) for name in sys.argv[1:]] or [Path("examples/test.jsonl")]
    pie = str(Path(sys.executable).with_name("pie"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "identical.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in identical_rows(files)))
        runs = []
        for run in ("first", "second"):
            out = folder / run
            command = [pie, "simulate", "--no-cache", "--pairs", str(path), "--out", str(out)]
            subprocess.run(command, check=False, capture_output=True)
            runs.append(out)
        print(json.dumps(compared(*runs)))


def compared(first: Path, second: Path) -> dict[str, Any]:
    """Compare two runs of the same identical pairs."""
    rows = [json.loads(line) for line in (first / "pairs.jsonl").open()]
    costs = [
        {
            (one["program"], one["test"]): (one["cycles"], one["counters"])
            for one in map(json.loads, (run / "measurements.jsonl").open())
            if one["verdict"] == "accepted"
        }
        for run in (first, second)
    ]
    both = costs[0].keys() & costs[1].keys()
    return {
        "pairs": len(rows),
        "verdicts": Counter(row["src_verdict"] for row in rows),
        "speedup_exactly_1": sum(row["speedup"] == 1 for row in rows),
        "speedup_not_1": sum(row["speedup"] not in (1, None) for row in rows),
        "runs_compared": len(both),
        "runs_only_in_one": len(costs[0].keys() ^ costs[1].keys()),
        "runs_that_differ": sum(costs[0][key] != costs[1][key] for key in both),
    }


if __name__ == "__main__":
    main()
