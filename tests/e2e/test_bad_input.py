"""What a user may give by mistake: one sentence with place and remedy, and the right exit code."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.conftest import SLOW, Pie, Row, row, write_rows

GOOD = row("good")


def told(done: subprocess.CompletedProcess[str]) -> list[str]:
    """The sentences on standard error besides the plan and its price."""
    assert "Traceback" not in done.stderr
    lines = done.stderr.splitlines()
    assert all(line.startswith("pie: ") for line in lines)
    plan = (" distinct program", " core hours ")
    return [line for line in lines if not any(words in line for words in plan)]


def assert_refused(done: subprocess.CompletedProcess[str], *parts: str) -> None:
    (sentence,) = told(done)
    for part in parts:
        assert part in sentence
    assert "; " in sentence, "a remedy follows the reason"
    assert (done.returncode, done.stdout) == (1, "")


def test_a_missing_file(pie: Pie) -> None:
    assert_refused(pie("simulate", "--pairs", "gone.jsonl"), "gone.jsonl does not exist", "--pairs")


def test_a_folder_instead_of_a_file(pie: Pie, tmp_path: Path) -> None:
    assert_refused(pie("simulate", "--pairs", tmp_path), "cannot be read (Is a directory)")


def test_an_empty_file(pie: Pie, tmp_path: Path) -> None:
    assert_refused(pie("simulate", "--pairs", write_rows(tmp_path / "empty.jsonl")), "is empty")


def test_a_folder_of_test_cases_that_is_not_there(pie: Pie, tmp_path: Path) -> None:
    pairs = write_rows(tmp_path / "pairs.jsonl", GOOD)
    done = pie("simulate", "--pairs", pairs, "--testcases", "nowhere")
    assert_refused(done, "nowhere does not exist", "--testcases")


BAD: list[tuple[Row | str | bytes, str]] = [
    ("int main() {}", "the line is not JSON"),
    (b'{"src_code": "caf\xe9"}', "the line is not UTF-8 (byte 18)"),
    ("[]", "the line is not a JSON object"),
    ({name: GOOD[name] for name in GOOD if name != "tgt_code"}, "the field tgt_code is missing"),
    (row("p", tests=[0, 99]), "test 99 is not there"),
    (row("unknown", tests=[0]), "the problem has no test cases"),
    (row("p", tests=[1]), "output.1.txt"),
    (row("../p", tests=[0]), "is not a folder name"),
    (GOOD, "the ids good-slow and good-fast stand on line 1 already, with the same code"),
    (row("good", slow="other"), "stand on line 1 already, with other code"),
]


def test_a_row_that_cannot_be_used_is_told_and_left_out_and_fatal_only_if_strict(
    pie: Pie, tmp_path: Path
) -> None:
    problem = tmp_path / "test_cases" / "p"
    problem.mkdir(parents=True)
    for name in ("input.0.txt", "output.0.txt", "input.1.txt"):
        (problem / name).write_text("1\n")
    pairs = write_rows(tmp_path / "pairs.jsonl", GOOD, *(bad for bad, _reason in BAD))

    done = pie("simulate", "--pairs", pairs, "--plan")
    sentences = told(done)
    assert len(sentences) == len(BAD)
    for number, (sentence, (_bad, reason)) in enumerate(zip(sentences, BAD, strict=True), start=2):
        assert sentence.startswith(f"pie: {pairs}:{number}: left out: ")
        assert reason in sentence
    assert done.stderr.splitlines()[-2].endswith("; 10 lines left out")
    assert done.returncode == 0

    strict = pie("simulate", "--pairs", pairs, "--plan", "--strict")
    assert_refused(strict, f"{pairs}:2: the line is not JSON", "(10 rows cannot", "--strict")


def test_a_row_left_out_is_counted_in_every_result(pie: Pie, tmp_path: Path) -> None:
    pairs = write_rows(tmp_path / "pairs.jsonl", GOOD, "broken", row("bad", tests=[3]))
    run = tmp_path / "run"
    done = pie("simulate", "--pairs", pairs, "--out", run, "--json")
    assert done.returncode == 0, done.stderr
    assert len(told(done)) == 2
    document = json.loads(done.stdout)
    assert len(document["pairs"]) == 1
    assert document["summary"]["rows_left_out"] == 2
    left_out = [json.loads(line) for line in (run / "left_out.jsonl").read_text().splitlines()]
    assert [one["line"] for one in left_out] == [2, 3]
    assert "2 left out" in pie("report", run).stdout


def test_code_that_is_no_program_is_a_verdict_not_an_error(pie: Pie, tmp_path: Path) -> None:
    pairs = write_rows(tmp_path / "pairs.jsonl", row("p", fast="\0 @ \ud800"))
    done = pie("simulate", "--pairs", pairs, "--out", tmp_path / "run", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["pairs"][0]["tgt_verdict"] == "compile_error"


def test_a_file_without_one_usable_row(pie: Pie, tmp_path: Path) -> None:
    pairs = write_rows(tmp_path / "pairs.jsonl", "broken", "{}")
    assert_refused(
        pie("simulate", "--pairs", pairs), "none of the 2 rows", "(line 1: the line is not JSON"
    )


@pytest.mark.parametrize(
    ("option", "value", "reason"),
    [
        ("--machine", "gem6", "gem6"),
        ("--compare", "fuzzy", "fuzzy"),
        ("--link", "shared", "choose static or dynamic"),
        ("--cxxflags", "-O2 'x", "--cxxflags"),
        ("--cxxflags", "-o /tmp/x", "is not allowed"),
    ],
)
def test_an_option_with_an_unknown_value(
    pie: Pie, tmp_path: Path, option: str, value: str, reason: str
) -> None:
    pairs = write_rows(tmp_path / "pairs.jsonl", GOOD)
    assert_refused(pie("simulate", "--pairs", pairs, option, value), reason)


def test_a_folder_of_another_run_keeps_its_results(pie: Pie, tmp_path: Path) -> None:
    run = tmp_path / "run"
    pairs = write_rows(tmp_path / "pairs.jsonl", GOOD)
    assert pie("simulate", "--pairs", pairs, "--out", run).returncode == 0
    before = {one.name: one.read_bytes() for one in run.iterdir()}
    other = write_rows(tmp_path / "other.jsonl", row("other"))
    refused = pie("simulate", "--pairs", other, "--out", run)
    assert_refused(refused, "another configuration (pairs_sha256 differs)", "--out")
    refused = pie("simulate", "--pairs", pairs, "--out", run, "--max-instructions", "9")
    assert_refused(refused, "setting.limits.max_instructions: 2000000000 against 9", "--out")
    assert {one.name: one.read_bytes() for one in run.iterdir()} == before


def test_test_cases_that_changed_since_are_another_configuration(pie: Pie, tmp_path: Path) -> None:
    problem = tmp_path / "test_cases" / "good"
    problem.mkdir(parents=True)
    (problem / "input.0.txt").write_text("3\n")
    (problem / "output.0.txt").write_text("3\n")
    pairs = write_rows(tmp_path / "pairs.jsonl", row("good", tests=[0]))
    run = tmp_path / "run"
    assert pie("simulate", "--pairs", pairs, "--out", run).returncode == 0
    before = (run / "pairs.jsonl").read_bytes()
    (problem / "input.0.txt").write_text("4\n")
    refused = pie("simulate", "--pairs", pairs, "--out", run)
    assert_refused(refused, "another configuration (test cases differ)", "--out")
    assert (run / "pairs.jsonl").read_bytes() == before


def test_a_folder_that_is_no_run(pie: Pie, tmp_path: Path) -> None:
    pairs = write_rows(tmp_path / "pairs.jsonl", GOOD)
    done = pie("simulate", "--pairs", pairs, "--out", tmp_path)
    assert_refused(done, "is not empty and holds no run (pairs.jsonl)", "--out")
    assert_refused(pie("report", tmp_path), str(tmp_path))


@pytest.mark.parametrize("below", ["", "/run"])
def test_a_run_folder_that_cannot_be_made(pie: Pie, tmp_path: Path, below: str) -> None:
    pairs = write_rows(tmp_path / "pairs.jsonl", GOOD)
    assert_refused(
        pie("simulate", "--pairs", pairs, "--out", f"{pairs}{below}"), "cannot be written", "--out"
    )


def test_a_cache_that_cannot_be_made(pie: Pie, tmp_path: Path, environment: dict[str, str]) -> None:
    pairs = write_rows(tmp_path / "pairs.jsonl", GOOD)
    environment["PIE_CACHE"] = f"{pairs}/cache"
    assert_refused(pie("simulate", "--pairs", pairs), f"{pairs}/cache")


def test_a_cache_that_is_no_cache(
    pie: Pie, tmp_path: Path, environment: dict[str, str], fresh_cache: Callable[[Path], Path]
) -> None:
    pairs = write_rows(tmp_path / "pairs.jsonl", GOOD)
    environment["PIE_CACHE"] = str(fresh_cache(tmp_path / "cache"))
    (tmp_path / "cache" / "results.sqlite").write_text("something else, long enough" * 100)
    assert_refused(pie("simulate", "--pairs", pairs), "results.sqlite is damaged", "delete")


def test_programs_of_measure(pie: Pie, tmp_path: Path) -> None:
    (tmp_path / "a.cpp").write_text(SLOW)
    (tmp_path / "b.rs").touch()
    given = ("-i", "b.rs")
    assert_refused(pie("measure", "a.cpp", "gone.cpp", *given), "gone.cpp cannot be read")
    assert_refused(pie("measure", "a.cpp", "b.rs", *given), "the language of b.rs is not known")
    assert_refused(pie("measure", "a.cpp", "-i", "gone.txt"), "gone.txt cannot be read")
    assert_refused(pie("measure", "a.cpp", "-e", "b.rs"), "0 inputs but 1 expected outputs")


def test_a_report_on_nothing(pie: Pie, tmp_path: Path) -> None:
    assert_refused(pie("report", tmp_path / "gone"), "gone")
