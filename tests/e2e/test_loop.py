"""`make loop` at toy size: every step runs and hands on what the next one needs."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
LOOP = REPOSITORY / "examples" / "loop"


@pytest.mark.slow
def test_the_loop_runs_to_its_report(tmp_path: Path, fresh_cache: Callable[[Path], Path]) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    words = [sys.executable, str(LOOP / "loop.py"), "--toy", "--out", str(tmp_path / "loop")]
    words += ["--machine", "counts"]
    environment = {
        **os.environ,
        "PIE_CACHE": str(fresh_cache(tmp_path / "cache")),
        "PYTHONPATH": str(REPOSITORY),
    }

    first = subprocess.run(
        words, capture_output=True, text=True, env=environment, timeout=900, check=False
    )
    assert first.returncode == 0, first.stderr[-3000:]
    assert "paired difference" in first.stdout
    found = json.loads((tmp_path / "loop" / "result.json").read_text())
    rows = {(one["asked"], one["k"]): one["rows"] for one in found["scores"]}
    assert rows == {(asked, k): 2 for asked in ("10/10", "1/10", "plain") for k in (1, 2)}
    assert [(one["seed"], one["answers"]) for one in found["seeds"]] == [
        (0, 20), (1, 20), ("all", 40)
    ]  # fmt: skip
    assert {"spearman", "spearman_of_accepted", "speedups"} <= found["seeds"][0].keys()
    tags = [
        json.loads(line)["target_reward_updated_pct_bin"]
        for line in (tmp_path / "loop" / "tagged.jsonl").read_text().splitlines()
    ]
    assert set(tags) >= {1, 10}
