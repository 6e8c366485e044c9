"""Real programs by other people: every one gets a number or a true verdict."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Pie, Row, write_rows

pytestmark = [pytest.mark.shared, pytest.mark.slow, pytest.mark.prove]

CHEAP = 4_000_000
"""Instructions of the source, at most, of the pairs that are sampled."""


def rows_of(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def simulate(pie: Pie, shared_data: Path, tmp_path: Path, *rows: Row) -> list[dict[str, Any]]:
    pairs = write_rows(tmp_path / "pairs.jsonl", *rows)
    done = pie(
        *("simulate", "--pairs", pairs, "--testcases", shared_data / "test_cases", "--json"),
        *("--out", tmp_path / "run"),
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    assert "; 0 lines left out" in done.stderr
    document = json.loads(done.stdout)
    assert document["counts"]["not_measured"] == 0
    assert document["counts"]["nondeterministic"] == 0
    return document["pairs"]


def test_pairs_of_people_are_all_accepted_and_measured(
    pie: Pie, shared_data: Path, tmp_path: Path
) -> None:
    rows = rows_of(shared_data / "pairs.jsonl")
    cheap = [one for one in rows if one.get("ref_ir_src", CHEAP) < CHEAP]
    sample = sorted(cheap, key=lambda one: one["problem_id"])[:: max(1, len(cheap) // 15)][:15]
    assert len(sample) == 15
    for one in sample:
        one["tests"] = one["tests"][:3]
    for one in simulate(pie, shared_data, tmp_path, *sample):
        assert (one["src_verdict"], one["tgt_verdict"]) == ("accepted", "accepted"), one["src_id"]
        assert one["speedup"] == pytest.approx(one["src_agg_runtime"] / one["tgt_agg_runtime"])


def test_the_published_row_without_its_dynamic_loader_is_near_gem5s_ratio(
    pie: Pie, shared_data: Path, tmp_path: Path
) -> None:
    (published,) = rows_of(shared_data / "pie_real_rows.jsonl")
    (made,) = simulate(pie, shared_data, tmp_path, published)
    assert made["problem_id"] == "p00000"
    assert made["speedup"] == pytest.approx(1.7, rel=0.15)  # ../shared/spec/skylake.md
    row = json.loads((tmp_path / "run" / "pairs.jsonl").read_text())
    assert row["target_reward"] == published["target_reward"], "its own fields survive"


def test_answers_of_models_are_judged_one_by_one(
    pie: Pie, shared_data: Path, tmp_path: Path
) -> None:
    sample = rows_of(shared_data / "cpp_generations.jsonl")[::60][:3]
    for one in sample:
        one["generated_answers"] = one["generated_answers"][:3]
        one["tests"] = one["tests"][:2]
    made = simulate(pie, shared_data, tmp_path, *sample)
    for one, given in zip(made, sample, strict=True):
        assert len(one["generations"]) == len(given["generated_answers"])
        for generation in one["generations"]:
            accepted = generation["verdict"] == "accepted"
            assert (generation["agg_runtime"] is not None) == accepted


def test_python_pairs_are_judged_and_measured(pie: Pie, shared_data: Path, tmp_path: Path) -> None:
    rows = [
        {**one, "language": "python", "tests": one["tests"][:2]}
        for one in rows_of(shared_data / "python_pairs.jsonl")
    ]
    shortest = sorted(rows, key=lambda one: len(one["src_code"]))[:3]
    made = simulate(pie, shared_data, tmp_path, *shortest)
    verdicts = [one[role] for one in made for role in ("src_verdict", "tgt_verdict")]
    assert verdicts.count("accepted") >= 5, verdicts
