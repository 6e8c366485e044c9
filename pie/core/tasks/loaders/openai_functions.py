"""HumanEval and MBPP: functions with assertions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pie.core.problem import RowProblem
from pie.core.tasks.building import (
    asserted_tests,
    called_function,
    calls_any,
    head_of,
    whole_program,
)
from pie.core.tasks.loaders.context import Context, Loaded, list_of, text_of, within
from pie.core.tasks.recorded import recorded_calls


def humaneval(row: Mapping[str, Any], context: Context) -> Loaded:
    """Fields: task_id, prompt, entry_point, canonical_solution (goes on from the prompt), test.

    All tests are private: examples of a prompt are text, and some contradict the solution.
    """
    prompt, entry_point = text_of(row, "prompt"), text_of(row, "entry_point").strip()
    loaded = Loaded()
    reference = whole_program(prompt, text_of(row, "canonical_solution"))
    test = text_of(row, "test")
    if not calls_any(test, ("candidate", entry_point)):
        # Some tasks of MBPP in this form name a helper of the solution.
        entry_point = called_function(reference, test) or entry_point
    tests = asserted_tests(test, entry_point, "private")
    if tests and "assertions" in tests[-1]:
        block = tests[-1]["assertions"]
        calls = recorded_calls(block, reference, entry_point, "private", context.toolchain)
        tests = tests if calls is None else [*tests[:-1], *calls]
    loaded.task = {
        "task_id": str(row.get("task_id", entry_point)),
        "language": "python",
        "prompt": prompt,
        "entry_point": entry_point,
        "prelude": head_of(prompt, entry_point),
        "references": [reference],
        "public_tests": [],
        "private_tests": within(tests, context, loaded),
    }
    return loaded


def mbpp(row: Mapping[str, Any], context: Context) -> Loaded:
    """Fields: task_id, text (or prompt), code, test_list, test_imports or test_setup_code.

    The assertions that stand in usual prompts are public; `challenge_test_list` is private.
    """
    if "canonical_solution" in row and "test" in row:  # MBPP in the form of HumanEval
        return humaneval(row, context)
    program = text_of(row, "code")
    asserted = [str(one) for one in list_of(row, "test_list")]
    challenge = (
        [str(one) for one in list_of(row, "challenge_test_list")]
        if row.get("challenge_test_list") is not None
        else []
    )
    entry_point = called_function(program, "\n".join(asserted))
    if not entry_point:
        raise RowProblem("its assertions call no function of its code")
    prelude = "\n".join(_prelude(row))
    loaded = Loaded()
    public = asserted_tests("\n".join(asserted), entry_point, "public")
    private = asserted_tests("\n".join(challenge), entry_point, "private")
    loaded.task = {
        "task_id": task_name(row, "Mbpp"),
        "language": "python",
        "prompt": text_of(row, "text", "prompt"),
        "entry_point": entry_point,
        "prelude": prelude,
        "references": [program.replace("\r\n", "\n")],
        "public_tests": within(public, context, loaded),
        "private_tests": within(private, context, loaded),
    }
    return loaded


def task_name(row: Mapping[str, Any], kind: str) -> str:
    """Return a task's id, with the data set's name before a bare number."""
    given = row.get("task_id")
    if isinstance(given, bool) or not isinstance(given, str | int):
        raise RowProblem("the field task_id is missing")
    return given if isinstance(given, str) and not given.isdigit() else f"{kind}/{given}"


def _prelude(row: Mapping[str, Any]) -> list[str]:
    lines = (
        [str(one) for one in list_of(row, "test_imports")]
        if row.get("test_imports") is not None
        else []
    )
    setup = row.get("test_setup_code")
    return [*lines, *([setup.replace("\r\n", "\n")] if isinstance(setup, str) and setup else [])]
