"""Time and peak memory of each step of `pie dataset` on a synthetic CodeNet.

By default 200,000 submissions; the first argument is another number. With a folder as the second
everything is kept there, and the steps that are named after it are run alone, in several calls
where time is short. The programs are not run: their runtimes come from the table, as
`--runtimes-from-table` marks in every row and manifest.
"""

from __future__ import annotations

import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PER_PROBLEM, USERS = 500, 60
COLUMNS = (
    "submission_id", "problem_id", "user_id", "date", "language", "original_language",
    "filename_ext", "status", "cpu_time", "memory", "code_size", "accuracy",
)  # fmt: skip
RUN = "from pie.cli import main; main()"


def program(chance: random.Random, style: int) -> str:
    """A program of about a kilobyte: a few statements of the author's own in a common frame."""
    own = random.Random(style)
    lines = []
    for _ in range(28):
        source = own if chance.random() < 0.9 else chance
        left, right = source.randrange(40), source.randrange(40)
        lines.append(f"    v[{left}] = v[{right}] * {source.randrange(99)} + k;")
    body = "\n".join(lines)
    return (
        "#include <bits/stdc++.h>\nusing namespace std;\nint main() {\n    int n, k = 0;\n"
        f"    vector<int> v(40);\n    cin >> n; // {chance.getrandbits(64)}\n"
        f"    for (; k < n; k++) {{\n{body}\n    }}\n    cout << v[0] << endl;\n}}\n"
    )


def write_codenet(folder: Path, submissions: int) -> None:
    """Write the tables, the programs and a test for each problem."""
    chance = random.Random(0)
    (folder / "metadata").mkdir(parents=True)
    for problem in range(-(-submissions // PER_PROBLEM)):
        name = f"p{problem:05}"
        sources = folder / "data" / name / "C++"
        sources.mkdir(parents=True)
        tests = folder / "derived" / "input_output" / "data" / name
        tests.mkdir(parents=True)
        (tests / "input.txt").write_text("1\n")
        (tests / "output.txt").write_text("1\n")
        with (folder / "metadata" / f"{name}.csv").open("w", newline="") as file:
            table = csv.writer(file)
            table.writerow(COLUMNS)
            for number in range(
                problem * PER_PROBLEM, min(submissions, (problem + 1) * PER_PROBLEM)
            ):
                user = int(USERS * chance.random() ** 2)
                status = "Accepted" if chance.random() < 0.6 else "Wrong Answer"
                language = "C++" if chance.random() < 0.9 else "Python"
                code = program(chance, user * 1_000_000 + problem)
                submission = f"s{number:09}"
                if language == "C++":
                    (sources / f"{submission}.cpp").write_text(code)
                table.writerow(
                    (
                        *(submission, name, f"u{user:05}", 1_500_000_000 + number, language),
                        *(language, "cpp", status, 10 * chance.randrange(1, 100), 1000),
                        *(len(code), ""),
                    )
                )


def step(name: str, *arguments: object) -> dict[str, object]:
    """Run one command; return its time, peak memory and counts."""
    command = [sys.executable, "-c", RUN, "dataset", name, *map(str, arguments), "--json"]
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    said = process.stdout.read()
    _pid, status, usage = os.wait4(process.pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0, (name, status)
    document = json.loads(said)
    counts = [[one["unit"], one["in"], one["out"]] for one in document.get("counts", [])]
    return {
        "wall_seconds": round(time.monotonic() - start, 1),
        "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 1),
        "peak_mb": round(usage.ru_maxrss / 1024),
        "counts": counts,
    }


def steps(folder: Path) -> dict[str, tuple[object, ...]]:
    """What is run, in this order: a name, and the words of the command."""
    return {
        "import": ("import", folder / "codenet", "-o", folder / "s.parquet"),
        "tests": (
            *("tests", folder / "s.parquet", "--codenet", folder / "codenet"),
            *("--references", 0, "-o", folder / "test_cases", "-m", "cachegrind"),
        ),
        "measure": (
            *("measure", folder / "s.parquet", "--runtimes-from-table"),
            *("--testcases", folder / "test_cases", "-o", folder / "m.parquet"),
        ),
        "pairs": ("pairs", folder / "m.parquet", "-o", folder / "p.parquet"),
        "fastest": ("fastest", folder / "m.parquet", "-o", folder / "fastest.jsonl"),
        "tag": (
            *("tag", folder / "p.parquet", "--among", folder / "m.parquet"),
            *("-o", folder / "t.jsonl"),
        ),
        "split": (
            *("split", folder / "t.jsonl", "-o", folder / "parts"),
            *("--near-duplicates", "remove"),
        ),
        "hq": ("hq", folder / "parts" / "train.jsonl", "-o", folder / "hq.jsonl"),
        "card": ("card", folder / "t.jsonl", "--length", "characters"),
        "table": ("import", folder / "table.csv", "-o", folder / "s2.parquet"),
    }


def measured(folder: Path, submissions: int, wanted: list[str]) -> None:
    """Run the steps, and print what each took."""
    if not (folder / "codenet").exists():
        write_codenet(folder / "codenet", submissions)
    made = {}
    for name, (command, *arguments) in steps(folder).items():
        if wanted and name not in wanted:
            continue
        if name == "table":
            write_table(folder / "s.parquet", folder / "table.csv")
        made[name] = {"load": round(os.getloadavg()[0], 1), **step(str(command), *arguments)}
    print(json.dumps({"submissions": submissions, "steps": made}, indent=1))


def main() -> None:
    submissions = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    if len(sys.argv) > 2:
        measured(Path(sys.argv[2]), submissions, sys.argv[3:])
        return
    with tempfile.TemporaryDirectory() as scratch:
        measured(Path(scratch), submissions, [])


def write_table(submissions: Path, table: Path) -> None:
    """Write the accepted submissions as one CSV in another order: the last first.

    In a process of its own: a child's peak memory begins with that of its parent.
    """
    code = (
        "import sys, pyarrow as pa, pyarrow.csv, pyarrow.parquet\n"
        "rows = pyarrow.parquet.read_table(sys.argv[1])\n"
        "rows = rows.sort_by([('submission_id', 'descending')])\n"
        "rows = rows.append_column('status', pa.array(['Accepted'] * rows.num_rows))\n"
        "rows = rows.append_column('cpu_time', rows['cpu_time_ms'])\n"
        "pyarrow.csv.write_csv(rows, sys.argv[2])\n"
    )
    subprocess.run([sys.executable, "-c", code, str(submissions), str(table)], check=True)


if __name__ == "__main__":
    main()
