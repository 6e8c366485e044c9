"""A task: what is asked, how an answer is tested, and who may see which test.

A step that asks a model is given a `VisibleTask`, which holds no private test and no reference
solution; only judging and measuring are given the whole `Task`.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pie.core.problem import RowProblem
from pie.core.rows import language_of, parse_object
from pie.core.tasks.task_tests import PrivateTests, PublicTests, TaskTest, parse_tests
from sim import comparison
from sim.comparison import SameOutput
from sim.errors import InputError
from sim.program import Language, Program

_LONGEST_NAME = 200
_COMPARE = ("rule", "ignore_case", "absolute", "relative")


@dataclass(frozen=True)
class VisibleTask:
    """What a step may see that asks a model."""

    task_id: str
    language: Language
    prompt: str
    entry_point: str
    """What a test calls; empty: the program reads standard input."""
    prelude: str
    """Text in front of each program, such as the usual imports."""
    tests: PublicTests

    def program(self, source: str) -> Program:
        """Return a solution as it is built: with the prelude, and what its tests call."""
        return Program(self.language, with_prelude(self.prelude, source), self.entry_point)

    def completed(self, completion: str) -> str:
        """Return the solution that a completion of the prompt makes, as EvalPlus has it."""
        return self.prompt + completion


@dataclass(frozen=True)
class Answer:
    """One program that answers a task."""

    solution: str
    model: str = ""


@dataclass(frozen=True)
class Task:
    """One checked task and the fields it came with."""

    visible: VisibleTask
    private: PrivateTests
    references: tuple[str, ...]
    """Whole programs; the first is what answers are compared with."""
    answers: tuple[Answer, ...] = ()
    checker: Program | None = None
    """Decides in place of a comparison; None: outputs and values are compared."""
    compare: SameOutput | None = None
    """How outputs are compared; None: as the run has it."""
    fields: Mapping[str, Any] = field(default_factory=dict)
    """The row as it was read."""

    @property
    def task_id(self) -> str:
        return self.visible.task_id

    @property
    def language(self) -> Language:
        return self.visible.language

    @property
    def tests(self) -> tuple[TaskTest, ...]:
        """All tests, the public ones first."""
        return (*self.visible.tests.tests, *self.private.tests)


def parse_task(data: bytes) -> Task:
    """Check one line; RowProblem says in one sentence what is wrong with it."""
    return task_of(parse_object(data))


def task_of(fields: Mapping[str, Any]) -> Task:
    """Check the fields of a task; RowProblem says in one sentence what is wrong with it."""
    task_id = _text(fields, "task_id", required=True)
    if len(task_id) > _LONGEST_NAME or not task_id.isprintable():
        raise RowProblem("task_id is not a short printable text")
    language = language_of(_text(fields, "language") or "python")
    entry_point = _text(fields, "entry_point")
    if entry_point and language is not Language.PYTHON:
        raise RowProblem(f"entry_point is given, but functions of {language} cannot be called")
    if entry_point:
        _check_entry_point(entry_point)
    public = parse_tests(fields.get("public_tests"), "public_tests", entry_point)
    private = parse_tests(fields.get("private_tests"), "private_tests", entry_point)
    if not public and not private:
        raise RowProblem("the task has no test")
    references = _programs(fields.get("references"), "references")
    _check_weights(fields, len(references))
    return Task(
        VisibleTask(
            task_id,
            language,
            _text(fields, "prompt"),
            entry_point,
            _text(fields, "prelude"),
            PublicTests(public),
        ),
        PrivateTests(private),
        references,
        _answers(fields.get("answers")),
        _checker(fields.get("checker")),
        _compare(fields.get("compare")),
        fields,
    )


def with_prelude(prelude: str, source: str) -> str:
    """Put a prelude before a Python program, but behind its imports of `__future__`.

    A program that is no Python keeps it in front; it does not compile with or without.
    """
    if not prelude or not source.strip():
        return source
    prelude = prelude if prelude.endswith("\n") else prelude + "\n"
    if "__future__" not in source:
        return prelude + source
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return prelude + source
    last = max(
        (
            one.end_lineno or 0
            for one in body
            if isinstance(one, ast.ImportFrom) and one.module == "__future__"
        ),
        default=0,
    )
    lines = source.splitlines(keepends=True)
    head = "".join(lines[:last])
    if last and not head.endswith("\n"):
        head += "\n"
    return head + prelude + "".join(lines[last:])


def _check_entry_point(text: str) -> None:
    """Take `name` and `Class().method`; RowProblem for anything else."""
    parts = text.replace("().", ".").split(".")
    if (
        len(parts) > 2
        or not all(part.isidentifier() for part in parts)
        or (len(parts) == 2 and "()." not in text)
    ):
        raise RowProblem(
            f"entry_point {text[:40]!r} is neither a function's name nor Class().method"
        )


def _text(fields: Mapping[str, Any], name: str, *, required: bool = False) -> str:
    value = fields.get(name)
    if value is None and not required:
        return ""
    if name not in fields:
        raise RowProblem(f"the field {name} is missing")
    if not isinstance(value, str):
        raise RowProblem(f"{name} is not a string")
    if required and not value:
        raise RowProblem(f"{name} is empty")
    return value


def _programs(value: object, name: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise RowProblem(f"{name} is not a list of programs")
    return tuple(value)


def _answers(value: object) -> tuple[Answer, ...]:
    """Read answers: programs, or objects with `solution` and perhaps `model`."""
    if value is None:
        return ()
    if not isinstance(value, list):
        raise RowProblem("answers is not a list")
    made = []
    for number, one in enumerate(value):
        given = {"solution": one} if isinstance(one, str) or one is None else one
        if not isinstance(given, dict) or not isinstance(given.get("solution"), str | None):
            raise RowProblem(f"answers[{number}] is neither a program nor an object with solution")
        model = given.get("model")
        made.append(Answer(given.get("solution") or "", model if isinstance(model, str) else ""))
    return tuple(made)


def _checker(value: object) -> Program | None:
    """Read a checker: an object with `language` (cpp or python) and `code`."""
    if value is None:
        return None
    code = value.get("code") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(code, str) or not code.strip():
        raise RowProblem("checker is not an object with language and code")
    name = value.get("language", "python")
    if not isinstance(name, str):
        raise RowProblem("the language of the checker is not a string")
    return Program(language_of(name), code)


def _compare(value: object) -> SameOutput | None:
    if value is None:
        return None
    if not isinstance(value, dict) or not all(isinstance(name, str) for name in value):
        raise RowProblem("compare is not an object")
    for name in value:
        if name not in _COMPARE:
            raise RowProblem(f"compare has no {name[:40]!r}; it has {', '.join(_COMPARE)}")
    rule, case = value.get("rule", "tokens"), value.get("ignore_case", False)
    numbers = [value.get("absolute"), value.get("relative")]
    if not isinstance(rule, str) or not isinstance(case, bool):
        raise RowProblem("rule of compare is not a string, or ignore_case neither true nor false")
    if not all(one is None or _is_number(one) for one in numbers):
        raise RowProblem("a tolerance of compare is no number")
    try:
        return comparison.named(rule, ignore_case=case, absolute=numbers[0], relative=numbers[1])
    except InputError as error:
        raise RowProblem(str(error)) from error


def _check_weights(fields: Mapping[str, Any], references: int) -> None:
    """RowProblem for scores of references or weights of levels that no report could use."""
    scores, hardness = fields.get("reference_scores"), fields.get("hardness")
    if scores is not None and not (
        _are_numbers(scores)
        and len(scores) == references
        and scores == sorted(scores)
        and all(0 <= one <= 100 for one in scores)
    ):
        raise RowProblem(
            "reference_scores is not a list of numbers from 0 to 100, ascending, one for each "
            "reference"
        )
    if hardness is not None and not (
        _are_numbers(hardness) and min(hardness, default=-1) >= 0 and sum(hardness) > 0
    ):
        raise RowProblem("hardness is not a list of weights of at least 0, one of them above 0")


def _are_numbers(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_number, value))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
