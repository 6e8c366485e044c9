"""What a run says of its own numbers: the start that is in none, and the noise of a clock."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pie.core.report.measuring import Measuring, read_measuring
from pie.core.report.pair_rows import ReportError


def written(folder: Path, lines: list[dict[str, Any]], rest: str = "") -> Path:
    path = folder / "measurements.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in lines) + rest)
    return path


def test_noise_and_start_of_a_run_on_the_real_cpu(tmp_path: Path) -> None:
    lines = [
        {
            "task_id": task,
            "test": "0",
            "counters": {"aa_ratio": ratio, "cpu_spread": 0.03},
            "startup": {"cpu_microseconds": 1200},
        }
        for task, ratio in (("a", 1.02), ("a", 1.02), ("b", 0.98))
    ]
    read = read_measuring(written(tmp_path, lines, '{"cut off'))
    assert read.startup == {"cpu_microseconds": 1200}
    start, noise = read.sentences
    assert start == "start of the interpreter, in no number: 1,200 us of CPU time (median)"
    assert "2.0% off in the median of 2 runs" in noise
    assert "spread by 3.0%" in noise


def test_of_a_count_the_start_is_told_once(tmp_path: Path) -> None:
    startup = {"cycles": 158_000_000, "instructions": 158_000_000, "memory_bytes": 9}
    line = {"counters": {}, "startup": startup}
    (said,) = read_measuring(written(tmp_path, [line])).sentences
    assert said.endswith("158,000,000 instructions (median)")


def test_a_run_of_compiled_programs_says_nothing(tmp_path: Path) -> None:
    assert read_measuring(tmp_path / "measurements.jsonl") == Measuring({}, (), ())
    path = written(tmp_path, [{"counters": {"l1d_misses": 3}, "startup": {}}])
    assert read_measuring(path).sentences == ()


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"measurements\.jsonl:1: no line of `pie simulate`"):
        read_measuring(written(tmp_path, [], "[]\n"))
