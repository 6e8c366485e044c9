"""The main job from a file to a table, a document and a run folder, and that folder used again."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import BROKEN, FAST, SLOW, WRONG, Pie, row, sums, write_rows

PYTHON = "n = int(input())\nprint(sum(range(n + 1)))\n"
PYTHON_FAST = "n = int(input())\nprint(n * (n + 1) // 2)\n"


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """Five rows: tests in files and inside, generations, a broken target, identical ones."""
    folder = tmp_path / "data" / "test_cases" / "files"
    folder.mkdir(parents=True)
    for index, test in enumerate(sums(1, 20, 30)):
        (folder / f"input.{index}.txt").write_text(test["input"])
        (folder / f"output.{index}.txt").write_text(test["output"])
    return write_rows(
        tmp_path / "data" / "pairs.jsonl",
        row("files", tests=[0, 2], user_id="kept"),
        row("inline", generated_answers=[FAST, WRONG, "", BROKEN]),
        row("broken", fast=BROKEN),
        row("wrong", fast=WRONG),
        row("identical", fast=SLOW),
    )


def read(run: Path, name: str) -> Any:
    return json.loads((run / name).read_text())


def read_lines(run: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / name).read_text().splitlines()]


def measured(run: Path) -> tuple[int, int]:
    """(runs that were measured, runs taken from the cache) by the last command on this folder."""
    effort = read(run, "manifest.json")["effort"]
    return effort["jobs_run"].get("measure", 0), effort["jobs_reused"].get("measure", 0)


def test_from_a_file_to_results_and_back(pie: Pie, pairs: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    done = pie("simulate", "--pairs", pairs, "--out", run, "--json")
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines() == [
        "pie: 5 rows, 5 distinct programs, 24 runs to judge and measure on skylake; "
        "0 lines left out"
    ], "everything that is no result goes to standard error, and nothing besides"

    document = json.loads(done.stdout)
    assert document["schema_version"] == 1
    assert document["run"] == str(run)
    assert document["machine"] == "skylake"
    by_problem = {one["problem_id"]: one for one in document["pairs"]}
    assert list(by_problem) == ["files", "inline", "broken", "wrong", "identical"]
    assert set(by_problem["files"]) == {
        "src_id", "tgt_id", "problem_id", "src_agg_runtime", "tgt_agg_runtime", "speedup",
        "net_speedup", "src_verdict", "tgt_verdict", "generations",
    }  # fmt: skip
    assert by_problem["files"]["speedup"] > 1
    assert by_problem["identical"]["speedup"] == 1.0
    assert by_problem["broken"]["tgt_verdict"] == "compile_error"
    assert by_problem["broken"]["speedup"] is None
    assert by_problem["wrong"]["tgt_verdict"] == "wrong_answer"
    assert by_problem["wrong"]["tgt_agg_runtime"] is None
    assert [one["verdict"] for one in by_problem["inline"]["generations"]] == [
        "accepted",
        "wrong_answer",
        "no_code",
        "compile_error",
    ]
    generated = by_problem["inline"]["generations"][0]["agg_runtime"]
    assert generated == by_problem["inline"]["tgt_agg_runtime"], "the same program costs the same"
    assert sum(document["counts"].values()) == 5 * 2 + 4
    assert document["counts"]["wrong_answer"] == 2
    assert document["summary"] == read(run, "summary.json")

    rows = read_lines(run, "pairs.jsonl")
    assert rows[0]["user_id"] == "kept"
    assert rows[0]["tests"] == [0, 2]
    assert {name: rows[0][name] for name in by_problem["files"]} == by_problem["files"]
    lines = read_lines(run, "measurements.jsonl")
    files = [one for one in lines if one["problem_id"] == "files"]
    assert [(one["role"], one["test"]) for one in files] == [
        ("src", "0"), ("src", "2"), ("tgt", "0"), ("tgt", "2"),
    ]  # fmt: skip
    assert sum(one["cycles"] for one in files[:2]) / 3.5e9 == pytest.approx(
        rows[0]["src_agg_runtime"]
    )
    assert all(one["instructions"] and one["counters"] for one in files)
    manifest = read(run, "manifest.json")
    assert (manifest["status"], manifest["rows"], manifest["runs"]) == ("finished", 5, 24)

    again = pie("simulate", "--pairs", pairs, "--out", run)
    assert again.returncode == 0
    assert measured(run) == (0, measured(run)[1])
    assert measured(run)[1] > 0
    assert read_lines(run, "pairs.jsonl") == rows
    for text in ("speedup", "identical", "1.000x", "compile_error", "0 runs measured", str(run)):
        assert text in again.stdout.replace("\n", "")

    report = pie("report", run, "--json")
    assert report.returncode == 0
    assert report.stderr == ""
    shown = json.loads(report.stdout)
    assert shown.pop("native")["compared"] == 4  # it depends on the host, so no result file has it
    kept = dict(document["summary"]["report"])
    assert kept.pop("native") is None
    assert shown == kept

    other = tmp_path / "again"
    data = pairs.parent / "test_cases"
    output = run / "pairs.jsonl"
    back = pie("simulate", "--pairs", output, "--testcases", data, "--out", other, "--json")
    assert back.returncode == 0, back.stderr
    assert measured(other)[0] == 0, "the same programs and tests are known"
    assert json.loads(back.stdout)["pairs"] == document["pairs"]
    assert read_lines(other, "pairs.jsonl") == rows


# The start of an interpreter takes the model many seconds.
@pytest.mark.parametrize("machine", ["counts", pytest.param("skylake", marks=pytest.mark.prove)])
def test_rows_of_two_languages_are_measured_together(
    pie: Pie, tmp_path: Path, machine: str
) -> None:
    pairs = write_rows(
        tmp_path / "pairs.jsonl",
        row("cpp", tests=sums(9)),
        row("python", slow=PYTHON, fast=PYTHON_FAST, language="python", tests=sums(9)),
    )
    done = pie("simulate", "--pairs", pairs, "-m", machine, "--out", tmp_path / "run", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert [one["src_verdict"] for one in document["pairs"]] == ["accepted"] * 2
    cpp, python = (one["speedup"] for one in document["pairs"])
    assert cpp > 1
    assert python == pytest.approx(1, abs=0.1), "both are mostly the interpreter's start"


def test_without_the_cache_everything_is_measured_again_with_the_same_result(
    pie: Pie,
    tmp_path: Path,
    environment: dict[str, str],
    fresh_cache: Callable[[Path], Path],
) -> None:
    own = fresh_cache(tmp_path / "cache")  # nobody else writes into it meanwhile
    environment["PIE_CACHE"] = str(own)
    pairs = write_rows(tmp_path / "pairs.jsonl", row("p", tests=sums(3)))
    first, second = tmp_path / "first", tmp_path / "second"
    assert pie("simulate", "--pairs", pairs, "--out", first, env=environment).returncode == 0
    kept = (own / "results.sqlite").stat().st_mtime_ns
    done = pie("simulate", "--pairs", pairs, "--out", second, "--no-cache", env=environment)
    assert done.returncode == 0, done.stderr
    assert measured(second) == (3, 0), "two programs and the empty one"
    assert (own / "results.sqlite").stat().st_mtime_ns == kept, "and nothing is kept"
    for name in ("pairs.jsonl", "summary.json"):
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_the_default_folder_is_named_after_the_file_and_told(pie: Pie, tmp_path: Path) -> None:
    write_rows(tmp_path / "mine.jsonl", row("p"))
    done = pie("simulate", "--pairs", "mine.jsonl")
    (folder,) = (tmp_path / "runs").iterdir()
    assert folder.name.startswith("mine-skylake-")
    assert f"runs/{folder.name}" in done.stdout


def test_a_missed_threshold_is_three(pie: Pie, tmp_path: Path) -> None:
    pairs = write_rows(tmp_path / "pairs.jsonl", row("identical", fast=SLOW))
    done = pie("simulate", "--pairs", pairs, "--out", tmp_path / "run", "--fail-under", "1.01")
    assert done.returncode == 3
    assert "pie: mean speedup 1.000 is under 1.01" in done.stderr
    assert pie("report", tmp_path / "run", "--fail-under", "1.01").returncode == 3


def test_a_program_that_the_simulator_cannot_run_is_unsupported_and_has_no_baseline(
    pie: Pie, tmp_path: Path
) -> None:
    beyond = SLOW.replace(
        "int n;",
        'int n; unsigned long base; asm volatile("rdfsbase %0" : "=r"(base)); if (!base) return 2;',
    )
    pairs = write_rows(tmp_path / "pairs.jsonl", row("p", slow=beyond))
    done = pie("simulate", "--pairs", pairs, "--out", tmp_path / "run", "--json")
    verdict = json.loads(done.stdout)["pairs"][0]["src_verdict"]
    if verdict == "runtime_error":
        pytest.skip("this processor does not know the instruction either")
    assert (done.returncode, verdict) == (0, "unsupported")
    assert "1 program did what the machine cannot measure" in done.stderr
    report = json.loads(pie("report", tmp_path / "run", "--json").stdout)
    assert report["human"]["excluded"]["unsupported_reference"] == 1
    assert report["human"]["speedup"] is None


def test_a_fresh_user_measures_two_files_in_one_command(pie: Pie, tmp_path: Path) -> None:
    (tmp_path / "slow.cpp").write_text(SLOW)
    (tmp_path / "fast.cpp").write_text(FAST)
    (tmp_path / "n.txt").write_text("40\n")
    (tmp_path / "sum.txt").write_text("820\n")
    done = pie("measure", "slow.cpp", "fast.cpp", "-i", "n.txt", "-e", "sum.txt")
    assert (done.returncode, done.stderr) == (0, "")
    table, sentence = done.stdout.split("\n\n")
    assert [line.split()[0] for line in table.splitlines()] == ["program", "fast.cpp", "slow.cpp"]
    sentence = " ".join(sentence.split())
    assert sentence.startswith("fast.cpp (")
    assert "times faster than slow.cpp" in sentence
    assert "start of the process" in sentence

    (tmp_path / "sum.txt").write_text("821\n")
    wrong = pie("measure", "slow.cpp", "fast.cpp", "-i", "n.txt", "-e", "sum.txt", "--json")
    assert wrong.returncode == 1
    document = json.loads(wrong.stdout)
    assert document["speedup"] is None
    assert [one["verdict"] for one in document["programs"]] == ["wrong_answer"] * 2


def test_shards_on_hosts_of_their_own_join_to_the_whole_run(pie: Pie, tmp_path: Path) -> None:
    rows = [row(f"r{n}", generated_answers=[FAST, WRONG][: n % 3]) for n in range(5)]
    pairs = tmp_path / "pairs.jsonl"
    pairs.write_text("".join(json.dumps(one) + "\n" for one in rows))
    common = ("simulate", "--pairs", str(pairs), "-m", "counts")
    assert pie(*common, "--out", "whole").returncode == 0
    for number in (1, 2, 3):
        done = pie(*common, "--shard", f"{number}/3", "--out", f"part{number}")
        assert done.returncode == 0, done.stderr
    assert pie("merge", "part1", "part2", "part3", "--out", "joined").returncode == 0
    whole, joined = (tmp_path / name / "pairs.jsonl" for name in ("whole", "joined"))
    assert joined.read_bytes() == whole.read_bytes()
    refused = pie(*common, "--shard", "4/3")
    assert refused.returncode == 1
    assert "such as 2/8" in refused.stderr
