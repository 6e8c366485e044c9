"""`pie dataset` as it is read: counts, warnings, the card, an interruption."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

pytest.importorskip("pyarrow")
pytest.importorskip("tree_sitter_cpp")

from pie.cli.app import app
from pie.flows.dataset import measure
from tests.unit.flows.dataset.codenet import Sent, looping, rows_of, write_codenet

SENT = {
    f"p{number:05}": [
        Sent(f"s{number}a", "u1", 1, looping(number), cpu_time=100),
        Sent(f"s{number}b", "u1", 2, looping(number * 1000 + 7) + "int x;", cpu_time=40),
        Sent(f"s{number}c", "u2", 2, looping(3), "Wrong Answer"),
    ]
    for number in range(40)
}


def pie(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["dataset", *map(str, arguments)])


@pytest.fixture
def built(tmp_path: Path) -> Path:
    write_codenet(tmp_path / "codenet", SENT)
    out = tmp_path / "made"
    done = pie("build", tmp_path / "codenet", "--out", out, "--runtimes-from-table", "--val", "0.3")
    assert done.exit_code == 0, done.output
    assert "          40 problems out" in done.stdout
    assert "         -40 not_accepted" in done.stdout
    assert done.stdout.count("WARNING: the runtimes are the table's own") == 2
    return out


def test_a_build_tells_where_everything_went_and_splits_by_problem(built: Path) -> None:
    parts = {
        part: {row["problem_id"] for row in rows_of(built / "splits" / f"{part}.jsonl")}
        for part in ("train", "val", "test")
    }
    assert sum(map(len, parts.values())) == 40 == len(set().union(*parts.values()))
    assert parts["train"]
    assert parts["val"]
    (fastest,) = [row for row in rows_of(built / "fastest.jsonl") if row["problem_id"] == "p00007"]
    assert (fastest["fastest_id"], fastest["fastest_agg_runtime"]) == ("s7b", 0.04)
    row = rows_of(built / "pairs.jsonl")[0]
    assert (row["speedup"], row["measured_on"]) == (2.5, "table")
    assert row["target_reward_updated_pct_bin"] == 10


def test_a_card_shows_the_tables_side_by_side(built: Path) -> None:
    files = [built / "splits" / "train.jsonl", built / "splits" / "val.jsonl"]
    done = pie("card", *files)
    assert done.exit_code == 0
    for text in ("Unique Problem IDs", "Median tgt", "train", "val", "Lengths in leaves", "2.50"):
        assert text in done.stdout
    assert "share problems" not in done.stdout
    both = pie("card", files[0], built / "train_hq.jsonl")
    assert "! train and train_hq share problems:" in both.stdout
    document = json.loads(pie("card", *files, "--length", "characters", "--json").stdout)
    assert document["length_unit"] == "characters"
    assert document["shared_problems"] == []
    assert [one["name"] for one in document["files"]] == ["train", "val"]


def test_an_interrupted_step_says_how_to_go_on(
    built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(measure, "run", stopped)
    done = pie("measure", built / "submissions.parquet", "--runtimes-from-table")
    assert done.exit_code == 130
    assert "what was done is kept. Go on with:" in done.stderr


def test_programs_that_we_failed_to_measure_are_exit_code_four(
    built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = json.loads((built / "measured.parquet.manifest.json").read_text())
    manifest["verdicts"]["not_measured"] = 2
    monkeypatch.setattr(measure, "run", lambda *_arguments: manifest)
    done = pie("measure", built / "submissions.parquet", "--runtimes-from-table")
    assert done.exit_code == 4
    assert "2 programs could not be measured; the same command tries again" in done.stderr


def test_submissions_without_a_faster_one_make_no_data_set(tmp_path: Path) -> None:
    write_codenet(tmp_path / "codenet", {"p00001": SENT["p00001"][:1]})
    out = tmp_path / "made"
    done = pie("build", tmp_path / "codenet", "--out", out, "--runtimes-from-table")
    assert done.exit_code == 1
    assert "has a later program that is faster" in done.stderr.splitlines()[-1]


def test_an_infinite_least_speedup_is_one_sentence(built: Path) -> None:
    done = pie("hq", built / "pairs.jsonl", "--least-speedup", "inf", "-o", built / "x.jsonl")
    assert done.exit_code == 1
    assert done.stderr.splitlines()[-1].startswith("pie: no pair has an infinite speedup")


@pytest.mark.parametrize(
    "ignored", [("--val", "0.05"), ("--test", "0"), ("--seed", "0")], ids=lambda one: one[0]
)
def test_shares_and_seed_beside_published_parts_are_a_wrong_command_line(
    built: Path, tmp_path: Path, ignored: tuple[str, str]
) -> None:
    listed = tmp_path / "test_problems.txt"
    listed.write_text("p00001\n")
    parts = "split", built / "pairs.jsonl", "-o", tmp_path / "split", "--test-problems", listed
    done = pie(*parts, *ignored)
    assert done.exit_code == 2
    assert f"{ignored[0]} has no effect beside published parts (--test-problems)" in " ".join(
        done.stderr.split()
    )
    assert not (tmp_path / "split").exists()
    assert pie(*parts).exit_code == 0
    assert {row["problem_id"] for row in rows_of(tmp_path / "split" / "test.jsonl")} == {"p00001"}
