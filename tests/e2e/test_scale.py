"""Large data sets: memory grows by little for each row, and what is known costs next to nothing."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import FAST, SLOW, Pie, Row, row, sums, write_rows

pytestmark = [pytest.mark.slow, pytest.mark.prove]

BYTES_FOR_A_ROW = 1_500
"""Most memory that a planned row may cost: a tenth of the row's own text."""


def large_row(number: int) -> Row:
    code = f"// program {number}\n{SLOW}" + "// filling\n" * 600
    return row(f"p{number}", slow=code, fast=FAST + f"// {number}\n", generated_answers=[code])


def peak_bytes(pairs: Path) -> int:
    """Most memory that planning a file takes, in a process of its own."""
    program = (
        "import sys, resource\n"
        "from pathlib import Path\n"
        "from pie.core.plan import plan\n"
        "from pie.core.test_cases import TestCases\n"
        "made = plan(Path(sys.argv[1]), TestCases(None))\n"
        "print(made.rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, pairs], check=True, capture_output=True, text=True
    )
    rows, peak = map(int, done.stdout.split())
    assert rows == int(pairs.stem)
    return peak


def test_memory_for_a_planned_row_is_small(tmp_path: Path) -> None:
    peaks = []
    for number in (2_000, 20_000):
        path = tmp_path / f"{number}.jsonl"
        with path.open("w") as file:
            file.writelines(json.dumps(large_row(one)) + "\n" for one in range(number))
        peaks.append(peak_bytes(path))
        path.unlink()
    assert (peaks[1] - peaks[0]) / 18_000 < BYTES_FOR_A_ROW


def test_a_fully_cached_run_starts_no_worker_and_does_no_work(pie: Pie, tmp_path: Path) -> None:
    rows = [row(f"p{one}", src_id=f"s{one}", tests=sums(3, 40)) for one in range(2_000)]
    pairs = write_rows(tmp_path / "pairs.jsonl", *rows)
    first = pie("simulate", "--pairs", pairs, "--out", tmp_path / "first", "--json")
    assert first.returncode == 0, first.stderr
    second = pie("simulate", "--pairs", pairs, "--out", tmp_path / "second", "--json")
    assert second.returncode == 0, second.stderr
    effort = json.loads((tmp_path / "second" / "manifest.json").read_text())["effort"]
    assert effort["jobs_run"] == {}
    assert effort["host_seconds"] == {}
    assert effort["jobs_reused"]["measure"] >= 2_000 * 2 * 2
    documents = [json.loads(one.stdout) for one in (first, second)]
    assert documents[0]["pairs"] == documents[1]["pairs"]
