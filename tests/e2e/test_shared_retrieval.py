"""Real sources by other people: neighbours are of other problems, and more alike than chance."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pie.cli.app import app

pytestmark = [pytest.mark.shared, pytest.mark.slow, pytest.mark.prove]


def test_the_nearest_source_of_another_problem_is_often_of_the_same_category(
    shared_data: Path, tmp_path: Path
) -> None:
    pairs, index = str(shared_data / "pairs.jsonl"), str(tmp_path / "index")
    build = ["index", "build", "--pairs", pairs, "--out", index, "--encoder", "tokens"]
    assert CliRunner().invoke(app, build).exit_code == 0
    done = CliRunner().invoke(app, ["index", "search", index, "--pairs", pairs, "--json"])
    results = json.loads(done.stdout)["results"]
    assert len(results) == 204
    for one in results:
        assert len(one["neighbours"]) == 4
        assert one["problem_id"] not in {near["problem_id"] for near in one["neighbours"]}
    rows = [json.loads(line) for line in Path(pairs).read_text("utf-8").splitlines()]
    category = {
        row["problem_id"]: row["src_origin"].split("/")[0]
        for row in rows
        if row["source"] == "library-checker"
    }
    nearest = [
        (category[one["problem_id"]], category.get(one["neighbours"][0]["problem_id"]))
        for one in results
        if one["problem_id"] in category
    ]
    assert len(nearest) == 91
    alike = sum(mine == its for mine, its in nearest) / len(nearest)
    assert alike > 0.4  # 0.11 by chance
