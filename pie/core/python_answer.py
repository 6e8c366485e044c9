"""The Python programs in a text of prose and code, by the syntax tree of tree-sitter.

A complete program is a stretch of statements without a syntax error that does something: prose
can be read as an expression ("This is faster" is a comparison), but not as an import, an
assignment, a definition, a loop or a call.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pie.core.answer_program import AnswerProgram, AnswerPrograms
from retrieval.syntax import tree

_STATEMENTS = frozenset(
    {
        "import_statement",
        "import_from_statement",
        "future_import_statement",
        "function_definition",
        "class_definition",
        "decorated_definition",
        "for_statement",
        "while_statement",
        "if_statement",
        "with_statement",
        "try_statement",
        "print_statement",
        "exec_statement",
    }
)
_EXPRESSIONS = frozenset({"assignment", "augmented_assignment", "call"})


def python_programs(text: str) -> AnswerPrograms:
    """Return the complete Python programs of a text: its stretches of statements."""
    source = text.encode("utf-8", "replace")
    children = tree(text, "python").children
    found = []
    for stretch in _stretches(children):
        does = [at for at, node in enumerate(stretch) if _does_something(node)]
        if not does:
            continue
        begin, end = stretch[does[0]].start_byte, stretch[does[-1]].end_byte
        begin = source.rfind(b"\n", 0, begin) + 1
        rest = source[:begin] + source[end:]
        whole = all(node.type == "comment" for node in children if _outside(node, begin, end))
        whole = whole and (not rest.strip() or len(stretch) == len(children))
        code = source if whole else source[begin:end].rstrip() + b"\n"
        found.append(AnswerProgram(code.decode(), whole))
    if found:
        return AnswerPrograms(tuple(found))
    return AnswerPrograms(begun=any(node.type == "ERROR" and _has_code(node) for node in children))


def _outside(node: Any, begin: int, end: int) -> bool:
    return bool(node.end_byte <= begin or node.start_byte >= end)


def _stretches(children: Sequence[Any]) -> Iterator[list[Any]]:
    """Yield the runs of neighbouring statements without a syntax error."""
    stretch: list[Any] = []
    for node in children:
        if not node.has_error:
            stretch.append(node)
        elif stretch:
            yield stretch
            stretch = []
    if stretch:
        yield stretch


def _does_something(node: Any) -> bool:
    if node.type in _STATEMENTS:
        return True
    return node.type == "expression_statement" and any(
        one.type in _EXPRESSIONS for one in node.children
    )


def _has_code(node: Any) -> bool:
    return any(one.type in _STATEMENTS or _does_something(one) for one in node.children)
