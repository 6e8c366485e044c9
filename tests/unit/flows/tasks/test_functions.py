"""Functions from a task to its verdict: calls, truth, blocks, a checker of values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pie.core.tasks.task_plan import plan_tasks
from pie.flows.dataset.check import Request
from pie.flows.tasks import check, simulate
from sim.machines import machine
from sim.setting import Setting
from sim.toolchain import Toolchain

SHARED = Path(__file__).parents[4].parent / "shared" / "data"
TASK = {
    "task_id": "halves",
    "entry_point": "halves",
    "prelude": "import math\n",
    "references": [
        "def halves(n, *, up=False):\n    return (n / 2, [math.ceil(n / 2)] if up else [])"
    ],
    "public_tests": [
        {"args": [3], "expected_text": "(1.5, [])", "absolute": 1e-9},
        {"args": [3], "kwargs": {"up": True}, "expected": [1.5, [2]], "any_sequence": True},
    ],
    "private_tests": [
        {"args": [0], "expected": True, "returns": "bool"},
        {"assertions": "for n in range(3):\n    assert halves(n)[0] * 2 == n\nassert halves(2)"},
    ],
}
ANSWERS = {
    "right": "def halves(n, up=False):\n    return n * 0.5, [-(-n // 2)] if up else []",
    "list": "def halves(n, up=False):\n    return [n / 2, [-(-n // 2)] if up else []]",
    "other_name": "def half(n, up=False):\n    return n / 2, []",
    "other_signature": "def halves(n):\n    return n / 2, []",
    "own_class": "class T(tuple): pass\ndef halves(n, up=False):\n    return T((n / 2, []))",
    "exits": "def halves(n, up=False):\n    raise SystemExit(0)",
    "at_once": "import os; os._exit(0)",
    "no_python": "def halves(n:",
    "endless": "def halves(n, up=False):\n    while True: pass",
    "no_module": "import nowhere_to_be_found\ndef halves(n, up=False): return (n / 2, [])",
    "recursion": "def halves(n, up=False):\n    return halves(n)",
}


def write(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_each_answer_gets_its_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIE_CACHE", str(tmp_path / "cache"))
    samples = [{"task_id": "halves", "solution": text, "model": m} for m, text in ANSWERS.items()]
    request = simulate.Request(
        write(tmp_path / "tasks.jsonl", [TASK]),
        Setting(machine("native")),
        write(tmp_path / "samples.jsonl", samples),
        tmp_path / "run",
        jobs=1,
    )
    simulate.simulate(request, simulate.plan(request), lambda _: None, lambda _: None)
    row = json.loads((tmp_path / "run" / "tasks.jsonl").read_text())
    assert row["references"][0]["detail"] == ""
    found = {one["model"]: (one["verdict"], one["detail"]) for one in row["answers"]}
    assert {model: verdict for model, (verdict, _detail) in found.items()} == {
        "right": "accepted",
        "list": "wrong_answer",
        "other_name": "runtime_error",
        "other_signature": "runtime_error",
        "own_class": "wrong_answer",
        "exits": "runtime_error",
        "at_once": "runtime_error",
        "no_python": "compile_error",
        "endless": "time_limit",
        "no_module": "runtime_error",
        "recursion": "runtime_error",
    }
    assert "defines no halves" in found["other_name"][1]
    assert "unexpected keyword argument 'up'" in found["other_signature"][1]
    assert "nowhere_to_be_found" in found["no_module"][1]


def test_a_checker_sees_the_values_of_a_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIE_CACHE", str(tmp_path / "cache"))
    code = "def check(input, expected, output):\n    return output ** 2 == input[0]\n"
    task = {
        "task_id": "root",
        "entry_point": "root",
        "references": ["def root(n):\n    return -(n ** 0.5)"],
        "private_tests": [{"args": [4], "expected": 2.0}, {"args": [9], "expected": 3.0}],
        "checker": {"language": "python", "code": code},
    }
    wrong = {**task, "task_id": "wrong", "references": ["def root(n):\n    return n"]}
    file = write(tmp_path / "tasks.jsonl", [task, wrong])
    checked = check.run(Request(file, Setting(machine("native")), jobs=1), lambda *_: None)
    (failure,) = checked.failures
    assert (failure.problem_id, failure.role) == ("wrong", "reference_0")
    assert "the checker refuses it" in failure.detail


def test_references_of_the_data_at_hand_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not SHARED.is_dir():
        pytest.skip("needs ../shared/data")
    from pie.flows.tasks import load

    monkeypatch.setenv("PIE_CACHE", str(tmp_path / "cache"))
    out = tmp_path / "tasks.jsonl"
    given = str(SHARED / "other" / "HumanEval.jsonl.gz")
    finished = load.run(load.Request("humaneval", given, out), lambda *_: None)
    assert (finished.tasks, finished.as_published, finished.left_out) == (164, True, [])
    assert dict(finished.tests) == {"call": 1429, "block": 1}
    assert plan_tasks(out, Toolchain()).blocks == 1
    request = Request(out, Setting(machine("native")), jobs=1, samples=6, seed=1)
    checked = check.run(request, lambda *_: None)
    assert (checked.rows_accepted, checked.failures) == (6, [])
