"""`pie calibrate` as a user runs it: measured, recorded, refitted, and what it refuses."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import FAST, SLOW, WRONG, Pie, row, write_rows

PROBLEMS = 4


def data_set(folder: Path) -> Path:
    """The two programs in a few problems, whose tests are files."""
    rows = []
    for problem in range(PROBLEMS):
        tests = folder / "test_cases" / f"p{problem}"
        tests.mkdir(parents=True)
        for test, n in enumerate((3 + problem, 40 * (problem + 1))):
            (tests / f"input.{test}.txt").write_text(f"{n}\n")
            (tests / f"output.{test}.txt").write_text(f"{n * (n + 1) // 2}\n")
        rows.append(row(f"p{problem}", SLOW, FAST, tests=[0, 1]))
    return write_rows(folder / "pairs.jsonl", *rows)


def document(text: str) -> Any:
    return json.loads(text)


def test_a_machine_agrees_with_itself_and_its_record_serves_for_a_refit(
    pie: Pie, tmp_path: Path
) -> None:
    pairs = data_set(tmp_path)
    common = ("calibrate", "--pairs", pairs, "--folds", "2", "--json")
    done = pie(*common, "-m", "cachegrind", "--reference", "cachegrind", "--out", "itself")
    assert done.returncode == 0, done.stderr
    made = document(done.stdout)
    assert made["n"] == {"runs": 16, "programs": 8, "problems": PROBLEMS, "pairs": PROBLEMS}
    assert made["models"][0]["agreement"]["runs"]["worst"] == 0
    assert made["models"][0]["agreement"]["faster_on_a_test"]["agree"] == 8
    assert made["left_out"] == {}

    record = tmp_path / "itself" / "reference.jsonl"
    done = pie(*common, "--reference-results", record, "--refit", "--out", "refit")
    assert done.returncode == 0, done.stderr
    made = document(done.stdout)
    in_sample = made["models"][-1]
    assert in_sample["validation"] == "in sample"
    assert in_sample["agreement"]["runs"]["worst"] < 0.01
    constants = json.loads((tmp_path / "refit" / "cachegrind_cost.json").read_text())
    assert constants["provenance"]["reference"]["measured"] == "recorded"
    assert constants["provenance"]["runs"] == 16


def test_the_same_command_again_measures_nothing_and_says_the_same(
    pie: Pie, tmp_path: Path
) -> None:
    pairs = data_set(tmp_path)
    command = ("calibrate", "--pairs", pairs, "--folds", "2", "--reference", "skylake")
    first = pie(*command)
    assert first.returncode == 0, first.stderr
    again = pie(*command)
    assert again.stdout.splitlines()[:-2] == first.stdout.splitlines()[:-2]
    assert "0 runs measured" in again.stdout


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"flags": "-O0"}, "was measured with flags '-O0'"),
        ({"insts": 10**9}, "other instruction counts than here"),
        ({"sha": "0" * 16}, "name no program of the pairs"),
        ({"cycles": "fast"}, "cycles is not a whole number above 0"),
    ],
)
def test_a_reference_of_something_else_is_refused_in_one_sentence(
    pie: Pie, tmp_path: Path, change: dict[str, Any], reason: str
) -> None:
    from pie.core.calibration.reference_results import text_hash

    pairs = data_set(tmp_path)
    one = {"sha": text_hash(FAST), "problem_id": "p0", "test": 0, "cycles": 200_000}
    record = write_rows(tmp_path / "gem5.jsonl", {**one, **change})
    done = pie("calibrate", "--pairs", pairs, "--reference-results", record)
    assert done.returncode == 1
    assert reason in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_what_is_not_accepted_is_left_out_and_counted_and_tests_inside_rows_do_too(
    pie: Pie, tmp_path: Path
) -> None:
    rows = [row("fine"), row("wrong", SLOW, WRONG), row("same", SLOW, SLOW), "broken"]
    pairs = write_rows(tmp_path / "pairs.jsonl", *rows)
    itself = ("-m", "cachegrind", "--reference", "cachegrind")
    done = pie("calibrate", "--pairs", pairs, *itself, "--json", "--out", "c")
    assert done.returncode == 0, done.stderr
    made = document(done.stdout)
    assert made["n"] == {"runs": 8, "programs": 4, "problems": 3, "pairs": 1}
    reasons = made["left_out"]
    # Two tests, on the machine and on the reference, which is the same machine here.
    assert reasons.pop("runs on cachegrind: the program is wrong_answer") == 4
    assert reasons.pop("pairs: source and target are the same text") == 1
    assert reasons.pop("pairs: no test that both programs have") == 1
    assert reasons.pop("tests of a pair: only one of the two programs has them") == 2
    ((reason, number),) = reasons.items()
    assert (reason.startswith("rows of the pairs: the line is not JSON"), number) == (True, 1)
    assert made["notice"].startswith("no fitted models beside it: 3 problems are too few")


@pytest.mark.gem5
@pytest.mark.slow
@pytest.mark.prove
def test_a_real_gem5_is_measured_and_leaves_a_record(pie: Pie, tmp_path: Path, gem5: str) -> None:
    pairs = write_rows(data_set(tmp_path), row("p0", SLOW, FAST, tests=[0]))
    done = pie(
        *("calibrate", "--pairs", pairs, "--reference", "gem5", "--gem5", gem5, "--json"),
        *("--out", "against"),
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    made = document(done.stdout)
    assert made["n"]["runs"] == 2
    assert "Verbatim" in made["reference"]["name"]
    assert made["models"][0]["agreement"]["runs"]["worst"] < 0.2
    (first, second) = (tmp_path / "against" / "reference.jsonl").read_text().splitlines()
    assert json.loads(first)["flags"] == json.loads(second)["flags"] == "-O3 -std=c++17"


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.prove
def test_the_machines_constants_hold_on_a_sample_of_golden_runs(
    pie: Pie, shared_data: Path, tmp_path: Path
) -> None:
    golden = [
        one
        for one in map(json.loads, (shared_data / "gem5_golden.jsonl").open())
        if one["sha"] and one["insts"] < 300_000
    ]
    sample = sorted(golden, key=lambda one: (one["problem_id"], one["sha"], one["test"]))[::12]
    record = write_rows(tmp_path / "golden.jsonl", *sample)
    done = pie(
        *("calibrate", "--pairs", shared_data / "pairs.jsonl", "--reference-results", record),
        *("--out", "sample", "--json"),
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    made = document(done.stdout)
    assert made["n"]["runs"] >= 20
    runs = made["models"][0]["agreement"]["runs"]
    assert runs["median"] < 0.02
    assert abs(runs["bias"]) < 0.015
