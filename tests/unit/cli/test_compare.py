"""`pie compare`: what changed, what may not be compared, and its exit codes."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pie.cli.app import app
from tests.page_runs import make_run

SETTING = {"machine": {"machine": "skylake"}, "toolchain": {"cpp": {"flags": "-O3"}}}


def run_of(folder: Path, factors: list[float | None], **manifest: Any) -> Path:
    """A run whose rows have these speedups of one generation; None: it is wrong."""
    make_run(folder, len(factors), generations=1)
    rows = [json.loads(line) for line in (folder / "pairs.jsonl").read_text().splitlines()]
    with (folder / "pairs.jsonl").open("w") as file:
        for row, factor in zip(rows, factors, strict=True):
            row |= {"src_verdict": "accepted", "src_agg_runtime": 1.0}
            good = factor is not None
            row["generations"] = [
                {
                    "verdict": "accepted" if good else "wrong_answer",
                    "agg_runtime": 1 / factor if factor is not None else None,
                }
            ]
            file.write(json.dumps(row) + "\n")
    told = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**told, "setting": SETTING, **manifest}))
    return folder


def compare(*words: object, code: int = 0) -> Any:
    done = CliRunner().invoke(app, ["compare", *map(str, words)])
    assert done.exit_code == code, done.output
    return done


@pytest.fixture
def runs(tmp_path: Path) -> tuple[Path, Path]:
    first = run_of(tmp_path / "first", [2, 2, 2, 2, None, 2])
    second = run_of(tmp_path / "second", [4, 2.02, 1, 2, 2, None])
    return first, second


def test_rows_are_improved_same_and_worse_and_the_numbers_are_those_of_the_rows(
    runs: tuple[Path, Path],
) -> None:
    told = json.loads(compare(*runs, "--json").stdout)
    changes = [row["change"] for row in told["rows"]]
    assert changes == ["improved", "same", "worse", "same", "improved", "worse"]
    assert (told["improved"], told["same"], told["worse"]) == (2, 2, 2)
    assert (told["won"], told["lost"]) == (3, 2)
    assert (told["newly_correct"], told["no_longer_correct"]) == (1, 1)
    factors = [2, 1.01, 0.5, 1, 2, 0.5]
    mean = math.exp(sum(map(math.log, factors)) / len(factors))
    assert told["factor"]["value"] == pytest.approx(mean)
    low, high = told["factor"]["interval"]["low"], told["factor"]["interval"]["high"]
    assert low <= mean <= high
    assert told["difference"]["speedup"]["value"] == pytest.approx((2 + 0.02 - 1 + 0 + 1 - 1) / 6)


def test_a_run_against_itself_is_the_same_everywhere(runs: tuple[Path, Path]) -> None:
    told = json.loads(compare(runs[0], runs[0], "--json").stdout)
    assert (told["same"], told["won"], told["lost"], told["p_value"]) == (6, 0, 0, None)
    assert told["factor"]["value"] == 1
    assert "no row differs" in compare(runs[0], runs[0]).stdout


def test_the_other_way_round_everything_is_turned(runs: tuple[Path, Path]) -> None:
    there, back = (
        json.loads(compare(*pair, "--json").stdout) for pair in (runs, tuple(reversed(runs)))
    )
    assert (there["won"], there["lost"]) == (back["lost"], back["won"])
    assert there["factor"]["value"] == pytest.approx(1 / back["factor"]["value"])
    assert there["p_value"] == back["p_value"]


def test_another_compiler_is_refused_with_its_name_unless_asked_for(tmp_path: Path) -> None:
    first = run_of(tmp_path / "first", [2, 3])
    other = {**SETTING, "toolchain": {"cpp": {"flags": "-O2"}}}
    second = run_of(tmp_path / "second", [2, 3], setting=other)
    refused = compare(first, second, code=1).stderr
    assert "toolchain.flags: -O3 against -O2" in " ".join(refused.split())
    assert "--across" in refused
    assert "-O3 against -O2" in " ".join(compare(first, second, "--across").stdout.split())


def test_a_budget_that_changes_no_number_is_no_difference(tmp_path: Path) -> None:
    first = run_of(tmp_path / "first", [2, 3])
    other = {**SETTING, "limits": {"max_instructions": 5}, "budget": {"multiple": 3}}
    second = run_of(tmp_path / "second", [2, 3], setting=other | {"limits": {}})
    third = run_of(tmp_path / "third", [2, 3], setting=other)
    compare(second, third)
    assert "not finished" not in compare(first, first).stderr


def test_other_rows_are_no_comparison(tmp_path: Path) -> None:
    first, second = run_of(tmp_path / "a", [2, 3]), run_of(tmp_path / "b", [2, 3, 4])
    assert "different numbers of rows" in compare(first, second, code=1).stderr


def test_an_unfinished_run_is_not_compared(tmp_path: Path) -> None:
    first, second = run_of(tmp_path / "a", [2, 3]), run_of(tmp_path / "b", [2, 3], rows=9)
    assert "is not finished" in compare(first, second, code=1).stderr


def test_runs_without_generations_are_compared_by_their_targets(tmp_path: Path) -> None:
    make_run(tmp_path / "a", 12, generations=0)
    told = json.loads(compare(tmp_path / "a", tmp_path / "a", "--json").stdout)
    assert told["of_targets"]
    # A long path may break the line between any two words.
    assert "the targets" in " ".join(compare(tmp_path / "a", tmp_path / "a").stdout.split())


@pytest.mark.parametrize(("bound", "code"), [("0.9", 0), ("1.5", 3)])
def test_a_bound_that_is_missed_is_three(runs: tuple[Path, Path], bound: str, code: int) -> None:
    compare(*runs, "--fail-under", bound, code=code)


@pytest.mark.parametrize("words", [("--k", "2"), ("--factor", "1"), ("--k", "0")])
def test_a_wrong_request_is_refused(runs: tuple[Path, Path], words: tuple[str, str]) -> None:
    compare(*runs, *words, code=2 if words[1] == "0" else 1)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_table_fits_the_terminal(
    runs: tuple[Path, Path], width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    text = compare(*runs).stdout
    assert max(map(len, text.splitlines())) <= width
    assert "2.000x" in text


def test_markdown_and_csv_hold_the_rows(runs: tuple[Path, Path]) -> None:
    assert "| 1 | p00000 | 2.000x | 4.000x | 2.000x |" in compare(*runs, "-f", "markdown").stdout
    lines = compare(*runs, "-f", "csv").stdout.splitlines()
    assert len(lines) == 7
    assert lines[1].startswith("1,p00000,")
