"""Real programs and recorded answers of real models, refined by each system in one command."""

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("tree_sitter_cpp")

from tests.benchmarks.refinement_real import FILES, make_pairs, make_tasks
from tests.e2e.conftest import Pie

pytestmark = [pytest.mark.shared, pytest.mark.slow]


def refine(pie: Pie, out: Path, rows: list[str], strategy: str, machine: str) -> dict[str, Any]:
    words = ["refine", *rows, "--strategy", strategy, "--machine", machine, "--out", out, "--json"]
    done = pie(*words)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_function_tasks_are_repaired_from_recorded_rounds(
    pie: Pie, shared_data: Path, tmp_path: Path
) -> None:
    # The fifth of the first half is repaired on its private tests, too.
    rows = make_tasks(shared_data, tmp_path, 10)
    found = refine(pie, tmp_path / "run", rows, "ecco-exec-refine", "counts")
    assert found["tasks"] == 10
    assert found["stops"]["exhausted"] + found["stops"]["finished"] == 10
    correct = [one["best_at"][0]["correct"]["value"] for one in found["by_iteration"]]
    assert correct[0] < correct[-1], "a recorded round repairs at least one of them"
    again = refine(pie, tmp_path / "again", rows, "ecco-exec-refine", "counts")
    assert again["by_iteration"] == found["by_iteration"]
    for name in FILES:
        assert (tmp_path / "run" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


@pytest.mark.prove
@pytest.mark.parametrize("strategy", ["soap", "perfcodegen", "ecco-exec-refine", "sbllm"])
def test_rows_of_several_models_are_refined_and_all_measured(
    pie: Pie, shared_data: Path, tmp_path: Path, strategy: str
) -> None:
    rows = make_pairs(shared_data, tmp_path, 6)
    found = refine(pie, tmp_path / "run", rows, strategy, "counts")
    assert found["tasks"] == 6
    assert found["turns"] >= 6
    measured = (tmp_path / "run/measured/pairs.jsonl").read_text().splitlines()
    assert len(measured) == 6
    speedups = [one["best_at"][0]["speedup"]["value"] for one in found["by_iteration"]]
    assert all(one >= 1 for one in speedups)
