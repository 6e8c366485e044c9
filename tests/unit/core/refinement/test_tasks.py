"""Tasks as what is refined: public tests as text, references and private tests out of sight."""

import pytest

from pie.core.problem import RowProblem
from pie.core.refinement.tasks import divide_task
from pie.core.tasks.task import task_of
from sim.toolchain import Toolchain


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PIE_CACHE", str(tmp_path))


def task(public, private=({"args": [9], "expected": "kept secret"},), **more):
    return task_of(
        {
            "task_id": "double",
            "prompt": "Double a number.",
            "entry_point": "double",
            "references": ["def double(n):\n    return 2 * n\n"],
            "public_tests": list(public),
            "private_tests": list(private),
            **more,
        }
    )


def test_a_call_is_shown_as_python_has_it():
    given = [
        {"args": [3], "expected": 6},
        {"args": ["a", [1, None]], "expected": True},
        {"args_text": "[(1, 2), {3}]", "expected_text": "{1, 2}"},
    ]
    made = divide_task(task(given), Toolchain())
    texts = [(one.given, one.expected) for one in made.task.tests]
    assert texts == [
        ("double(3)", "6"),
        ("double('a', [1, None])", "True"),
        ("double((1, 2), {3})", "{1, 2}"),
    ]


def test_the_loop_is_given_neither_reference_nor_private_test():
    made = divide_task(task([{"args": [3], "expected": 6}]), Toolchain())
    assert made.task.program is None
    assert made.task.problem == "Double a number."
    assert "kept secret" not in repr(made.task)
    assert "2 * n" not in repr(made.task)
    assert made.reference is not None
    assert made.judging()["public_tests"] == []


def test_a_task_without_public_tests_is_refused():
    with pytest.raises(RowProblem, match="no public tests"):
        divide_task(task([]), Toolchain())


def test_a_task_whose_private_tests_are_all_shown_is_refused():
    same = {"args": [3], "expected": 6}
    with pytest.raises(RowProblem, match="no private test"):
        divide_task(task([same], [same]), Toolchain())
