"""The problems of a pairs file: which program stands for each, with which tests and words."""

import json
from pathlib import Path
from typing import Any

import pytest

from pie.core.problem import InputError
from pie.core.rows import InlineTest
from pie.core.selfplay.description import Descriptions, plain_text
from pie.core.selfplay.seeds import Seed, read_seeds

NONE = Descriptions(None)


def row(name: str, **fields: Any) -> dict[str, Any]:
    made = {"problem_id": name, "src_code": f"{name} src", "tgt_code": f"{name} tgt"}
    return {**made, "src_id": "s", "tgt_id": "t", "tests": [1], **fields}


def seeds(folder: Path, *rows: Any) -> list[Seed]:
    path = folder / "train.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in rows))
    return read_seeds(path, NONE)[0]


def test_a_problem_is_shown_by_its_fastest_program(tmp_path: Path) -> None:
    (found,) = seeds(
        tmp_path,
        row("p", src_agg_runtime=3.0, tgt_agg_runtime=2.0),
        row("p", tgt_code="best", tgt_id="t9", src_agg_runtime=3.0, tgt_agg_runtime=1.0),
    )
    assert (found.program.source, found.program_id) == ("best", "t9")


def test_the_fastest_of_all_wins_where_a_row_names_it(tmp_path: Path) -> None:
    fastest = {"fastest_code": "top", "fastest_id": "f", "fastest_agg_runtime": 0.5}
    (found,) = seeds(tmp_path, row("p", tgt_agg_runtime=1.0, **fastest))
    assert (found.program.source, found.program_id) == ("top", "f")


def test_without_runtimes_it_is_a_target(tmp_path: Path) -> None:
    (found,) = seeds(tmp_path, row("p", tgt_code="b"), row("p", tgt_code="a"))
    assert found.program.source == "a"


def test_the_next_best_programs_are_witnesses_each_once(tmp_path: Path) -> None:
    rows = [
        row("p", src_code="e", tgt_code="b", src_agg_runtime=5.0, tgt_agg_runtime=2.0),
        row("p", src_code="d", tgt_code="a", src_agg_runtime=4.0, tgt_agg_runtime=1.0),
        row("p", src_code="b", tgt_code="c", src_agg_runtime=9.0, tgt_agg_runtime=3.0),
        row("p", src_code="b", tgt_code="e", src_agg_runtime=1.5, tgt_agg_runtime=9.0),
    ]
    (found,) = seeds(tmp_path, *rows)
    assert found.program.source == "a"
    assert [one.source for one in found.witnesses] == ["b", "c", "d"]


def test_the_tests_are_those_of_all_rows(tmp_path: Path) -> None:
    inline = {"input": "1", "output": "2"}
    rows = [row("p", tests=[3, 1]), row("p", tests=[2, 3, inline]), row("p", tests=[inline])]
    (found,) = seeds(tmp_path, *rows)
    assert found.tests == (1, 2, 3, InlineTest(input="1", output="2"))


def test_problems_stand_in_the_order_of_their_first_row_and_bad_lines_are_told(
    tmp_path: Path,
) -> None:
    path = tmp_path / "train.jsonl"
    lines = [json.dumps(row("b")), "no json", json.dumps(row("a")), json.dumps(row("b"))]
    path.write_text("\n".join(lines))
    found, left_out = read_seeds(path, NONE)
    assert [one.problem_id for one in found] == ["b", "a"]
    assert [one.line for one in left_out] == [2]


def test_a_file_without_a_row_is_refused_with_the_first_reason(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"line 1: the field problem_id is missing"):
        seeds(tmp_path, {"src_code": ""})


def test_a_description_is_the_rows_own_or_a_file_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "p.html").write_text("<h1>Sum</h1><p>Add <b>a</b> &amp; b.</p><script>x</script>")
    (tmp_path / "q.txt").write_text(" Words. \n")
    folder = Descriptions(tmp_path)
    assert folder.of("p", {}) == "Sum\n\nAdd a & b."
    assert folder.of("p", {"description": "Own."}) == "Own."
    assert (folder.of("q", {"description": 3}), folder.of("r", {})) == ("Words.", "")
    assert folder.of("../q", {}) == ""


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--descriptions"):
        Descriptions(tmp_path / "none")


def test_broken_pages_are_read_as_far_as_they_go() -> None:
    assert plain_text("<p>a<p>b</div><!-- c").startswith("a")
