"""Hostile programs get the same verdicts three times in a row, and at a load of twelve.

    python -m tests.repeat_hostile [--times 3] [--load 12] [PYTEST OPTIONS]

Exit code 1 where a run fails, or where a program has another verdict than in the first run, even
one that its folder allows.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

COMMAND = [
    *(sys.executable, "-m", "pytest", "tests/golden", "-k", "hostile and not counts", "-q"),
    *("-n", "2", "--dist", "loadgroup"),
]


def verdicts(options: list[str]) -> tuple[bool, dict[str, str]]:
    """Run them all once; (whether the tests passed, verdict by test)."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "verdicts"
        done = subprocess.run([*COMMAND, *options], env={**os.environ, "PIE_VERDICTS": str(log)})
        lines = log.read_text().splitlines() if log.exists() else []
        return done.returncode == 0, dict(line.split(" ") for line in lines)


def under_load(options: list[str], load: int) -> tuple[bool, dict[str, str]]:
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(load)]
    try:
        return verdicts(options)
    finally:
        for one in busy:
            one.kill()
            one.wait()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--load", type=int, default=12)
    given, options = parser.parse_known_args()
    runs = [verdicts(options) for _ in range(given.times)]
    runs.append(under_load(options, given.load))
    first = runs[0][1]
    names = [f"run {number}" for number in range(1, given.times + 1)] + [f"load {given.load}"]
    fine = True
    for name, (passed, found) in zip(names, runs, strict=True):
        changed = {one for one in first.keys() | found.keys() if first.get(one) != found.get(one)}
        fine &= passed and not changed
        print(f"{name}: {len(found)} verdicts, {'passed' if passed else 'FAILED'}")
        for one in sorted(changed):
            print(f"  {one}: {first.get(one)} became {found.get(one)}")
    return 0 if fine and first else 1


if __name__ == "__main__":
    sys.exit(main())
