"""What a calibration measures: everything, or what a reference recorded, each once and counted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pie.core.calibration.reference_results import ReferenceResults, read_reference, text_hash
from pie.core.problem import InputError
from pie.flows.calibration.work import select

ROW: dict[str, Any] = {
    "src_id": "s",
    "tgt_id": "t",
    "problem_id": "p",
    "src_code": "slow",
    "tgt_code": "fast",
    "tests": [0, 1],
    "generated_answers": ["model"],
}


def pairs(folder: Path, *rows: dict[str, Any], name: str = "pairs.jsonl") -> Path:
    for index in range(4):
        for kind in ("input", "output"):
            file = folder / "test_cases" / "p" / f"{kind}.{index}.txt"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"{index}\n")
    path = folder / name
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def recorded(folder: Path, *runs: tuple[str, int]) -> ReferenceResults:
    path = folder / "gem5.jsonl"
    rows = [
        {"sha": text_hash(text), "problem_id": "p", "test": test, "cycles": 9}
        for text, test in runs
    ]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return read_reference(path)


def sources(made: Any) -> list[list[str]]:
    return [[program.source for program in one.programs] for one in made.work]


def test_without_a_record_source_and_target_of_each_row_run_on_all_its_tests(
    tmp_path: Path,
) -> None:
    made = select([pairs(tmp_path, ROW)], None, None)
    assert sources(made) == [["slow", "fast"]]
    assert made.work[0].tests == (0, 1)
    assert made.runs == 4
    assert list(made.pairs.values()) == [("s", "t")]


def test_with_a_record_only_what_it_names_is_run_and_answers_of_models_are_looked_at_too(
    tmp_path: Path,
) -> None:
    record = recorded(tmp_path, ("slow", 1), ("model", 3), ("unknown", 0))
    made = select([pairs(tmp_path, ROW)], None, record)
    assert sources(made) == [["slow", "model"]]
    assert made.work[0].tests == (1, 3), "a test of the problem that the row does not list"
    assert made.pairs == {}
    assert made.left_out == {"runs of the reference: program or test not among the pairs": 1}


def test_a_recorded_test_whose_files_are_missing_is_counted(tmp_path: Path) -> None:
    made = select([pairs(tmp_path, ROW)], None, recorded(tmp_path, ("slow", 1), ("slow", 99)))
    assert made.work[0].tests == (1,)
    assert sum(made.left_out.values()) == 1


def test_a_pair_that_stands_in_two_files_is_one(tmp_path: Path) -> None:
    files = [pairs(tmp_path, ROW), pairs(tmp_path, ROW, name="more.jsonl")]
    made = select(files, None, None)
    assert (len(made.work), len(made.pairs)) == (1, 1)


def test_a_program_against_itself_is_no_pair_and_counted(tmp_path: Path) -> None:
    made = select([pairs(tmp_path, {**ROW, "tgt_code": "slow"})], None, None)
    assert made.pairs == {}
    assert made.left_out["pairs: source and target are the same text"] == 1


def test_rows_and_lines_that_cannot_be_used_are_counted_with_their_reason(tmp_path: Path) -> None:
    path = pairs(tmp_path, ROW)
    path.write_text(path.read_text() + "broken\n")
    made = select([path], None, None)
    (reason,) = made.left_out
    assert reason.startswith("rows of the pairs: the line is not JSON")
    with pytest.raises(InputError, match=r"pairs.jsonl:2: the line is not JSON"):
        select([path], None, None, strict=True)


def test_a_record_of_other_programs_leaves_nothing_to_compare(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="name no program of the pairs"):
        select([pairs(tmp_path, ROW)], None, recorded(tmp_path, ("unknown", 0)))


def test_rows_in_python_are_left_out_where_a_machine_runs_none(tmp_path: Path) -> None:
    python = {**ROW, "language": "python", "src_code": "pass", "src_id": "other"}
    made = select([pairs(tmp_path, ROW, python)], None, None, python=False)
    assert sources(made) == [["slow", "fast"]]
    assert made.left_out == {"rows of the pairs: gem5 runs no Python": 1}
    with pytest.raises(InputError, match="gem5 runs no Python; give pairs of C"):
        select([pairs(tmp_path, python)], None, None, python=False)
