"""From a task with public and private tests to what is refined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pie.core.models.replay import row_identity
from pie.core.problem import RowProblem
from pie.core.refinement.evidence import PublicTest
from pie.core.refinement.task import RefinementTask
from pie.core.tasks.task import Task
from pie.core.tasks.task_cases import resolved
from pie.core.tasks.task_tests import BlockTest, CallTest, StdinTest, TaskTest
from sim.program import Program, TestCase, digest_of
from sim.toolchain import Toolchain


@dataclass(frozen=True)
class DividedTask:
    """A task as the refinement has it: its public tests, and what judges at the end."""

    whole: Task
    task: RefinementTask
    public: tuple[TestCase, ...]
    private: tuple[int, ...]
    """Which of its private tests judge: those that ask what no public one asks."""
    answers: tuple[str, ...] = ()
    """Programs of an earlier run, that chains can start from; an empty one is none."""

    @property
    def reference(self) -> Program | None:
        """The first reference solution, whose counts bound all programs; no prompt shows it."""
        references = self.whole.references
        return self.program(references[0]) if references else None

    @property
    def identity(self) -> dict[str, Any]:
        """What names the task in the lines of a run."""
        return {"task_id": self.whole.task_id}

    def program(self, text: str) -> Program:
        """Return a solution as it is built."""
        return self.whole.visible.program(text)

    def judging(self) -> Mapping[str, Any]:
        """Return the task's fields with the private tests alone, for the measurement at the end."""
        kept = {name: value for name, value in self.whole.fields.items() if name != "answers"}
        tests = [kept["private_tests"][number] for number in self.private]
        return {**kept, "public_tests": [], "private_tests": tests}


def divide_task(task: Task, toolchain: Toolchain) -> DividedTask:
    """Return a task as what is refined; RowProblem where nothing is public or nothing private.

    A private test that asks what a public one asks would be passed by repeating what was shown.
    """
    visible = task.visible
    if not visible.tests.tests:
        raise RowProblem("it has no public tests, which feedback is made of")
    public = tuple(resolved(task, visible.tests.tests, toolchain))
    private = resolved(task, task.private.tests, toolchain)
    shown = {digest_of(one.kind.value, one.input_digest) for one in public}
    left = tuple(
        number
        for number, one in enumerate(private)
        if digest_of(one.kind.value, one.input_digest) not in shown
    )
    if not left:
        raise RowProblem("it has no private test that asks something else than the public ones")
    texts = tuple(_text(test, visible.entry_point) for test in visible.tests.tests)
    return DividedTask(
        task,
        RefinementTask(
            name=task.task_id,
            language=task.language,
            entry_point=visible.entry_point,
            problem=visible.prompt,
            tests=texts,
            recorded=row_identity(task.task_id, None, None, ""),
        ),
        public,
        left,
        tuple(one.solution for one in task.answers),
    )


def _text(test: TaskTest, entry_point: str) -> PublicTest:
    match test:
        case StdinTest():
            return PublicTest(test.name, test.input, test.output or "")
        case CallTest():
            arguments = _value(test.arguments).strip()
            inner = arguments[1:-1].rstrip(", ") if arguments[:1] in "[(" else f"*{arguments}"
            expected = test.expected_text or repr(test.expected)
            return PublicTest(test.name, f"{entry_point}({inner})", expected)
        case BlockTest():
            return PublicTest(test.name, test.assertions, "every assertion holds")


def _value(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)
