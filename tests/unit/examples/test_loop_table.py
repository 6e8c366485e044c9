"""The loop's third table: Spearman's coefficient of tag and speed, for each seed of sampling."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.test_report import ROW

LOOP = Path(__file__).resolve().parents[3] / "examples" / "loop"


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.syspath_prepend(str(LOOP))
    import table

    yield table
    sys.modules.pop("table", None)


def graded(folder: Path, seconds: Callable[[int, int, int], float | None]) -> Path:
    """Write a run of eight problems, two seeds and all tags; `seconds` of problem, tag and seed."""
    lines = []
    for problem in range(8):
        drawn = [(tag, seed) for tag in range(1, 11) for seed in (0, 1)]
        took = [seconds(problem, *one) for one in drawn]
        generations = [
            {"verdict": "wrong_answer" if one is None else "accepted", "agg_runtime": one}
            for one in took
        ]
        sampling = {"samples": [{"score": tag, "seed": seed} for tag, seed in drawn]}
        row = {**ROW, "problem_id": f"p{problem}", "src_agg_runtime": 10.0}
        lines.append({**row, "generations": generations, "sampling": sampling})
    (folder / "pairs.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines))
    return folder


def test_each_seed_is_told_and_then_all_of_them(table: Any, tmp_path: Path) -> None:
    def seconds(problem: int, tag: int, seed: int) -> float | None:
        """The first seed rises with the tag, the second is the same for all."""
        if seed == 0 and tag == 5:
            return None
        return (12 - tag) * (1 + problem / 100) if seed == 0 else 5.0

    first, second, both = table.of_seeds(graded(tmp_path, seconds))
    assert [one["seed"] for one in (first, second, both)] == [0, 1, "all"]
    assert [one["answers"] for one in (first, second, both)] == [80, 80, 160]
    assert first["spearman_of_accepted"]["value"] > 0.95
    assert 0.5 < first["spearman"]["interval"]["low"] < 1
    assert second["spearman"] is None
    assert first["speedups"]["1"] == 1.0
    assert first["speedups"]["10"] == pytest.approx(sum(5 / (1 + p / 100) for p in range(8)) / 8)


@pytest.mark.parametrize("rises", [True, False])
def test_the_tag_steers_only_if_every_seed_rises(table: Any, tmp_path: Path, rises: bool) -> None:
    def seconds(_problem: int, tag: int, seed: int) -> float:
        return float(12 - tag) if rises or seed == 0 else float(1 + tag)

    folders = {}
    for name, took in (("10/10", 1.0), ("1/10", 10.0), ("plain", 9.5)):
        folders[name] = tmp_path / name.replace("/", "-")
        folders[name].mkdir()
        answers = [{"verdict": "accepted", "agg_runtime": took}]
        rows = [
            {**ROW, "problem_id": f"p{n}", "src_agg_runtime": 10.0, "generations": answers}
            for n in range(8)
        ]
        text = "".join(json.dumps(one) + "\n" for one in rows)
        (folders[name] / "pairs.jsonl").write_text(text)
    found = table.result(folders, 1, graded(tmp_path, seconds))
    assert found["the_tag_steers_speed"] is rises
    assert "| seed of sampling |" in table.markdown(found)
