"""Makes the tests of a task: what `sim` gives a program, and how it compares what comes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pie.core.problem import RowProblem
from pie.core.tasks.task import Task
from pie.core.tasks.task_tests import BlockTest, CallTest, StdinTest, TaskTest
from pie.core.test_cases import text_case
from sim import calls, values
from sim.assertions import value_of
from sim.calls import SameValue
from sim.checker import Checker
from sim.comparison import SameOutput
from sim.errors import InputError
from sim.paths import cache_directory
from sim.program import Comparison, TestCase, digest_of
from sim.toolchain import Toolchain


def cases_of(task: Task, toolchain: Toolchain) -> list[TestCase]:
    """Return all tests of a task, the public ones first.

    RowProblem for a value that cannot be read, and for tests that contradict each other. The
    toolchain builds the task's checker.
    """
    return resolved(task, task.tests, toolchain)


def resolved(task: Task, tests: Sequence[TaskTest], toolchain: Toolchain) -> list[TestCase]:
    """Return some of a task's tests as `sim` runs them."""
    checker = None if task.checker is None else Checker(task.checker, toolchain)
    made = []
    for test in tests:
        try:
            made.append(_case(test, checker or task.compare))
        except (ValueError, SyntaxError, InputError, MemoryError, RecursionError) as error:
            raise RowProblem(f"the test {test.name} cannot be used ({error})") from error
    _refuse_contradictions(made)
    return made


def tests_digest(cases: Sequence[TestCase]) -> str:
    """Return the digest of all that could change a result of these tests."""
    return digest_of([one.identity for one in cases])


def _case(test: TaskTest, own: Comparison | None) -> TestCase:
    folder = cache_directory() / "texts"
    match test:
        case StdinTest():
            return _stdin_case(test, own)
        case CallTest():
            return _call_case(test, folder, own)
        case BlockTest():
            return calls.block_test(test.name, folder, test.assertions, test.checks)


def _stdin_case(test: StdinTest, own: Comparison | None) -> TestCase:
    wanted = None if test.output is None else _bytes(test.output)
    return replace(text_case(test.name, _bytes(test.input), wanted), comparison=own)


def _call_case(test: CallTest, folder: Path, own: Comparison | None) -> TestCase:
    arguments = _value(test.arguments)
    if not isinstance(arguments, list | tuple):
        raise ValueError("its args_text is no list")
    keywords = _value(test.keywords)
    if not isinstance(keywords, dict):
        raise ValueError("its kwargs_text is no dictionary")
    expected = test.expected if test.expected_text is None else value_of(test.expected_text)
    same = SameValue(test.absolute, test.relative, test.any_sequence, test.any_order, test.through)
    return calls.call_test(
        test.name,
        folder,
        arguments,
        expected,
        keywords=keywords,
        shapes=test.shapes,
        returns=test.returns,
        comparison=same if own is None or isinstance(own, SameOutput) else own,
    )


def _value(given: Any) -> Any:
    return value_of(given) if isinstance(given, str) else given


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _refuse_contradictions(cases: Sequence[TestCase]) -> None:
    """Refuse two tests that ask the same and expect what cannot both be right."""
    seen: dict[str, TestCase] = {}
    for case in cases:
        if isinstance(case.comparison, Checker) or case.expected_path is None:
            continue
        asked = digest_of(case.kind.value, case.input_digest)
        earlier = seen.setdefault(asked, case)
        if earlier.expected_digest != case.expected_digest and _differ(earlier, case):
            raise RowProblem(
                f"the tests {earlier.name} and {case.name} ask the same and expect something else: "
                "leave the wrong one out, or give the task a checker if both are right"
            )


def _differ(one: TestCase, other: TestCase) -> bool:
    assert one.expected_path is not None
    assert other.expected_path is not None
    contents = one.expected_path.read_bytes(), other.expected_path.read_bytes()
    if isinstance(one.comparison, SameValue) and isinstance(other.comparison, SameValue):
        if one.comparison.through != other.comparison.through:
            return False
        return all(
            same.between(values.decode(contents[0]), values.decode(contents[1])) != ""
            for same in (one.comparison, other.comparison)
        )
    rule = one.comparison if isinstance(one.comparison, SameOutput) else SameOutput()
    return rule.between(*contents) != ""
