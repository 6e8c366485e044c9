"""Real pairs, split, indexed, retrieved, prompted, answered, measured, reported: all by hand too.

Usage: real_rows.py PAIRS TEST_CASES FOLDER. The answers are recorded ones: of each test row the
human target and the slow source, each in a fence and prose, a program that is wrong, and prose
without a program, in an order that turns from row to row. The same metrics are computed here from
the cycles of each program, without the project's own functions, and compared.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sim.program import Language, Program

WRONG = '#include <cstdio>\nint main() {\n  puts("no answer");\n  return 0;\n}\n'
SAMPLES = 4


def pie(*arguments: object) -> None:
    subprocess.run(
        [sys.executable, "-c", "from pie.cli import main; main()", *map(str, arguments)],
        check=True,
        stdout=subprocess.DEVNULL,
    )


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def answers(row: dict[str, Any], turn: int) -> list[str]:
    made = [
        f"It only prints something else:\n```cpp\n{WRONG}```\n",
        f"Nothing can be gained here.\n```cpp\n{row['src_code']}\n```",
        "I would use a faster algorithm.",
        f"Here it is.\n```cpp\n{row['tgt_code']}\n```\nIt is faster now.",
    ]
    return made[turn % 4 :] + made[: turn % 4]


def by_hand(run: Path, test: Sequence[dict[str, Any]], k: int) -> dict[str, float]:
    """PIE's definitions over programs' cycles: rows whose source was accepted."""
    cycles: dict[tuple[str, str], int] = {}
    bad: set[tuple[str, str]] = set()
    for one in rows_of(run / "measurements.jsonl"):
        key = (one["problem_id"], one["program"])
        if one["verdict"] != "accepted":
            bad.add(key)
        cycles[key] = cycles.get(key, 0) + (one["cycles"] or 0)
    speedups, correct = [], 0
    for turn, row in enumerate(test):
        source, target = (
            (row["problem_id"], Program(Language.CPP, row[code]).digest)
            for code in ("src_code", "tgt_code")
        )
        order = ["wrong", "source", "none", "target"]
        first = (order[turn % 4 :] + order[: turn % 4])[:k]
        right = [
            cycles[key]
            for name, key in (("source", source), ("target", target))
            if name in first and key not in bad
        ]
        correct += bool(right)
        if source not in bad:
            speedups.append(max(1.0, cycles[source] / min(right)) if right else 1.0)
    return {
        "n": len(speedups),
        "speedup": sum(speedups) / len(speedups),
        "percent_opt": 100 * sum(one >= 1.1 for one in speedups) / len(speedups),
        "percent_correct": 100 * correct / len(test),
    }


def main() -> None:
    pairs, cases, work = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
    pie("dataset", "split", pairs, "--out", work / "split", "--test", 0.2, "--val", 0.05)
    pie(
        "index",
        "build",
        "--pairs",
        work / "split/train.jsonl",
        "--out",
        work / "index",
        "--overwrite",
    )
    test = rows_of(work / "split/test.jsonl")
    recorded = [row | {"generated_answers": answers(row, turn)} for turn, row in enumerate(test)]
    (work / "recorded.jsonl").write_text("".join(json.dumps(row) + "\n" for row in recorded))
    sampling = ["--model", f"replay:{work / 'recorded.jsonl'}", "--samples", SAMPLES]
    retrieval = ["--strategy", "retrieval", "--index", work / "index", "--k", 2]
    asked = ["generate", "--pairs", work / "split/test.jsonl", "--out", work / "sampled"]
    pie(*asked, *sampling, *retrieval)
    measured = ["simulate", "--pairs", work / "sampled/generations.jsonl", "--testcases", cases]
    pie(*measured, "--out", work / "run", "--machine", "cachegrind")
    reported = subprocess.run(
        [
            sys.executable,
            "-c",
            "from pie.cli import main; main()",
            "report",
            work / "run",
            "--json",
        ],
        check=True,
        capture_output=True,
    )
    print(reported.stdout.decode()[:3000], file=sys.stderr)
    own = [by_hand(work / "run", test, k) for k in range(1, SAMPLES + 1)]
    for score, mine in zip(json.loads(reported.stdout)["best_at"], own, strict=True):
        print(json.dumps({"reported": score, "by_hand": mine}))


if __name__ == "__main__":
    main()
