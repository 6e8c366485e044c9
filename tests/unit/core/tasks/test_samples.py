"""Tests of samples, and of the plan that joins them with tasks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pie.core.problem import InputError, RowProblem
from pie.core.tasks.samples import parse_sample, read_samples, sample_line
from pie.core.tasks.task_plan import plan_tasks
from sim.toolchain import Toolchain

TASK = {
    "task_id": "t",
    "prompt": "# add\n",
    "references": ["print(3)"],
    "private_tests": [{"input": "", "output": "3"}],
    "answers": ["print(4)"],
}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIE_CACHE", str(tmp_path / "cache"))


def write(path: Path, *rows: Any) -> Path:
    path.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows))
    return path


def test_solution_and_completion_of_several_models(tmp_path: Path) -> None:
    file = write(
        tmp_path / "samples.jsonl",
        {"task_id": "t", "solution": "print(3)", "model": "a"},
        {"task_id": "t", "completion": "print(5)", "other": 1},
        {"task_id": "other", "solution": ""},
        {"task_id": "t", "solution": None},
    )
    tasks = write(tmp_path / "tasks.jsonl", TASK)
    made = plan_tasks(tasks, Toolchain(), read_samples(file))
    (planned,) = made.read()
    solutions = [(one.solution, one.model) for one in planned.answers]
    assert solutions == [("print(3)", "a"), ("# add\nprint(5)", ""), ("", "")]
    assert [(one.line, one.reason) for one in made.lost_samples] == [
        (3, "there is no task 'other'")
    ]
    # One of the answers is the reference: it is one program.
    assert (made.tasks, made.answers, made.programs, made.runs) == (1, 3, 3, 3)


def test_without_samples_the_answers_of_the_tasks_are_taken(tmp_path: Path) -> None:
    (planned,) = plan_tasks(write(tmp_path / "tasks.jsonl", TASK), Toolchain()).read()
    assert [one.solution for one in planned.answers] == ["print(4)"]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"solution": ""}, "task_id is neither a string nor an integer"),
        ({"task_id": True, "solution": ""}, "task_id is neither"),
        ({"task_id": "t"}, "neither solution nor completion"),
        ({"task_id": "t", "solution": 3}, "solution is not a string"),
    ],
)
def test_samples_that_cannot_be_used(row: dict[str, Any], why: str, tmp_path: Path) -> None:
    with pytest.raises(RowProblem, match=why):
        parse_sample(json.dumps(row).encode())
    with pytest.raises(InputError, match=f"no sample that can be used.*{why}"):
        read_samples(write(tmp_path / "samples.jsonl", row))


def test_a_written_sample_is_read_again() -> None:
    sample = parse_sample(json.dumps(sample_line("t", "x", found="fenced")).encode())
    assert (sample.task_id, sample.solution) == ("t", "x")


def test_a_bad_task_costs_only_itself(tmp_path: Path) -> None:
    file = write(tmp_path / "tasks.jsonl", "no", TASK, {"task_id": "u"}, TASK)
    made = plan_tasks(file, Toolchain())
    assert made.tasks == 1
    assert [one.line for one in made.left_out] == [1, 3, 4]
    assert made.left_out[-1].reason == "the task t stands on line 2 already"
    assert list(made.lines) == [2]


def test_nothing_to_do_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is empty"):
        plan_tasks(write(tmp_path / "empty.jsonl"), Toolchain())
    with pytest.raises(InputError, match=r"no task of .* can be used \(line 1: the task has no"):
        plan_tasks(write(tmp_path / "bad.jsonl", {"task_id": "u"}), Toolchain())
    with pytest.raises(InputError, match="does not exist; check the path given to --tasks"):
        plan_tasks(tmp_path / "none.jsonl", Toolchain())


def test_a_limit_counts_lines(tmp_path: Path) -> None:
    file = write(tmp_path / "tasks.jsonl", TASK, "no", {**TASK, "task_id": "u"})
    made = plan_tasks(file, Toolchain(), limit=2)
    assert (made.tasks, len(made.left_out)) == (1, 1)


def test_a_file_that_changes_meanwhile_is_said(tmp_path: Path) -> None:
    file = write(tmp_path / "tasks.jsonl", TASK)
    made = plan_tasks(file, Toolchain())
    write(file, "{}")
    with pytest.raises(InputError, match="changed while it was measured"):
        list(made.read())
