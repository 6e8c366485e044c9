"""Calls that assertions make in loops or by values that they compute: recorded, with a reference.

`for x in range(2, 8): assert candidate(x, x + 1) == str(x)` says what is expected only when it
runs. So it runs once in the sandbox, on the reference solution, and each call of `candidate` is
written down with what it returned. Where every assertion is an equality with that value on the left
and all hold, it is the expected one, and the calls are tests whose expected values stay outside.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from pie.core.tasks.building import call_test
from sim.evaluation import EvaluationError, evaluate
from sim.toolchain import Toolchain

MOST_CALLS = 200
_WRAPPERS: dict[str, Callable[[Any], Any]] = {
    "": lambda value: value,
    "tuple": tuple,
    "list": list,
    "set": set,
    "sorted": sorted,
}
"""What an assertion may put around the call before it compares."""
_RECORDER = """
import copy
def main(given):
    names = {"__name__": "evaluated"}
    exec(compile(given["program"], "main.py", "exec"), names)
    function, calls = names[given["entry_point"]], []
    def candidate(*arguments):
        kept = copy.deepcopy(arguments)
        value = function(*arguments)
        calls.append((list(kept), copy.deepcopy(value)))
        return value
    names["candidate"] = candidate
    text = given["text"]
    exec(compile(text, "test.py", "exec"), names)
    return calls
"""


def recorded_calls(
    text: str, reference: str, entry_point: str, kind: str, toolchain: Toolchain
) -> list[dict[str, Any]] | None:
    """Return a block's calls as tests; None where they say less than the block does.

    The block calls `candidate` alone, in `check(candidate)`, and compares its value by `==`.
    """
    wrapper = _compared_alike(text)
    if wrapper is None:
        return None
    given = {
        "program": reference,
        "entry_point": entry_point,
        "text": text.replace(f"check({entry_point})", "check(candidate)"),
    }
    try:
        calls = evaluate(_RECORDER, given, toolchain)
    except EvaluationError:
        return None
    if not 0 < len(calls) <= MOST_CALLS:
        return None
    through = [wrapper] if wrapper else []
    tests: dict[str, tuple[list[Any], Any]] = {}
    for arguments, value in calls:
        tests.setdefault(repr(arguments), (arguments, _WRAPPERS[wrapper](value)))
    return [
        call_test(f"{kind}.recorded.{number}", arguments, expected, through=through)
        for number, (arguments, expected) in enumerate(tests.values())
    ]


def _compared_alike(text: str) -> str | None:
    """Return what every assertion puts around the call; None where one asserts anything else."""
    tree = ast.parse(text)
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert):
            found.add(_wrapper(node.test))
    if len(found) != 1:
        return None
    return found.pop()


def _wrapper(test: ast.expr) -> str | None:
    if not (isinstance(test, ast.Compare) and [type(one) for one in test.ops] == [ast.Eq]):
        return None
    left, right = test.left, test.comparators[0]
    if _calls_candidate(right) or not isinstance(left, ast.Call):
        return None
    name = ast.unparse(left.func)
    if name == "candidate":
        return "" if not any(map(_calls_candidate, left.args)) else None
    inner = left.args[0] if len(left.args) == 1 else None
    if name in _WRAPPERS and isinstance(inner, ast.Call):
        return name if ast.unparse(inner.func) == "candidate" else None
    return None


def _calls_candidate(node: ast.expr) -> bool:
    return any(isinstance(one, ast.Name) and one.id == "candidate" for one in ast.walk(node))
