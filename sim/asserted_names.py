"""Names that a text gives to values before it asserts something of them.

Data sets build linked lists and trees step by step, or call first and assert then. A name is what
it was given where that is plain; what a call changed in place is not followed, so that an object is
good for one call only.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

_MOST_NODES = 100_000
_PARTS = {"ListNode": ("val", "next"), "TreeNode": ("val", "left", "right")}
NODES = frozenset(_PARTS)
"""LeetCode's classes: see `sim.calls`."""


@dataclass(eq=False)
class Node:
    """An object of one of LeetCode's classes."""

    kind: str
    parts: dict[str, Any]

    def plain(self) -> list[Any]:
        """Return a list's values, or a tree's level by level; ValueError for what is neither."""
        values: list[Any] = []
        row: list[Any] = [self]
        for node in row:
            if len(row) > _MOST_NODES or not (node is None or isinstance(node, Node)):
                raise ValueError("no list and no tree")
            if node is None:
                if self.kind == "TreeNode":
                    values.append(None)
                continue
            if node.kind != self.kind or isinstance(node.parts["val"], Node):
                raise ValueError("no list and no tree")
            values.append(node.parts["val"])
            row += [node.parts[name] for name in _PARTS[self.kind][1:]]
        while self.kind == "TreeNode" and values[-1] is None:
            values.pop()
        return values


def node_of(kind: str, given: list[Any], named: Mapping[str, Any]) -> Node:
    """Return what a call of a class makes; ValueError for other arguments than it has."""
    names = _PARTS[kind]
    parts: dict[str, Any] = {
        **dict.fromkeys(names),
        "val": 0,
        **dict(zip(names, given, strict=False)),
    }
    if len(given) > len(names) or not named.keys() <= set(names):
        raise ValueError(f"other arguments than {kind} has")
    return Node(kind, {**parts, **named})


def shape_of(value: Any) -> tuple[Any, str]:
    """Return a value without nodes, and the shape that makes them of it again."""
    if isinstance(value, Node):
        return value.plain(), value.kind
    if isinstance(value, list) and any(isinstance(one, Node) for one in value):
        kinds = {one.kind for one in value if isinstance(one, Node)}
        if len(kinds) != 1 or not all(one is None or isinstance(one, Node) for one in value):
            raise ValueError("a list of nodes and others")
        return [[] if one is None else one.plain() for one in value], f"list[{kinds.pop()}]"
    return value, ""


@dataclass
class Names:
    """What names stand for at one place of a text."""

    value: Callable[[ast.expr], Any]
    """Returns the plain value of an expression, or raises an exception."""
    is_call: Callable[[ast.expr], bool]
    """Tells whether an expression is a call of the function that is tested."""
    known: dict[str, ast.expr] = field(default_factory=dict)
    spent: set[int] = field(default_factory=set)
    """Objects that a call had already."""
    again: set[int] = field(default_factory=set)
    """Statements that a call stands for, and that stay beside others that assert more."""
    filled: bool = False
    """Whether the last expression had known names."""

    def follow(self, statement: ast.stmt) -> None:
        """Take note of a statement that asserts nothing."""
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=given):
                self._forget(statement)
                self._give(name, given)
            case ast.Assign(targets=[ast.Attribute() as target], value=given):
                self._set(target, given)
            case ast.Expr(value=ast.Constant()) | ast.Import() | ast.ImportFrom() | ast.Pass():
                pass
            case _:
                self.known.clear()

    def _give(self, name: str, given: ast.expr) -> None:
        try:
            known = self.resolved(given)
            if not self.is_call(known):
                known = ast.Constant(self.value(known))
        except (ValueError, TypeError, ArithmeticError, RecursionError):
            return
        self.known[name] = known

    def _set(self, target: ast.Attribute, given: ast.expr) -> None:
        try:
            owner = self.value(self.resolved(target.value))
            value = self.value(self.resolved(given))
        except (ValueError, TypeError, ArithmeticError, RecursionError):
            self.known.clear()
            return
        if not isinstance(owner, Node) or target.attr not in owner.parts or id(owner) in self.spent:
            self.known.clear()
            return
        owner.parts[target.attr] = value

    def _forget(self, statement: ast.stmt) -> None:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self.known.pop(node.id, None)

    def resolved(self, expression: ast.expr) -> ast.expr:
        """Return an expression with values in place of known names."""
        names = (one.id for one in ast.walk(expression) if isinstance(one, ast.Name))
        self.filled = any(name in self.known for name in names)
        return _Filled(self.known).visit(copy.deepcopy(expression))  # type: ignore[no-any-return]

    def spend(self, values: list[Any]) -> None:
        """Note that a call got these objects; ValueError where an earlier one did."""
        found: list[int] = []
        left = list(values)
        for seen, value in enumerate(left):
            if isinstance(value, Node):
                found.append(id(value))
                left += value.parts.values()
            elif isinstance(value, list | dict | set):
                found.append(id(value))
                left += value.values() if isinstance(value, dict) else list(value)
            if seen > _MOST_NODES:
                raise ValueError("too many objects")
        if self.spent.intersection(found):
            raise ValueError("an object that an earlier call had")
        self.spent.update(found)


class _Filled(ast.NodeTransformer):
    def __init__(self, known: Mapping[str, ast.expr]) -> None:
        self.known = known

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return self.known.get(node.id, node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        made = self.generic_visit(node)
        match made:
            case ast.Attribute(value=ast.Constant(value=Node() as owner), attr=name):
                if name in owner.parts:
                    return ast.Constant(owner.parts[name])
        return made
