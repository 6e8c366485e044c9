"""Tests of tasks: what a line may hold, who sees which test, and how a line is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pie.core.problem import RowProblem
from pie.core.prompting.prompts import Form
from pie.core.prompting.task_prompts import task_prompt
from pie.core.tasks.task import parse_task, task_of, with_prelude
from pie.core.tasks.task_cases import cases_of
from sim.calls import SameValue
from sim.checker import Checker
from sim.comparison import SameOutput
from sim.program import Language, TestKind
from sim.toolchain import Toolchain

STDIN = {"task_id": "sum", "private_tests": [{"input": "1 2\n", "output": "3\n"}]}
CALL = {
    "task_id": "add",
    "entry_point": "add",
    "references": ["def add(a, b):\n    return a + b\n"],
    "public_tests": [{"args": [1, 2], "expected": 3}],
    "private_tests": [
        {"args_text": "[(1,), (2,)]", "expected_text": "(1, 2)", "name": "tuples"},
        {"args": [0.1, 0.2], "expected": 0.3, "absolute": 1e-9},
        {"assertions": "assert add('a', 'b') == 'ab'"},
    ],
}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIE_CACHE", str(tmp_path / "cache"))


def line(fields: dict[str, Any], **changes: Any) -> bytes:
    return json.dumps({**fields, **changes}).encode() + b"\n"


def test_three_kinds_of_tests_and_their_names() -> None:
    task = parse_task(line(CALL))
    assert [one.name for one in task.tests] == ["public.0", "tuples", "private.1", "private.2"]
    cases = cases_of(task, Toolchain())
    kinds = [one.kind for one in cases]
    assert kinds == [TestKind.CALL, TestKind.CALL, TestKind.CALL, TestKind.BLOCK]
    assert cases[2].comparison == SameValue(absolute=1e-9)
    (stdin,) = cases_of(parse_task(line(STDIN)), Toolchain())
    assert (stdin.kind, stdin.comparison) == (TestKind.STDIN, None)
    assert stdin.input_path.read_bytes() == b"1 2\n"


def test_what_a_model_may_see_holds_no_private_test_and_no_reference() -> None:
    task = parse_task(line(CALL, prompt="Add two."))
    visible = repr(task.visible)
    for hidden in ("tuples", "return a + b", "0.3", "'ab'"):
        assert hidden not in visible
    for form in Form:
        prompt = task_prompt(task.visible, form)
        assert "assert add(1, 2) == 3" in prompt.text
        assert "tuples" not in prompt.text
        assert "0.3" not in prompt.text


def test_a_task_on_standard_input_shows_input_and_output() -> None:
    task = task_of({**STDIN, "language": "C++", "public_tests": STDIN["private_tests"]})
    text = task_prompt(task.visible, Form.PLAIN).text
    assert "C++ program" in text
    assert "Input:\n1 2\nOutput:\n3\n" in text


def test_a_checker_decides_in_place_of_a_comparison() -> None:
    checker = {"language": "python", "code": "def check(i, e, o): return True"}
    for fields in (STDIN, CALL):
        cases = cases_of(task_of({**fields, "checker": checker}), Toolchain())
        deciding = [one.comparison for one in cases if one.kind is not TestKind.BLOCK]
        assert all(isinstance(one, Checker) for one in deciding)
    compare = {"rule": "code_contests", "absolute": 0.5}
    (case,) = cases_of(task_of({**STDIN, "compare": compare}), Toolchain())
    expected = SameOutput("code_contests", absolute=0.5, relative=0.0, ignore_case=True)
    assert case.comparison == expected


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"task_id": 3}, "task_id is not a string"),
        ({"task_id": ""}, "task_id is empty"),
        ({"task_id": "a\nb"}, "task_id is not a short printable text"),
        ({"language": "rust"}, "C, C\\+\\+ and Python can be measured"),
        ({"language": "cpp"}, "functions of cpp cannot be called"),
        ({"entry_point": "a.b"}, "neither a function's name nor Class"),
        ({"entry_point": "f(x)"}, "neither a function's name nor Class"),
        ({"references": "def f"}, "references is not a list of programs"),
        ({"reference_scores": [1, 2]}, "reference_scores is not a list of numbers from 0 to 100"),
        ({"reference_scores": [101]}, "reference_scores is not a list of numbers from 0 to 100"),
        ({"reference_scores": ["9"]}, "reference_scores is not a list of numbers from 0 to 100"),
        ({"references": ["a", "b"], "reference_scores": [2, 1]}, "100, ascending, one for each"),
        ({"hardness": [0, 0]}, "hardness is not a list of weights"),
        ({"hardness": [-1, 2]}, "hardness is not a list of weights"),
        ({"answers": [3]}, r"answers\[0\] is neither a program nor an object"),
        ({"checker": {"code": ""}}, "checker is not an object with language and code"),
        ({"compare": {"tolerance": 1}}, "compare has no 'tolerance'; it has rule"),
        ({"compare": {"rule": "fuzzy"}}, "unknown comparison rule 'fuzzy'"),
        ({"compare": {"absolute": True}}, "a tolerance of compare is no number"),
        ({"public_tests": {}}, "public_tests is not a list"),
        ({"public_tests": [3]}, r"public_tests\[0\] is not an object"),
        ({"public_tests": [{}]}, "has neither input, nor args, nor assertions"),
        ({"public_tests": [{"input": "", "output": ""}]}, "but the task has an entry_point"),
        ({"public_tests": [{"args": 1, "expected": 1}]}, "has args that are no list"),
        ({"public_tests": [{"args": [], "args_text": "[]", "expected": 1}]}, "both args and args_"),
        ({"public_tests": [{"args": []}]}, "has no expected value"),
        ({"public_tests": [{"args": [], "expected": 1, "tol": 1}]}, "the unknown field 'tol'"),
        ({"public_tests": [{"args": [], "expected": 1, "absolute": -1}]}, "no number from 0 on"),
        ({"public_tests": [{"args": [], "expected": 1, "through": ["eval"]}]}, "no list of set"),
        ({"public_tests": [{"args": [], "expected": 1, "any_order": 1}]}, "neither true nor false"),
        ({"public_tests": [{"assertions": 3}]}, "assertions that are no text"),
        ({"public_tests": [], "private_tests": []}, "the task has no test"),
        (
            {"public_tests": [{"args": [], "expected": 1, "name": "a"}] * 2},
            "two tests named 'a'",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_sentence(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(RowProblem, match=why):
        parse_task(line(CALL, **changes))


@pytest.mark.parametrize(
    ("tests", "why"),
    [
        ([{"args_text": "[open('x')]", "expected": 1}], "the test private.0 cannot be used"),
        ([{"args_text": "3", "expected": 1}], "its args_text is no list"),
        ([{"args_text": "[1", "expected": 1}], "the test private.0 cannot be used"),
        ([{"args_text": "['a' * 10**9]", "expected": 1}], "the test private.0 cannot be used"),
        ([{"assertions": "assert ("}], "are no Python"),
        (
            [{"args": [1], "expected": 1}, {"args": [1], "expected": 2}],
            "private.0 and private.1 ask the same and expect something else",
        ),
    ],
)
def test_tests_that_cannot_be_made(tests: list[dict[str, Any]], why: str) -> None:
    task = task_of({**CALL, "public_tests": [], "private_tests": tests})
    with pytest.raises(RowProblem, match=why):
        cases_of(task, Toolchain())


def test_what_is_equal_within_the_tolerance_is_no_contradiction() -> None:
    near = [{"args": [1], "expected": 1.0, "absolute": 0.1}, {"args": [1], "expected": 1.05}]
    task = task_of({**CALL, "private_tests": near})
    assert len(cases_of(task, Toolchain())) == 3
    both = [{"input": "1", "output": "1.0"}, {"input": "1", "output": "1"}]
    assert len(cases_of(task_of({**STDIN, "private_tests": both}), Toolchain())) == 2


@pytest.mark.parametrize(
    ("source", "made"),
    [
        ("x = 1", "import math\nx = 1"),
        ("", ""),
        ("from __future__ import annotations\nx = 1", None),
        ('"""Text."""\nfrom __future__ import annotations', None),
        ("__future__ = (", "import math\n__future__ = ("),
    ],
)
def test_a_prelude_stands_in_front_but_behind_the_future(source: str, made: str | None) -> None:
    put = with_prelude("import math", source)
    if made is not None:
        assert put == made
        return
    compile(put, "main.py", "exec")
    assert put.index("__future__") < put.index("import math")


def test_a_program_of_a_task_has_its_entry_point_and_prelude() -> None:
    task = task_of({**CALL, "prelude": "import math"})
    program = task.visible.program("def add(a, b): return a + b")
    assert program.entry_point == "add"
    assert program.source.startswith("import math\n")
    assert program.language is Language.PYTHON
