"""APPS: programs on standard input, and functions, each with many solutions."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from pie.core.problem import RowProblem
from pie.core.tasks.building import call_test
from pie.core.tasks.loaders.context import Context, Loaded, list_of, text_of, within

_METHOD = re.compile(r"^class Solution\b", re.MULTILINE)


def apps(row: Mapping[str, Any], context: Context) -> Loaded:
    """Fields: problem_id, question, solutions, input_output (JSON texts), starter_code.

    All tests are private; the samples of a question are text.
    """
    tests = _input_output(row)
    name = tests.get("fn_name")
    starter = str(row.get("starter_code") or "")
    solutions = [str(one) for one in list_of(row, "solutions")] if row.get("solutions") else []
    loaded = Loaded()
    entry_point = ""
    if isinstance(name, str) and name:
        in_class = bool(_METHOD.search(starter)) or any(map(_METHOD.search, solutions[:1]))
        entry_point = f"Solution().{name}" if in_class else name
    inputs, outputs = tests.get("inputs"), tests.get("outputs")
    if not isinstance(inputs, list) or not isinstance(outputs, list):
        raise RowProblem("input_output has no lists of inputs and outputs")
    if len(inputs) != len(outputs) or not inputs:
        raise RowProblem("input_output has no inputs, or another number of outputs")
    make = _call if entry_point else _stdin
    private = [
        make(f"private.{number}", given, wanted)
        for number, (given, wanted) in enumerate(zip(inputs, outputs, strict=True))
    ]
    question = text_of(row, "question")
    loaded.task = {
        "task_id": f"apps/{row.get('problem_id', row.get('id', ''))}",
        "language": "python",
        "prompt": f"{question}\n\n{starter}" if starter else question,
        "entry_point": entry_point,
        "references": solutions[: context.references],
        "public_tests": [],
        "private_tests": within(private, context, loaded),
        "difficulty": row.get("difficulty"),
    }
    return loaded


def _input_output(row: Mapping[str, Any]) -> Mapping[str, Any]:
    text = text_of(row, "input_output")
    try:
        # Python's own limit on digits is for attackers; these inputs hold long numbers.
        made = json.loads(text, parse_int=_integer)
    except (ValueError, RecursionError) as error:
        raise RowProblem(f"input_output is no JSON ({str(error)[:80]})") from error
    if not isinstance(made, dict):
        raise RowProblem("input_output is no object")
    return made


def _integer(text: str) -> int:
    return int(text)


def _stdin(name: str, given: Any, wanted: Any) -> dict[str, Any]:
    return {"name": name, "input": _lines(given), "output": _lines(wanted)}


def _lines(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(map(str, value))
    return value if isinstance(value, str) else json.dumps(value)


def _call(name: str, given: Any, wanted: Any) -> dict[str, Any]:
    """Return a call: its expected value lies in a list of one, and tuples became lists."""
    if not isinstance(given, list):
        raise RowProblem(f"the input of {name} is no list of arguments")
    expected = wanted[0] if isinstance(wanted, list) and len(wanted) == 1 else wanted
    return call_test(name, given, expected, any_sequence=True)
