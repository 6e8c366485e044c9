"""Programs of an earlier run that chains start from: found by row, or refused in a sentence."""

import json
from pathlib import Path

import pytest

from pie.core.problem import InputError, RowProblem
from pie.core.refinement.earlier import answers_file, read_earlier, rows_of
from pie.core.rows import parse_row

ROW = {"problem_id": "p", "src_id": "s", "tgt_id": "t", "src_code": "a", "tgt_code": "b"}
ROW |= {"tests": [0]}


def row(**changes):
    return {**ROW, **changes}


def write(path, *rows):
    path.write_text("".join(json.dumps(one) + "\n" for one in rows))
    return path


def parsed(**changes):
    return parse_row(json.dumps(row(**changes)).encode())


def test_a_rows_answers_are_found_by_its_ids(tmp_path):
    earlier = read_earlier(
        write(
            tmp_path / "g.jsonl",
            row(src_id="other", generated_answers=["x"]),
            row(generated_answers=["y", None]),
        )
    )
    assert earlier.answers(parsed()) == ("y", "")
    with pytest.raises(RowProblem, match="not among the rows"):
        earlier.answers(parsed(src_id="nobody"))


def test_of_several_models_rows_the_one_of_the_same_model_is_taken(tmp_path):
    rows = [row(model=name, generated_answers=[name]) for name in ("m1", "m2")]
    earlier = read_earlier(write(tmp_path / "g.jsonl", *rows))
    assert earlier.answers(parsed(model="m2")) == ("m2",)
    with pytest.raises(RowProblem, match="several rows"):
        earlier.answers(parsed())


def test_equal_files_have_equal_digests_and_others_have_not(tmp_path):
    paths = [write(tmp_path / f"{n}.jsonl", row(generated_answers=[str(n // 2)])) for n in range(3)]
    first, same, other = [read_earlier(path).sha256 for path in paths]
    assert first == same != other


def test_a_file_without_rows_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"no row that can be used \(line 1: "):
        read_earlier(write(tmp_path / "g.jsonl", {"task_id": "T/0", "solution": "x"}))


@pytest.mark.parametrize(
    ("name", "of_tasks"),
    [("generations.jsonl", False), ("refined.jsonl", False), ("samples.jsonl", True)],
)
def test_a_runs_folder_stands_for_its_file(tmp_path, name, of_tasks):
    write(tmp_path / name, row())
    assert answers_file(tmp_path, of_tasks=of_tasks) == tmp_path / name
    assert answers_file(tmp_path / name, of_tasks=of_tasks) == tmp_path / name


def test_a_folder_of_the_other_kind_names_what_is_missing(tmp_path):
    write(tmp_path / "samples.jsonl", row())
    with pytest.raises(InputError, match="belong to tasks") as caught:
        answers_file(tmp_path, of_tasks=False)
    assert "give --tasks FILE with --from" in caught.value.remedy


def test_the_rows_of_a_run_know_what_they_were_made_from(tmp_path):
    write(tmp_path / "generations.jsonl", row())
    assert rows_of(tmp_path) == (tmp_path / "generations.jsonl", [])
    (tmp_path / "manifest.json").write_text(json.dumps({"pairs_file": "data/test.jsonl"}))
    assert rows_of(tmp_path)[1] == [Path("data/test.jsonl")]
    later = tmp_path / "later"
    later.mkdir()
    write(later / "refined.jsonl", row())
    (later / "manifest.json").write_text(json.dumps({"pairs_file": str(tmp_path / "g.jsonl")}))
    # Test cases lie beside the file that the first run was made from.
    assert rows_of(later)[1] == [tmp_path / "g.jsonl", Path("data/test.jsonl")]


def test_what_a_refinement_of_tasks_ended_with_is_no_file_of_rows(tmp_path):
    write(tmp_path / "refined.jsonl", row())
    with pytest.raises(InputError, match="belong to pairs"):
        answers_file(tmp_path, of_tasks=True)
    write(tmp_path / "tasks.jsonl", row())
    assert answers_file(tmp_path, of_tasks=True) == tmp_path / "refined.jsonl"
    with pytest.raises(InputError, match="belong to tasks"):
        answers_file(tmp_path, of_tasks=False)
