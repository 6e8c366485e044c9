"""Kill a run at five random moments, finish it, and compare it with an undisturbed one.

Usage: interruption.py [PAIRS_FILE]; default: the examples.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

KILLS = 5


def kept(cache: Path) -> dict[str, float]:
    """Return the measurements in a store, with the time at which each was kept."""
    if not (cache / "results.sqlite").exists():
        return {}
    with sqlite3.connect(cache / "results.sqlite") as store:
        return dict(store.execute("SELECT key, created FROM results WHERE kind = 'measure'"))


def main() -> None:
    path = Path(sys.argv[1] if len(sys.argv) > 1 else "examples/test.jsonl").absolute()
    pie = str(Path(sys.executable).with_name("pie"))
    chance = random.Random(int(time.time()))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def command(run: str) -> list[str]:
            return [pie, "simulate", "--pairs", str(path), "--out", str(folder / run)]

        def env(run: str) -> dict[str, str]:
            return {**os.environ, "PIE_CACHE": str(folder / f"cache-{run}")}

        start = time.monotonic()
        subprocess.run(command("calm"), env=env("calm"), check=False, capture_output=True)
        whole = time.monotonic() - start
        repeated = 0
        before: dict[str, float] = {}
        moments = []
        for _ in range(KILLS):
            process = subprocess.Popen(
                command("killed"),
                env=env("killed"),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            moments.append(chance.uniform(0.05, 0.3) * whole)
            time.sleep(moments[-1])
            process.send_signal(signal.SIGKILL)
            process.wait()
            after = kept(folder / "cache-killed")
            repeated += sum(after.get(key) != created for key, created in before.items())
            before = after
        subprocess.run(command("killed"), env=env("killed"), check=False, capture_output=True)
        after = kept(folder / "cache-killed")
        repeated += sum(after.get(key) != created for key, created in before.items())
        manifest = json.loads((folder / "killed" / "manifest.json").read_text())
        print(
            json.dumps(
                {
                    "killed_after_s": [round(one, 1) for one in moments],
                    "measurements_kept_at_last_kill": len(before),
                    "measured_by_the_last_run": manifest["effort"]["jobs_run"].get("measure", 0),
                    "measurements": len(after),
                    "lost_or_repeated": repeated,
                    "same_summary": _same(folder, "summary.json"),
                    "same_cycles": _cycles(folder / "calm") == _cycles(folder / "killed"),
                    "same_pairs": _same(folder, "pairs.jsonl"),
                }
            )
        )


def _same(folder: Path, name: str) -> bool:
    return (folder / "calm" / name).read_bytes() == (folder / "killed" / name).read_bytes()


def _cycles(run: Path) -> list[tuple[str, str, int]]:
    lines = [json.loads(line) for line in (run / "measurements.jsonl").open()]
    return [(one["program"], one["test"], one["cycles"]) for one in lines]


if __name__ == "__main__":
    main()
