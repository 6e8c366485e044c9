import json
from pathlib import Path

import pytest

from pie.core.problem import InputError
from pie.core.training.execution import TestRun, chosen, read_runs


def run(folder: Path, *lines: object) -> Path:
    text = "".join(one if isinstance(one, str) else json.dumps(one) + "\n" for one in lines)
    (folder / "measurements.jsonl").write_text(text)
    return folder


LINE = {"problem_id": "p", "program": "d", "test": "0", "verdict": "accepted", "seconds": 0.5}


def test_tests_of_the_wanted_programs_are_read(tmp_path: Path) -> None:
    folder = run(
        tmp_path,
        {**LINE, "peak_memory_bytes": 2048},
        {**LINE, "test": "1", "verdict": "wrong_answer", "seconds": None},
        {**LINE, "test": "2", "verdict": "not_measured", "seconds": None},
        {**LINE, "program": "other"},
        {**LINE, "test": None, "verdict": "compile_error"},
        '{"problem_id": "p", "prog',
    )
    found = read_runs(folder, {("p", "d")})
    assert found == {("p", "d"): {"0": TestRun(True, 0.5, 2.0), "1": TestRun(False, None, None)}}
    assert chosen(found["p", "d"], ["1", "2", "0"], 2) == (TestRun(False, None, None),)


def test_memory_is_read_from_the_native_runs(tmp_path: Path) -> None:
    folder = run(tmp_path, LINE, {**LINE, "test": "1"})
    native = {"kind": "run", "problem_id": "p", "program": "d", "test": "0"}
    lines = [
        {**native, "peak_memory_bytes": 4096, "native_cpu_seconds": 0.1},
        {**native, "kind": "pair"},
        {**native, "program": "other", "peak_memory_bytes": 1},
        {**native, "test": "1", "peak_memory_bytes": None},
    ]
    (folder / "native.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines))
    found = read_runs(folder, {("p", "d")})["p", "d"]
    assert found == {"0": TestRun(True, 0.5, 4.0), "1": TestRun(True, 0.5, None)}


def test_a_folder_that_is_no_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no measurements"):
        read_runs(tmp_path, set())
    with pytest.raises(InputError, match="jsonl:1"):
        read_runs(run(tmp_path, "{\n", LINE), set())
    with pytest.raises(InputError, match="is not a number"):
        read_runs(run(tmp_path, {**LINE, "seconds": "x"}), {("p", "d")})
