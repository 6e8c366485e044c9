"""PIE's interface and `pie simulate` give the same numbers."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pie.compat import simulator
from pie.compat.simulator import CompatibilityWarning
from tests.e2e.conftest import Pie, Row, write_rows

REPOSITORY = Path(__file__).parents[2]
EXAMPLES = REPOSITORY / "examples"
TICK_OF_A_CYCLE = 286e-12 * 3.5e9
"""What a cycle of gem5's clock takes, in cycles of 3.5 GHz: gem5 rounds to whole picoseconds."""


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    monkeypatch.setenv("PIE_CACHE", environment["PIE_CACHE"])


def sample(number: int, tests: int) -> list[Row]:
    """Rows of the examples, from different problems, with fewer tests."""
    rows = [json.loads(line) for line in (EXAMPLES / "test.jsonl").open()]
    compiled = [one for one in rows if one.get("language", "cpp") == "cpp"]
    chosen = compiled[:: max(1, len(compiled) // number)][:number]
    return [{**one, "tests": one["tests"][:tests]} for one in chosen]


def measured_by_command(pie: Pie, tmp_path: Path, rows: list[Row], *options: str) -> list[Row]:
    pairs = write_rows(tmp_path / "pairs.jsonl", *rows)
    done = pie(
        *("simulate", "--pairs", pairs, "--testcases", EXAMPLES / "test_cases"),
        *("--out", tmp_path / "run", *options),
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in (tmp_path / "run" / "pairs.jsonl").open()]


def compare(rows: list[Row], results: list[simulator.PiePairResult], factor: float) -> int:
    """Hold PIE's numbers against the command's; return how many programs had a time."""
    timed = 0
    for row, result in zip(rows, results, strict=True):
        for role, version in (("src", "v0"), ("tgt", "v1")):
            mine = getattr(result, f"agg_runtime_{version}")
            theirs = row[f"{role}_agg_runtime"]
            assert getattr(result, f"verdict_{version}") == row[f"{role}_verdict"]
            if theirs is None:
                assert mine == math.inf
            else:
                # A run's last cycle is begun, not ended, when gem5 reads its ticks.
                assert mine == pytest.approx(factor * theirs, rel=1e-5)
                timed += 1
    return timed


@pytest.mark.slow
@pytest.mark.prove
def test_both_ways_give_the_same_times_and_verdicts_on_the_examples(
    pie: Pie, tmp_path: Path
) -> None:
    rows = sample(5, 2)
    told = measured_by_command(pie, tmp_path, rows, "--machine", "counts")
    with pytest.warns(CompatibilityWarning):
        env = simulator.make(machine="counts", testcases_dir=EXAMPLES / "test_cases")
    results = env.submit_multiple_dual_submissions(
        [row["src_code"] for row in rows],
        [row["tgt_code"] for row in rows],
        [row["tests"] for row in rows],
        [row["problem_id"] for row in rows],
        "gem5",
    )
    env.teardown()
    assert compare(told, results, 1.0) >= 6


SCRIPT = """
from pie.compat import simulator
code = "int main() { volatile long n = 0; for (;;) n = n + 1; }"
env = simulator.make(machine="counts", testcases_dir=".", timeout_seconds_gem5=2000)
print("ready", flush=True)
env.submit_multiple_single_submissions(
    [code, code + " "], [[0]] * 2, ["problem"] * 2, "gem5"
)
"""


def test_a_script_that_is_interrupted_ends_at_once_and_leaves_no_process(
    tmp_path: Path, environment: dict[str, str], left_behind: Callable[[float], list[str]]
) -> None:
    (tmp_path / "problem").mkdir()
    for kind in ("input", "output"):
        (tmp_path / "problem" / f"{kind}.0.txt").touch()
    (tmp_path / "script.py").write_text(SCRIPT)
    with subprocess.Popen(
        [sys.executable, "script.py"],
        cwd=tmp_path,
        env={**environment, "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as script:
        assert script.stdout is not None
        assert script.stdout.readline() == "ready\n"
        time.sleep(4)  # both are built and run natively, ten seconds of CPU time each
        os.killpg(script.pid, signal.SIGINT)
        _, told = script.communicate(timeout=300)
    assert told.rstrip().endswith("KeyboardInterrupt"), told
    assert left_behind(60) == []


@pytest.mark.gem5
@pytest.mark.slow
@pytest.mark.prove
def test_on_gem5_the_times_are_ticks_and_the_ratios_those_of_the_command(
    gem5: str, pie: Pie, tmp_path: Path
) -> None:
    rows = sample(2, 1)
    told = measured_by_command(pie, tmp_path, rows, "--machine", "gem5", "--gem5", gem5)
    env = simulator.make(gem5=gem5, testcases_dir=EXAMPLES / "test_cases", link="static")
    results = env.submit_multiple_dual_submissions(
        [row["src_code"] for row in rows],
        [row["tgt_code"] for row in rows],
        [row["tests"] for row in rows],
        [row["problem_id"] for row in rows],
        "gem5",
    )
    env.teardown()
    assert compare(told, results, TICK_OF_A_CYCLE) >= 2
    stats = next(one.tc2stats_v0 for one in results if one.tc2stats_v0)
    for one in stats.values():
        assert one["sim_seconds_precise"] == one["sim_ticks"] / one["sim_freq"]


@pytest.mark.gem5
@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.prove
def test_the_published_row_is_near_its_published_times(gem5: str, shared_data: Path) -> None:
    """As PIE built it, with the dynamic loader in it; g++ 9.3 then, another one now."""
    (row,) = [json.loads(line) for line in (shared_data / "pie_real_rows.jsonl").open()]
    env = simulator.make(gem5=gem5, testcases_dir=shared_data / "test_cases", link="dynamic")
    result = env.submit_single_submission_pair(
        row["src_code"], row["tgt_code"], row["tests"], row["problem_id"], "gem5"
    )
    env.teardown()
    assert result.mean_acc_v0 == result.mean_acc_v1 == 1.0
    assert result.agg_runtime_v0 == pytest.approx(row["src_agg_runtime"], rel=0.3)
    assert result.agg_runtime_v1 == pytest.approx(row["tgt_agg_runtime"], rel=0.1)
