"""Are cycles the same in another directory, environment, under load, with -j 1 and -j 2?

Every variant measures the same pairs file from scratch (its own cache) and is compared with the
first, line by line and counter by counter.
Usage: determinism.py [--machine NAME] [--rows N] [--tests N] [PAIRS_FILE]; default: the examples.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any


def measure(
    path: Path,
    folder: Path,
    name: str,
    prefix: list[str],
    jobs: int,
    env: dict[str, str],
    machine: str,
) -> Any:
    """Run `pie simulate` in a variant; return what was measured."""
    cwd = folder / name
    cwd.mkdir()
    pie = [sys.executable, "-c", "from pie.cli import main; main()"]
    command = [*prefix, *pie, "simulate", "--pairs", str(path), "--out", "run", "-j", str(jobs)]
    command += ["--machine", machine]
    subprocess.run(
        command,
        cwd=cwd,
        env={**env, "PIE_CACHE": str(cwd / "cache")},
        check=False,
        capture_output=True,
    )
    lines = [json.loads(line) for line in (cwd / "run" / "measurements.jsonl").open()]
    shutil.rmtree(cwd / "cache")
    return [
        (one["program"], one["test"], one["verdict"], one["cycles"], one["counters"])
        for one in lines
    ]


def shortened(path: Path, rows: int | None, tests: int | None, folder: Path) -> Path:
    """Copy the first rows and tests to another file, with their test cases beside it."""
    copy = folder / path.name
    kept = [json.loads(line) for line in path.read_text().splitlines()[:rows]]
    copy.write_text(
        "".join(json.dumps({**row, "tests": row["tests"][:tests]}) + "\n" for row in kept)
    )
    for beside in path.parent.iterdir():
        if beside != path:
            (folder / beside.name).symlink_to(beside)
    return copy


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pairs", nargs="?", type=Path, default=Path("examples/test.jsonl"))
    parser.add_argument("--machine", default="cachegrind")
    parser.add_argument("--rows", type=int, help="only the first so many")
    parser.add_argument("--tests", type=int, help="only the first so many of each row")
    chosen = parser.parse_args()
    path = chosen.pairs.absolute()
    plain = dict(os.environ)
    here = {"PYTHONPATH": plain["PYTHONPATH"]} if "PYTHONPATH" in plain else {}
    other = {
        **here,
        "PATH": plain["PATH"],
        "HOME": "/",
        "USER": "someone",
        "LANG": "C",
        "NOISE": "x" * 5000,
    }
    variants: list[tuple[str, list[str], int, dict[str, str], bool]] = [
        ("plain, -j 2", [], 2, plain, False),
        ("-j 1", [], 1, plain, False),
        ("a much longer folder name, other environment" + "-" * 100, [], 2, other, False),
        ("both processors busy", [], 2, plain, True),
    ]
    if subprocess.run(["unshare", "-u", "true"], check=False, capture_output=True).returncode == 0:
        rename = ["unshare", "-u", "sh", "-c", 'hostname another; exec "$@"', "sh"]
        variants.append(("other host name", rename, 2, plain, False))
    one_processor = ["taskset", "-c", str(min(os.sched_getaffinity(0)))]
    if shutil.which("taskset"):
        variants.append(("one processor only", one_processor, 1, plain, False))
    with tempfile.TemporaryDirectory() as name:
        path = shortened(path, chosen.rows, chosen.tests, Path(name))
        first: Any = None
        differing = {}
        for variant, prefix, jobs, env, busy in variants:
            spinners = [
                subprocess.Popen([sys.executable, "-c", "while True: pass"])
                for _ in range(os.cpu_count() or 2 if busy else 0)
            ]
            try:
                found = measure(path, Path(name), variant, prefix, jobs, env, chosen.machine)
            finally:
                for spinner in spinners:
                    spinner.kill()
            first = first or found
            differing[variant.rstrip("-")] = sum(a != b for a, b in zip(first, found, strict=True))
        told = {"machine": chosen.machine, "runs": len(first), "runs_that_differ": differing}
        print(json.dumps(told))


if __name__ == "__main__":
    main()
