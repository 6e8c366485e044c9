"""A small CodeNet of our own making, with known costs: loops of so many rounds."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path

COLUMNS = (
    "submission_id", "problem_id", "user_id", "date", "language", "original_language",
    "filename_ext", "status", "cpu_time", "memory", "code_size", "accuracy",
)  # fmt: skip


def looping(rounds: int, note: str = "") -> str:
    """A program that reads n, works for so many rounds, and prints n + 1."""
    return (
        f"// {note}\n#include <cstdio>\nint main() {{\n    long n;\n"
        '    if (scanf("%ld", &n) != 1) return 1;\n'
        f"    volatile long work = 0;\n    for (int i = 0; i < {rounds}; i++) work = work + i;\n"
        '    printf("%ld\\n", n + 1);\n}\n'
    )


@dataclass(frozen=True)
class Sent:
    """A line of a problem's table and its program."""

    submission_id: str
    user_id: str
    date: int
    code: str | bytes | None
    status: str = "Accepted"
    language: str = "C++"
    cpu_time: int = 10


def write_codenet(folder: Path, problems: dict[str, list[Sent]]) -> Path:
    """Write metadata, programs, and a test of n = 4 for each problem."""
    metadata = folder / "metadata"
    metadata.mkdir(parents=True)
    names = "id,name,dataset,time_limit,memory_limit,rating,tags,complexity\n"
    rows = "".join(f"{one},Name,AIZU,1000,131072,,,\n" for one in problems)
    (metadata / "problem_list.csv").write_text(names + rows)
    for problem_id, sent in problems.items():
        with (metadata / f"{problem_id}.csv").open("w", newline="") as file:
            table = csv.writer(file)
            table.writerow(COLUMNS)
            for one in sent:
                table.writerow(
                    (
                        *(one.submission_id, problem_id, one.user_id, one.date, one.language),
                        *(one.language, "cpp", one.status, one.cpu_time, 1000, 100, ""),
                    )
                )
        for one in sent:
            if one.code is not None:
                path = folder / "data" / problem_id / one.language / f"{one.submission_id}.cpp"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(one.code if isinstance(one.code, bytes) else one.code.encode())
        write_own_test(folder, problem_id, "4\n", "5\n")
    return folder


def write_own_test(folder: Path, problem_id: str, given: str, expected: str) -> None:
    tests = folder / "derived" / "input_output" / "data" / problem_id
    tests.mkdir(parents=True, exist_ok=True)
    (tests / "input.txt").write_text(given)
    (tests / "output.txt").write_text(expected)


def rows_of(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
