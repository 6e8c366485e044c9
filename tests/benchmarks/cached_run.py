"""Wall time of a run of 10,000 cached measurements, and of the run that filled the cache."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PAIRS, TESTS = 25, 200


def write_rows(folder: Path) -> Path:
    """Write pairs of small distinct programs with many tests each."""
    cases = folder / "test_cases" / "p00001"
    cases.mkdir(parents=True)
    for test in range(TESTS):
        (cases / f"input.{test}.txt").write_text(f"{test}\n")
        (cases / f"output.{test}.txt").write_text(f"{test}\n")
    path = folder / "rows.jsonl"
    text = (
        "#include <cstdio>\n"
        'int main() {{ int n; std::scanf("%d", &n); for (volatile int i = 0; i < {}; i = i + 1)'
        ' {{}} std::printf("%d\\n", n); }}\n'
    )
    with path.open("w") as file:
        for pair in range(PAIRS):
            value = {
                "src_id": f"s{pair}",
                "tgt_id": f"t{pair}",
                "problem_id": "p00001",
                "tests": list(range(TESTS)),
                "src_code": text.format(2 * pair + 2),
                "tgt_code": text.format(2 * pair + 1),
            }
            file.write(json.dumps(value) + "\n")
    return path


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = write_rows(folder)
        env = {**os.environ, "PIE_CACHE": str(folder / "cache")}
        pie = str(Path(sys.executable).with_name("pie"))
        seconds = []
        for run in ("first", "second"):
            start = time.monotonic()
            command = [pie, "simulate", "--pairs", str(path), "--out", str(folder / run)]
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
