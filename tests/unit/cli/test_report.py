"""`pie report --errors` refuses the folders that plain `pie report` refuses, and no others."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pie.cli.app import app

MANIFEST: dict[str, Any] = {
    "schema_version": 1,
    "machine": {"name": "skylake", "fingerprint": "f00d", "threads": 1},
    "rows": 2,
    "rows_left_out": 0,
    "pairs_file": "test.jsonl",
}
ROW = {
    "problem_id": "p1",
    "src_code": "int main() { return 0; }",
    "tgt_code": "int main() {}",
    "src_verdict": "accepted",
    "tgt_verdict": "accepted",
    "src_agg_runtime": 1.0,
    "tgt_agg_runtime": 0.5,
    "generated_answers": [],
    "generations": [],
}


def run_folder(path: Path, rows: int | None, manifest: dict[str, Any] | None = MANIFEST) -> Path:
    if manifest is not None:
        (path / "manifest.json").write_text(json.dumps(manifest))
    if rows is not None:
        (path / "pairs.jsonl").write_text((json.dumps(ROW) + "\n") * rows)
    return path


def report(*words: object) -> Any:
    return CliRunner().invoke(app, ["report", *map(str, words)])


@pytest.mark.parametrize("errors", [(), ("--errors",)])
def test_doubled_rows_are_refused(tmp_path: Path, errors: tuple[str, ...]) -> None:
    done = report(run_folder(tmp_path, 4), *errors)
    assert done.exit_code == 1
    assert "4 rows but manifest.json plans 2" in done.stderr


@pytest.mark.parametrize("manifest", [None, {**MANIFEST, "schema_version": 9}])
def test_a_folder_that_is_no_run_is_refused_alike(
    tmp_path: Path, manifest: dict[str, Any] | None
) -> None:
    run_folder(tmp_path, 2, manifest)
    plain, errors = report(tmp_path), report(tmp_path, "--errors")
    assert (plain.exit_code, errors.exit_code) == (1, 1)
    assert plain.stderr == errors.stderr


@pytest.mark.parametrize("rows", [None, 0, 1, 2])
def test_a_run_that_is_not_finished_or_not_begun_is_accepted(
    tmp_path: Path, rows: int | None
) -> None:
    run_folder(tmp_path, rows)
    assert report(tmp_path, "--errors").exit_code == 0


def test_the_worked_example_of_pies_metrics(tmp_path: Path) -> None:
    """Sources of 10 s; the best answers take 2 s, 20 s, and none is right: 5, 1 and 1."""
    (tmp_path / "manifest.json").write_text(json.dumps({**MANIFEST, "rows": 3}))
    wrong = {"verdict": "wrong_answer", "agg_runtime": None}
    answers = [[2.0, 4.0], [20.0, 30.0], [None, None]]
    lines = []
    for number, seconds in enumerate(answers):
        generations = [
            wrong if one is None else {"verdict": "accepted", "agg_runtime": one} for one in seconds
        ]
        row = {**ROW, "problem_id": f"p{number}", "src_agg_runtime": 10.0, "tgt_agg_runtime": 2.5}
        lines.append({**row, "generations": generations})
    (tmp_path / "pairs.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines))
    best = json.loads(report(tmp_path, "--json").stdout)["best_at"]
    found = [(one["k"], one["speedup"]["value"], one["optimised"]["value"]) for one in best]
    assert found == [(k, pytest.approx(7 / 3), pytest.approx(1 / 3)) for k in (1, 2)]
    assert [one["correct"]["value"] for one in best] == [pytest.approx(2 / 3)] * 2
    printed = report(tmp_path, "--format", "markdown").stdout
    (line,) = [one for one in printed.splitlines() if one.startswith("| best@2 ")]
    for told in ("33.3", "2.333", "66.7"):
        assert told in line
    # People: not clamped, over all rows (10 / 2.5).
    assert json.loads(report(tmp_path, "--json").stdout)["human"]["speedup"]["value"] == 4.0


def test_latex_is_the_table_of_scores_and_nothing_else(tmp_path: Path) -> None:
    run = run_folder(tmp_path, 2)
    done = report(run, "-f", "latex")
    assert done.exit_code == 0
    assert done.stdout.startswith("% machine skylake")
    assert r" & n & \%Opt & Speedup & 95\% CI" in done.stdout
    assert r"human & 2 & 100.0 & 2.000x" in done.stdout
    assert report(run, "-f", "latex", "--errors").exit_code == 1
