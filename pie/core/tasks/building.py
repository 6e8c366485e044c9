"""Makes the tests of a task from what data sets hold: values, assertions, programs."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Sequence
from typing import Any

from sim.assertions import AssertedCall, calls_of
from sim.errors import InputError

_BUILTIN = (str, bool, type(None))
_DOCSTRING = re.compile(r"^[ \t]+(\"\"\"|''').*?\1[ \t]*\n", re.DOTALL | re.MULTILINE)
_LARGEST_INTEGER = 2**53
"""Beyond it other readers of JSON lose digits."""


def value_field(name: str, value: Any) -> dict[str, Any]:
    """Return a value as a field of a test: as JSON has it, else as text in `NAME_text`."""
    return {name: value} if is_json(value) else {f"{name}_text": plain_text(value)}


def is_json(value: Any) -> bool:
    """Tell whether a value comes out of JSON as it went in."""
    if isinstance(value, _BUILTIN):
        return True
    if isinstance(value, int):
        return abs(value) < _LARGEST_INTEGER
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, list):
        return all(map(is_json, value))
    if isinstance(value, dict):
        return all(isinstance(key, str) and is_json(key) for key in value) and all(
            map(is_json, value.values())
        )
    return False


def plain_text(value: Any) -> str:
    """Return a plain value as an expression that `sim.assertions.value_of` reads.

    ValueError for what is no plain value.
    """
    if isinstance(value, float) and not math.isfinite(value):
        return f"float({str(value)!r})"
    if isinstance(value, list):
        return f"[{', '.join(map(plain_text, value))}]"
    if isinstance(value, tuple):
        inner = ", ".join(map(plain_text, value))
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if isinstance(value, frozenset):
        return f"frozenset([{', '.join(sorted(map(plain_text, value)))}])"
    if isinstance(value, set):
        return f"set([{', '.join(sorted(map(plain_text, value)))}])"
    if isinstance(value, dict):
        pairs = (f"{plain_text(key)}: {plain_text(one)}" for key, one in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, int) and abs(value) >= _LARGEST_INTEGER:
        return hex(value)  # decimals of any length are refused, by Python's limit for attackers
    if value is None or isinstance(value, bool | int | float | complex | str | bytes):
        return repr(value)
    raise ValueError(f"a value of type {type(value).__name__} is no plain value")


def call_test(
    name: str, arguments: Sequence[Any] | str, expected: Any, **settings: Any
) -> dict[str, Any]:
    """Return a call as a test of a task; `arguments` as text stay text."""
    if isinstance(arguments, str):
        given: dict[str, Any] = {"args_text": arguments}
    else:
        given = value_field("args", list(arguments))
    set_only = {key: value for key, value in settings.items() if value}
    return {"name": name, **given, **value_field("expected", expected), **set_only}


def asserted_tests(text: str, entry_point: str, kind: str) -> list[dict[str, Any]]:
    """Return assertions as tests named `KIND.K`: calls where that can be, the rest as one block.

    InputError where the text is no Python.
    """
    calls, rest = calls_of(with_check_called(text, entry_point), entry_point)
    tests = [_asserted(f"{kind}.{number}", one) for number, one in enumerate(_distinct(calls))]
    if rest:
        tests.append({"name": f"{kind}.block", "assertions": rest})
    return tests


def with_check_called(text: str, entry_point: str) -> str:
    """Return a text whose `check` function is called, as the harness of HumanEval does.

    Without assertions of a constant, which HumanEval has between the others (`assert True`).
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError) as error:
        raise InputError(f"the assertions are no Python ({error})", "mend the test") from error
    defined = called = False
    for one in tree.body:
        defined |= isinstance(one, ast.FunctionDef) and one.name == "check"
        called |= (
            isinstance(one, ast.Expr)
            and isinstance(one.value, ast.Call)
            and ast.unparse(one.value.func) == "check"
        )
        if isinstance(one, ast.FunctionDef):
            one.body = [inner for inner in one.body if not _is_empty(inner)] or [ast.Pass()]
    tree.body = [one for one in tree.body if not _is_empty(one)]
    made = ast.unparse(ast.fix_missing_locations(tree))
    return f"{made}\n\ncheck({entry_point})\n" if defined and not called else made


def _is_empty(statement: ast.stmt) -> bool:
    """Tell whether a statement asserts a constant that holds."""
    if not isinstance(statement, ast.Assert):
        return False
    return isinstance(statement.test, ast.Constant) and bool(statement.test.value)


def _distinct(calls: Sequence[AssertedCall]) -> list[AssertedCall]:
    """Return the calls without those that stand there already, word for word."""
    seen: dict[tuple[Any, ...], AssertedCall] = {}
    for one in calls:
        values = (one.arguments, dict(one.keywords), one.expected)
        seen.setdefault((plain_text(values), one.returns, one.comparison, one.shapes), one)
    return list(seen.values())


def _asserted(name: str, call: AssertedCall) -> dict[str, Any]:
    same = call.comparison
    keywords = value_field("kwargs", dict(call.keywords)) if call.keywords else {}
    return {
        **call_test(
            name,
            call.arguments,
            call.expected,
            returns=call.returns,
            absolute=same.absolute,
            relative=same.relative,
            any_order=same.any_order,
            any_sequence=same.any_sequence,
            through=list(same.through),
            shapes=list(call.shapes),
        ),
        **keywords,
    }


def head_of(prompt: str, entry_point: str) -> str:
    """Return what stands before a function in its prompt: imports and helpers.

    Empty where the prompt is no Python or does not define the function.
    """
    try:
        body = ast.parse(prompt).body
    except (SyntaxError, ValueError, RecursionError):
        try:
            body = ast.parse(prompt + "\n    pass\n").body
        except (SyntaxError, ValueError, RecursionError):
            return ""
    kept: list[ast.stmt] = []
    for one in body:
        if isinstance(one, ast.FunctionDef | ast.ClassDef) and one.name == entry_point:
            return "".join(f"{ast.unparse(node)}\n" for node in kept)
        kept.append(one)
    return ""


def whole_program(prompt: str, solution: str) -> str:
    """Return prompt and solution as one program.

    In some sets the docstring of the prompt is indented otherwise than the solution below it. Where
    they are a program only without it, it is left away.
    """
    program = prompt + solution
    if is_python(program):
        return program
    bare = _DOCSTRING.sub("", prompt) + solution
    return bare if is_python(bare) else program


def is_python(text: str) -> bool:
    """Tell whether a text is a Python program."""
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return False
    return True


def defines(program: str, name: str) -> bool:
    """Tell whether a program defines a function or class on its outermost level."""
    try:
        body = ast.parse(program).body
    except (SyntaxError, ValueError, RecursionError):
        return False
    kinds = ast.FunctionDef | ast.ClassDef
    named = any(isinstance(one, kinds) and one.name == name for one in body)
    assigned = any(
        isinstance(one, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == name for target in one.targets)
        for one in body
    )
    return named or assigned


def called_function(program: str, tests: str) -> str:
    """Return the function of a program that assertions call; empty where there is none."""
    try:
        defined = [
            one.name
            for one in ast.parse(program).body
            if isinstance(one, ast.FunctionDef | ast.ClassDef)
        ]
        called = {
            node.func.id
            for node in ast.walk(ast.parse(tests))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
    except (SyntaxError, ValueError, RecursionError):
        return ""
    return next((name for name in reversed(defined) if name in called), "")


def calls_any(text: str, names: Sequence[str]) -> bool:
    """Tell whether a text calls one of some functions."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return False
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names
        for node in ast.walk(tree)
    )
