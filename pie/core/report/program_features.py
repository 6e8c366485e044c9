"""What a program is made of, read from its syntax tree: loops, containers, input and output."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pie.core.report.program_vocabulary import (
    ALGORITHMS,
    CHARACTER_IO,
    CONTAINERS,
    IO_NAME,
    READS_AND_WRITES,
)
from retrieval.syntax import tree
from sim.program import Language

_FUNCTIONS = frozenset({"function_definition", "lambda_expression"})
_LOOPS = frozenset(
    {
        "for_statement",
        "while_statement",
        "do_statement",
        "for_range_loop",
        "for_in_clause",
    }
)
_DIRECTIVES = frozenset(
    {
        "preproc_include",
        "preproc_def",
        "preproc_function_def",
        "preproc_call",
        "using_declaration",
        "alias_declaration",
        "type_definition",
        "import_statement",
        "import_from_statement",
        "future_import_statement",
    }
)
_NAMES = frozenset({"identifier", "field_identifier", "type_identifier", "namespace_identifier"})
_LITERALS = frozenset({"string_literal", "char_literal", "raw_string_literal", "string"})
_DECLARING = frozenset({"declarator", "left", "name", "parameters"})
"""Fields under which a program gives its own names."""


@dataclass(frozen=True)
class Features:
    """A program's make-up, for comparison with another one's."""

    tokens: tuple[str, ...]
    """Without directives, comments, `std::`; own names numbered in order of appearance."""
    directives: frozenset[str]
    containers: frozenset[str]
    """Kinds of containers other than arrays."""
    algorithms: frozenset[str]
    reads_and_writes: frozenset[tuple[str, int]]
    """Names of input and output, each with how often it stands there."""
    loop_depth: int
    loop_shapes: frozenset[str]
    """Conditions of loops, with names as `v`."""
    recursive: bool


@dataclass(frozen=True)
class _Place:
    """Where a node stands."""

    loops: int
    function: str
    directive: bool
    declaring: bool


def features_of(code: str, language: Language) -> Features:
    """Return the features of a program, broken ones too; it is parsed, never run."""
    root = tree(code, language.value)
    nodes = list(_walk(root))
    own = {node.text.decode("utf-8", "replace") for node, place in nodes if _declares(node, place)}
    tokens: list[str] = []
    numbers: dict[str, str] = {}
    names: Counter[str] = Counter()
    calls: dict[str, set[str]] = {}
    for node, place in nodes:
        if not _is_leaf(node) or place.directive or node.type == "comment":
            continue
        text = node.text.decode("utf-8", "replace")
        if node.type in _NAMES:
            names[text] += 1
            calls.setdefault(place.function, set()).add(text)
            if text in own:
                text = numbers.setdefault(text, f"\0{len(numbers)}")
        tokens.append(text)
    readers = _character_io(calls)
    loops = [
        (node, place)
        for node, place in nodes
        if node.type in _LOOPS and place.function not in readers
    ]
    directives = (node for node, _place in nodes if node.type in _DIRECTIVES)
    return Features(
        tokens=tuple(_without_std(tokens)),
        directives=frozenset(
            " ".join(node.text.decode("utf-8", "replace").split()) for node in directives
        ),
        # A variable that the program calls `queue` or `count` is neither.
        containers=frozenset(CONTAINERS[name] for name in names.keys() - own if name in CONTAINERS)
        | _python_containers(nodes, language),
        algorithms=frozenset((names.keys() - own) & ALGORITHMS),
        reads_and_writes=frozenset(
            (name, times) for name, times in names.items() if name in READS_AND_WRITES
        ),
        loop_depth=max((place.loops + 1 for _node, place in loops), default=0),
        loop_shapes=frozenset(_shape(node) for node, _place in loops) - {""},
        recursive=any(name in called - {"main"} for name, called in _own_calls(nodes).items()),
    )


def _walk(root: Any) -> Iterator[tuple[Any, _Place]]:
    """Yield every node in the order of the text, without recursion: nesting has no limit."""
    stack = [(root, _Place(0, "", directive=False, declaring=False))]
    while stack:
        node, place = stack.pop()
        yield node, place
        if _is_leaf(node):
            continue
        function = _name_of(node) if node.type in _FUNCTIONS else place.function
        loops = 0 if node.type == "function_definition" else place.loops + (node.type in _LOOPS)
        directive = place.directive or node.type in _DIRECTIVES
        below = []
        for at, child in enumerate(node.children):
            field = node.field_name_for_child(at)
            declaring = field in _DECLARING or (place.declaring and field not in ("value", "size"))
            if node.type in ("argument_list", "call_expression", "call", "subscript", "attribute"):
                declaring = False
            below.append((child, _Place(loops, function or "", directive, declaring)))
        stack.extend(reversed(below))


def _is_leaf(node: Any) -> bool:
    return node.type in _LITERALS or not node.children


def _declares(node: Any, place: _Place) -> bool:
    return place.declaring and node.type in ("identifier", "field_identifier")


def _name_of(function: Any) -> str:
    """Return the name of a function's definition; empty for a lambda."""
    node = function.child_by_field_name("declarator") or function.child_by_field_name("name")
    while node is not None and node.type not in _NAMES:
        node = node.child_by_field_name("declarator") or node.child_by_field_name("name")
    return node.text.decode("utf-8", "replace") if node is not None else ""


def _own_calls(nodes: list[tuple[Any, _Place]]) -> dict[str, set[str]]:
    """Return what each function calls."""
    called: dict[str, set[str]] = {}
    for node, place in nodes:
        if node.type in ("call_expression", "call") and place.function:
            name = node.child_by_field_name("function")
            if name is not None:
                called.setdefault(place.function, set()).add(name.text.decode("utf-8", "replace"))
    return called


def _character_io(names: dict[str, set[str]]) -> set[str]:
    """Return the functions that only read or write characters, directly or by another such one."""
    readers = {name for name, used in names.items() if name != "main" and used & CHARACTER_IO}
    readers -= {""}
    return readers | {
        name
        for name, used in names.items()
        if name not in ("", "main") and used & readers and IO_NAME.search(name)
    }


def _shape(loop: Any) -> str:
    """Return a loop's condition with its names as `v`; empty where it has none."""
    condition = loop.child_by_field_name("condition")
    if condition is None or loop.type in ("for_range_loop", "for_in_clause"):
        return ""
    text = condition.text.decode("utf-8", "replace")
    return re.sub(r"[A-Za-z_]\w*", "v", re.sub(r"[\s()]", "", text))


def _without_std(tokens: list[str]) -> Iterator[str]:
    skip = False
    for at, token in enumerate(tokens):
        if skip:
            skip = False
        elif token == "std" and tokens[at + 1 : at + 2] == ["::"]:
            skip = True
        else:
            yield token


def _python_containers(nodes: list[tuple[Any, _Place]], language: Language) -> frozenset[str]:
    """Return the kinds of containers that Python writes as literals."""
    if language is not Language.PYTHON:
        return frozenset()
    literals = ("dictionary", "set", "dictionary_comprehension", "set_comprehension")
    return frozenset("hash" for node, _place in nodes if node.type in literals)
