"""Recorded measurements: every broken line is told, nothing contradictory is taken."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from pie.core.calibration.reference_results import (
    Recorded,
    read_reference,
    refuse_other_flags,
    runs_digest,
    text_hash,
)
from pie.core.problem import InputError
from sim.toolchain import Toolchain

EXAMPLES = Path(__file__).parents[4] / "examples"
ROW: dict[str, Any] = {"sha": "0123456789abcdef", "problem_id": "p", "test": 3, "cycles": 500}


def written(tmp_path: Path, *rows: dict[str, Any] | str) -> Path:
    path = tmp_path / "gem5.jsonl"
    lines = [one if isinstance(one, str) else json.dumps(one) for one in rows]
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def test_a_row_becomes_a_run_known_by_program_problem_and_test(tmp_path: Path) -> None:
    found = read_reference(written(tmp_path, {**ROW, "insts": 70, "anything": "else"}))
    assert found.runs == {("0123456789abcdef", "p", "3"): Recorded(500, 70)}
    assert found.tests_of("0123456789abcdef", "p") == {3}
    assert found.tests_of("0123456789abcdef", "q") == frozenset()


def test_a_program_is_named_by_the_hash_of_its_text() -> None:
    text = "int main() {}\n"
    assert text_hash(text) == hashlib.sha256(text.encode()).hexdigest()[:16]
    assert len(text_hash("\ud800")) == 16, "half a character, as JSON may hold"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"cycles": ...}, "the field cycles is missing"),
        ({"sha": ...}, "the field sha is missing"),
        ({"sha": None}, "it names no program"),
        ({"sha": "xyz"}, "sha is not 16 hexadecimal digits"),
        ({"sha": 7}, "sha is not 16 hexadecimal digits"),
        ({"problem_id": ["p"]}, "problem_id is neither a string nor an integer"),
        ({"problem_id": ""}, "problem_id is neither a string nor an integer"),
        ({"test": "3"}, "test is not the index of a test"),
        ({"test": -1}, "test is not the index of a test"),
        ({"test": True}, "test is not the index of a test"),
        ({"cycles": 0}, "cycles is not a whole number above 0"),
        ({"cycles": 1.5}, "cycles is not a whole number above 0"),
        ({"cycles": 10**30}, "cycles is not a whole number above 0"),
        ({"insts": "many"}, "insts is not a whole number above 0"),
    ],
)
def test_a_row_that_cannot_be_used_is_left_out_with_its_line_and_reason(
    tmp_path: Path, change: dict[str, Any], reason: str
) -> None:
    bad = {name: value for name, value in {**ROW, **change}.items() if value is not ...}
    path = written(tmp_path, ROW, bad)
    assert read_reference(path).left_out == [(2, reason)]
    with pytest.raises(InputError, match=rf"gem5.jsonl:2: {reason}"):
        read_reference(path, strict=True)


@pytest.mark.parametrize("line", ["{", "[1]", "7", "\x00", "[" * 100_000])
def test_a_line_that_is_no_object_is_left_out(tmp_path: Path, line: str) -> None:
    found = read_reference(written(tmp_path, line, ROW))
    assert [number for number, _ in found.left_out] == [1]
    assert len(found.runs) == 1


def test_a_file_without_any_usable_line_names_its_first_complaint(tmp_path: Path) -> None:
    path = written(tmp_path, {"sha": "0123456789abcdef"}, "broken")
    with pytest.raises(InputError) as caught:
        read_reference(path)
    assert "none of the 2 lines" in caught.value.what
    assert "line 1: the field problem_id is missing" in caught.value.what


@pytest.mark.parametrize("name", ["absent.jsonl", ""])
def test_a_file_that_cannot_be_read_is_said(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_reference(tmp_path / name)


def test_a_run_told_again_counts_once_and_a_contradiction_is_refused(tmp_path: Path) -> None:
    found = read_reference(written(tmp_path, ROW, ROW))
    assert (len(found.runs), found.repeated, found.rows) == (1, 1, 2)
    with pytest.raises(InputError, match=r"gem5.jsonl:2 gives 501 cycles to a run that had 500"):
        read_reference(written(tmp_path, ROW, {**ROW, "cycles": 501}))


def test_rows_of_two_machines_in_one_file_are_refused(tmp_path: Path) -> None:
    other = {**ROW, "test": 4, "machine": "gem5 Tuned"}
    with pytest.raises(InputError, match="gem5 Tuned"):
        read_reference(written(tmp_path, {**ROW, "machine": "gem5 Verbatim"}, other))


@pytest.mark.parametrize(
    ("told", "refused"),
    [
        ({}, ""),
        ({"flags": "-O3  -std=c++17", "link": "static"}, ""),
        ({"flags": "-O0"}, "was measured with flags '-O0', not '-O3 -std=c\\+\\+17'"),
        ({"link": "dynamic"}, "was measured with link 'dynamic', not 'static'"),
    ],
)
def test_a_reference_of_other_flags_is_refused(
    tmp_path: Path, told: dict[str, str], refused: str
) -> None:
    found = read_reference(written(tmp_path, {**ROW, **told}))
    if not refused:
        refuse_other_flags(found, Toolchain())
        return
    with pytest.raises(InputError, match=refused):
        refuse_other_flags(found, Toolchain())


def test_the_digest_of_runs_does_not_depend_on_their_order() -> None:
    one, two = ("a", "p", "0"), ("b", "p", "0")
    assert runs_digest({one: 1, two: 2}) == runs_digest({two: 2, one: 1})
    assert runs_digest({one: 1, two: 2}) != runs_digest({one: 2, two: 1})


def test_the_recorded_cycles_of_the_examples_are_of_programs_and_tests_that_are_there() -> None:
    record = read_reference(EXAMPLES / "gem5.jsonl", strict=True)
    known = set()
    for line in (EXAMPLES / "test.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        for code in (row["src_code"], row["tgt_code"]):
            known |= {(text_hash(code), row["problem_id"], str(test)) for test in row["tests"]}
    assert len(record.runs) == 40
    assert record.runs.keys() <= known
    refuse_other_flags(record, Toolchain())
