"""Assertions as data sets have them: turned into calls, or into checks that are counted.

`assert f(1) == 2` needs no expected value in the guest: it is the call `f(1)`, whose value is
compared outside. The texts are the data set's own, so they are trusted; nothing of them is run
here.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sim.asserted_names import NODES, Names, node_of, shape_of
from sim.calls import SameValue
from sim.errors import InputError

CHECK, SAME = "__pie_check__", "__pie_same__"
"""What the harness knows in a block: a condition, and two values that must be equal."""
_THROUGH = frozenset({"set", "sorted", "list", "tuple", "frozenset", "len"})
_MAKERS: dict[str, Callable[..., Any]] = {
    "set": set,
    "frozenset": frozenset,
    "list": list,
    "tuple": tuple,
    "dict": dict,
    "float": float,
    "int": int,
    "sorted": sorted,
}
_LARGEST = 1_000_000
"""Elements or digits of a value that an expression makes."""


@dataclass(frozen=True)
class Block:
    """Assertions made to checks that are counted."""

    text: str
    checks: int
    """Checks that run exactly once if all goes well; those in loops and functions do not count."""
    more: bool = False
    """There are such, so that more checks may run."""


@dataclass(frozen=True)
class AssertedCall:
    """A call and the value that an assertion expects: the arguments of `sim.calls.call_test`."""

    arguments: list[Any]
    expected: Any
    keywords: Mapping[str, Any] = field(default_factory=dict)
    returns: str = ""
    comparison: SameValue = field(default_factory=SameValue)
    shapes: tuple[str, ...] = ()


def counted(text: str) -> Block:
    """Make each `assert` of a text a check that the harness counts; InputError for no Python."""
    tree = _parsed(text)
    checks = sum(isinstance(one, ast.Assert) for one in tree.body)
    called = {
        one.value.func.id: one
        for one in tree.body
        if isinstance(one, ast.Expr)
        and isinstance(one.value, ast.Call)
        and isinstance(one.value.func, ast.Name)
    }
    for one in tree.body:  # `check(candidate)`, which runs its own once
        if isinstance(one, ast.FunctionDef) and one.name in called:
            checks += sum(isinstance(inner, ast.Assert) for inner in one.body)
    every = sum(isinstance(one, ast.Assert) for one in ast.walk(tree))
    made = ast.fix_missing_locations(_Counting().visit(tree))
    return Block(ast.unparse(made) + "\n", checks, every > checks)


class _Counting(ast.NodeTransformer):
    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        name, arguments = CHECK, [node.test]
        test = node.test
        if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq):
            name, arguments = SAME, [test.left, test.comparators[0]]
        call = ast.Call(ast.Name(name, ast.Load()), arguments, [])
        return ast.copy_location(ast.Expr(call), node)


def calls_of(text: str, entry_point: str) -> tuple[list[AssertedCall], str]:
    """Return (the calls of a text's assertions, what is left of the text and needs the guest).

    An assertion of the entry point, or of `candidate` in a function `check(candidate)`, becomes a
    call where its arguments and its expected value are plain. What is left is empty where nothing
    is left that asserts. InputError where the text is no Python.
    """
    tree = _parsed(text)
    calls: list[AssertedCall] = []
    rest: list[ast.stmt] = []
    known = _names({entry_point})
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef) and statement.name == "check":
            names = {entry_point, *(one.arg for one in statement.args.args)}
            inner = _names(names)
            left = _taken(statement.body, names, calls, inner)
            if _asserting(left, inner):
                statement.body = left
                rest.append(statement)
        else:
            rest += _taken([statement], {entry_point}, calls, known)
    if not _asserting(rest, known):
        return calls, ""
    return calls, ast.unparse(ast.Module(rest, [])) + "\n"


def _asserting(body: Sequence[ast.stmt], known: Names) -> bool:
    """Tell whether statements assert what no call does."""
    return any(
        isinstance(one, ast.Assert)
        for statement in body
        if id(statement) not in known.again
        for one in ast.walk(statement)
    )


def _names(functions: set[str]) -> Names:
    return Names(_value, lambda node: _is_call(node, functions))


def _taken(
    body: Sequence[ast.stmt], names: set[str], calls: list[AssertedCall], known: Names
) -> list[ast.stmt]:
    """Take calls from statements; return the others."""
    left = []
    for statement in body:
        if not isinstance(statement, ast.Assert):
            known.follow(statement)
            left.append(statement)
        elif (call := _call_of(statement.test, names, known)) is None:
            left.append(statement)
        else:
            calls.append(call)
            if known.filled:  # what is left may go on with what this call has changed
                known.again.add(id(statement))
                left.append(statement)
    return left


def _call_of(test: ast.expr, names: set[str], known: Names) -> AssertedCall | None:
    try:
        read = _read(known.resolved(test), names)
        known.spend([*read.arguments, *read.keywords.values()])
        return _shaped(read)
    except (ValueError, TypeError, ArithmeticError, RecursionError):
        return None


def _shaped(call: AssertedCall) -> AssertedCall:
    """Return a call without nodes: their values, and the shapes that make them in the guest."""
    shaped = [shape_of(one) for one in call.arguments]
    if any(shape_of(one)[1] for one in call.keywords.values()):
        raise ValueError("a node by name")
    expected, returns = shape_of(call.expected)
    if returns.startswith("list[") or (returns and call.returns):
        raise ValueError("nodes that go through a function")
    shapes = tuple(shape for _value, shape in shaped)
    return replace(
        call,
        arguments=[value for value, _shape in shaped],
        expected=expected,
        returns=returns or call.returns,
        shapes=shapes if any(shapes) else (),
    )


def _read(test: ast.expr, names: set[str]) -> AssertedCall:
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        left, right, how = test.left, test.comparators[0], test.ops[0]
        if isinstance(how, ast.Lt | ast.LtE):
            return _near(left, _value(right), names)
        if isinstance(how, ast.Eq) or (isinstance(how, ast.Is) and _is_single(right)):
            if _is_call(right, names) and not _is_call(left, names):
                left, right = right, left
            return _asserted(left, _value(right), names)
        raise ValueError("another comparison")
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _truth(test.operand, False, names)
    if isinstance(test, ast.Call) and ast.unparse(test.func) == "math.isclose":
        options = {one.arg: _value(one.value) for one in test.keywords}
        near = SameValue(options.get("abs_tol", 0.0), options.get("rel_tol", 1e-9))
        return _asserted(test.args[0], _value(test.args[1]), names, near)
    return _truth(test, True, names)


def _truth(call: ast.expr, expected: bool, names: set[str]) -> AssertedCall:
    """Read `assert f(x)`: any value that counts as true will do, also one of a class."""
    made = _asserted(call, expected, names)
    if made.comparison.through:
        raise ValueError("whether what a value goes through is true")
    return replace(made, returns="bool")


def _near(left: ast.expr, room: Any, names: set[str]) -> AssertedCall:
    """Read `abs(f(x) - value) < room`."""
    if not (isinstance(left, ast.Call) and ast.unparse(left.func) in ("abs", "math.fabs")):
        raise ValueError("another comparison")
    (difference,) = left.args
    if not (isinstance(difference, ast.BinOp) and isinstance(difference.op, ast.Sub)):
        raise ValueError("another comparison")
    one, other = difference.left, difference.right
    if not _is_call(one, names):
        one, other = other, one
    return _asserted(one, _value(other), names, SameValue(absolute=float(room)))


def _asserted(
    call: ast.expr, expected: Any, names: set[str], comparison: SameValue | None = None
) -> AssertedCall:
    through: list[str] = []
    while _is_through(call):
        assert isinstance(call, ast.Call)
        through.append(ast.unparse(call.func))
        call = call.args[0]
    if not isinstance(call, ast.Call) or ast.unparse(call.func) not in names:
        raise ValueError("no call of the entry point")
    if any(isinstance(one, ast.Starred) for one in call.args):
        arguments = [*_value(ast.List([*call.args], ast.Load()))]
    else:
        arguments = [_value(one) for one in call.args]
    keywords = {str(one.arg): _value(one.value) for one in call.keywords}
    if any(one.arg is None for one in call.keywords):
        raise ValueError("keywords by a dictionary")
    if through:
        comparison = SameValue(through=tuple(reversed(through)))
    returns = "list" if through and "len" not in through else ""
    return AssertedCall(arguments, expected, keywords, returns, comparison or SameValue())


def _is_through(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in _THROUGH
        and len(node.args) == 1
        and not node.keywords
    )


def _is_call(node: ast.expr, names: set[str]) -> bool:
    while _is_through(node):
        assert isinstance(node, ast.Call)
        node = node.args[0]
    return isinstance(node, ast.Call) and ast.unparse(node.func) in names


def _is_single(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value in (True, False, None)


# ---- values of an expression ---------------------------------------------------------------------

_OPERATIONS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}


def value_of(text: str) -> Any:
    """Return the plain value of an expression: literals, their sums and products, `set([1])`.

    ValueError where it is anything else or too large; SyntaxError where it is no Python.
    """
    try:
        return _value(ast.parse(text.strip(), mode="eval").body)
    except (TypeError, ArithmeticError, RecursionError) as error:
        raise ValueError(str(error)) from error


def _value(node: ast.expr) -> Any:
    match node:
        case ast.Constant():
            return node.value
        case ast.List() | ast.Tuple() | ast.Set():
            made: list[Any] = []
            for one in node.elts:
                made += _value(one.value) if isinstance(one, ast.Starred) else [_value(one)]
            return {ast.List: list, ast.Tuple: tuple, ast.Set: set}[type(node)](made)
        case ast.Dict():
            if None in node.keys:
                raise ValueError("a dictionary of another")
            return {
                _value(one): _value(other)
                for one, other in zip(node.keys, node.values, strict=True)
                if one is not None
            }
        case ast.UnaryOp():
            return _sign(node)
        case ast.BinOp():
            return _operation(node)
        case ast.Call(func=ast.Name(id=name)) if name in _MAKERS and not node.keywords:
            return _MAKERS[name](*map(_value, node.args))
        case ast.Call(func=ast.Name(id=name)) if name in NODES:
            named = {str(one.arg): _value(one.value) for one in node.keywords}
            return node_of(name, [_value(one) for one in node.args], named)
    raise ValueError(f"{ast.unparse(node)[:40]} is no plain value")


def _sign(node: ast.UnaryOp) -> Any:
    inner = _value(node.operand)
    match node.op:
        case ast.USub():
            return -inner
        case ast.UAdd():
            return +inner
        case ast.Not():
            return not inner
    raise ValueError("another sign")


def _operation(node: ast.BinOp) -> Any:
    left, right = _value(node.left), _value(node.right)
    if isinstance(node.op, ast.Pow):
        if not (isinstance(right, int) and right >= 0 and _size(left) * right < _LARGEST):
            raise ValueError("a power too large")
        return left**right
    if isinstance(node.op, ast.Mult):
        for sequence, times in ((left, right), (right, left)):
            repeated = isinstance(sequence, list | tuple | str | bytes) and isinstance(times, int)
            if repeated and len(sequence) * times > _LARGEST:
                raise ValueError("a value too large")
    elif isinstance(left, str) and isinstance(node.op, ast.Mod):
        raise ValueError("a text made by a form")
    if type(node.op) not in _OPERATIONS:
        raise ValueError("another operation")
    return _OPERATIONS[type(node.op)](left, right)


def _size(number: Any) -> int:
    return number.bit_length() if isinstance(number, int) else 64


def _parsed(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError) as error:
        raise InputError(f"the assertions are no Python ({error})", "mend the test") from error
