"""From a row of pairs to a task: which of its tests are public, and which judge it.

A row names its public tests itself (`public_tests`, indices or texts, as `tests` has them), or the
first N of its tests are taken (`--public N`). What is public is never a private test too: a program
that prints the outputs that it was shown must not score.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from pie.core.models.replay import identity_of
from pie.core.problem import RowProblem
from pie.core.refinement.evidence import PublicTest
from pie.core.refinement.task import RefinementTask
from pie.core.rows import InlineTest, Row
from pie.core.test_cases import TestCases
from sim.program import Program, TestCase

PUBLIC = "public_tests"
_PROBLEMS = ("problem_description", "description", "problem", "question")
"""Where data sets keep the words of a problem (ECCO, CodeNet, APPS)."""
_READ = 1 << 20
"""Bytes of a public test that are read for prompts; feedback cuts far below."""
_TESTS: TypeAdapter[list[int | InlineTest]] = TypeAdapter(list[int | InlineTest])

Tests = Sequence[int | InlineTest]


@dataclass(frozen=True)
class Divided:
    """A row with its tests told apart."""

    row: Row
    task: RefinementTask
    public: tuple[TestCase, ...]
    private: tuple[int | InlineTest, ...]
    """As the row has them, for the measurement at the end."""
    shown: tuple[int | InlineTest, ...] = ()
    """The public ones as the row has them: a run that starts from this one shows the same."""
    answers: tuple[str, ...] = ()
    """Programs of an earlier run, that chains can start from; an empty one is none."""

    @property
    def reference(self) -> Program:
        """The row's slow program, whose counts bound all others."""
        return self.row.programs()[0]

    @property
    def identity(self) -> dict[str, Any]:
        """What names the row in the lines of a run."""
        row = self.row
        return {"problem_id": row.problem_id, "src_id": row.src_id, "tgt_id": row.tgt_id}

    def program(self, text: str) -> Program:
        """Return a program as it is built."""
        return Program(self.row.language, text)


def divide(row: Row, number: int, tests: TestCases, public: int | None) -> Divided:
    """Return a row as a task; RowProblem where public and private tests cannot be told apart.

    `number` is the row's place in the file, `public` the value of `--public`.
    """
    shown, private = _tests(row, public)
    cases = tuple(tests.resolve(row.problem_id, shown))
    # By what they read: a test that is shown is not private under another name either.
    seen = {one.input_digest for one in cases}
    judged = zip(private, tests.resolve(row.problem_id, private), strict=True)
    left = tuple(test for test, case in judged if case.input_digest not in seen)
    if not left:
        raise RowProblem(
            f"all of its {len(row.tests)} tests are public, so none is left to judge it"
        )
    texts = tuple(
        PublicTest(str(position), _text(one, "in"), _text(one, "out"))
        for position, one in enumerate(cases)
    )
    task = RefinementTask(
        name=f"{number}",
        language=row.language,
        problem=_problem(row.fields),
        program=row.src_code,
        tests=texts,
        recorded=identity_of(row),
    )
    return Divided(row, task, cases, left, tuple(shown), row.generations)


def _tests(row: Row, public: int | None) -> tuple[Tests, Tests]:
    """Return the public tests, and those of the row's that are not among the first N."""
    given = row.fields.get(PUBLIC)
    if given is not None:
        return _named(given), row.tests
    if public is None:
        raise RowProblem(
            f"it names no {PUBLIC}, and without --public N nothing says which tests may be shown"
        )
    return row.tests[:public], row.tests[public:]


def _named(given: object) -> list[int | InlineTest]:
    try:
        shown = _TESTS.validate_python(given)
    except ValidationError as error:
        raise RowProblem(f"{PUBLIC} is not a list of indices or tests") from error
    if not shown:
        raise RowProblem(f"{PUBLIC} is empty")
    return shown


def _problem(fields: Mapping[str, Any]) -> str:
    for name in _PROBLEMS:
        value = fields.get(name)
        if isinstance(value, str) and value.strip():
            return value
    return ""


def _text(case: TestCase, which: str) -> str:
    path = case.input_path if which == "in" else case.expected_path
    if path is None:
        return ""
    with path.open("rb") as file:
        return file.read(_READ).decode("utf-8", "replace")
