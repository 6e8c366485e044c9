"""What a short measured run costs of the host, beside Valgrind alone: a rise of a fifth fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sim import sandbox
from sim.machines.skylake import Skylake

REPOSITORY = Path(__file__).parents[2]
RECORDED = 0.22
"""What `tests/benchmarks/short_run.py` gives: CPU time of one of 20 runs from a shared start, all
included, over that of `valgrind --tool=none`."""
RISE = 1.2
ROUNDS = 12


def test_a_short_run_costs_no_more_beside_valgrind_alone_than_it_did() -> None:
    check = Skylake().check()
    if not check.ok:
        pytest.skip(f"{check.problem}: {check.remedy}")
    if sandbox.level() != "full":
        pytest.skip(f"needs the full sandbox: {sandbox.why_partial()}")
    script = REPOSITORY / "tests" / "benchmarks" / "short_run.py"
    done = subprocess.run(
        [sys.executable, str(script), str(ROUNDS), str(RISE * RECORDED)],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["ratio"] <= RISE * RECORDED, found
