"""The Python programs in a text of prose and code, by the syntax tree of tree-sitter.

A complete program is a stretch of lines without a syntax error that does something: prose can be
read as an expression ("This is faster" is a comparison), but not as an import, an assignment, a
definition, a loop or a call. Around the program, lines are left away until the rest has no error.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pie.core.answers.answer_program import AnswerProgram, AnswerPrograms
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
_CODE_LINE = re.compile(
    r"(?:import\s+\w|from\s+[\w.]+\s+import\b|def\s+\w+\s*\(|class\s+\w+\s*[:(]|@\w"
    r"|(?:for|while|if|with|try)\b.*:\s*(?:#.*)?$|[\w., ]++\s*+=\s*\S|[\w.]+\(.*\)\s*$|#)"
)
"""A line at the margin with which a program can begin."""
_MOST_STARTS = 8
_MOST_LINES_OF_PROSE = 60
_MOST_CHARACTERS = 2 << 20
_ASSIGNMENTS = frozenset({"assignment", "augmented_assignment"})
_EXPRESSIONS = _ASSIGNMENTS | {"call"}
_ATTRIBUTES = re.compile(r"""(?:[\w-]+=(?:"[^"]*"|'[^']*'|{[^}]*}|[\w./-]+)(?:\s+|$))+""")
"""What some writers of Markdown put beside a fence; `n=5` can be code as well."""


@dataclass(slots=True)
class Patience:
    """Characters of an answer that may still be parsed while lines are left away.

    An answer under 4,000 is searched as far as the two bounds above allow; a long one that is no
    code ends soon, however many blocks it has.
    """

    characters: int = _MOST_CHARACTERS


def python_programs(text: str, patience: Patience | None = None) -> AnswerPrograms:
    """Return the complete Python programs of a text: the text, or a stretch of its lines."""
    patience = patience or Patience()
    if not _has_error(text):
        return _of_statements(text)
    lines = text.splitlines(keepends=True)
    starts = [at for at, line in enumerate(lines) if _CODE_LINE.match(line)]
    for start in starts[:_MOST_STARTS]:
        for end in range(len(lines), max(start, len(lines) - _MOST_LINES_OF_PROSE), -1):
            stretch = "".join(lines[start:end])
            patience.characters -= len(stretch)
            if patience.characters < 0:
                return AnswerPrograms(begun=True)
            if not _has_error(stretch):
                found = _of_statements(stretch)
                if found.complete:
                    code = found.complete[0].text.rstrip() + "\n"
                    return AnswerPrograms((AnswerProgram(code, whole=False),))
    return AnswerPrograms(begun=bool(starts))


def begins_python(line: str, rest: str) -> bool:
    """Whether what stands beside a fence is the first line of the program below, or all of it.

    It is not if it is the name of a file, an attribute (`title="main.py"`) or a comment.
    """
    if line.startswith("#") or _has_error(f"{line}\n{rest}"):
        return False
    if _ATTRIBUTES.fullmatch(line):
        names = re.findall(r"(?<![\w-])([\w-]+)=", line)
        return not set(re.findall(r"\w+", rest)).isdisjoint(names)
    if not _of_statements(f"{line}\n{rest}").complete:
        return False
    if _has_error(rest) or not _of_statements(rest).complete or _CODE_LINE.match(line):
        return True
    return not _has_error(line) and any(
        node.type in _STATEMENTS
        or (node.type == "expression_statement" and node.children[0].type in _ASSIGNMENTS)
        for node in tree(line, "python").children
    )


def _has_error(text: str) -> bool:
    return bool(tree(text, "python").has_error)


def _of_statements(text: str) -> AnswerPrograms:
    """Return a text without syntax errors as a program, without prose read as expressions."""
    children = tree(text, "python").children
    does = [at for at, node in enumerate(children) if _does_something(node)]
    if not does:
        return AnswerPrograms()
    outside = [*children[: does[0]], *children[does[-1] + 1 :]]
    if all(node.type == "comment" for node in outside) or _begins_with_code(children):
        return AnswerPrograms((AnswerProgram(text, whole=True),))
    source = text.encode("utf-8", "replace")
    code = source[children[does[0]].start_byte : children[does[-1]].end_byte]
    return AnswerPrograms((AnswerProgram(code.decode() + "\n", whole=False),))


def _begins_with_code(children: Sequence[Any]) -> bool:
    """Whether nothing but strings and code stands here: a docstring is no prose."""
    return all(
        node.type != "expression_statement"
        or _does_something(node)
        or node.children[0].type == "string"
        for node in children
    )


def _does_something(node: Any) -> bool:
    if node.type in _STATEMENTS:
        return True
    return node.type == "expression_statement" and any(
        one.type in _EXPRESSIONS for one in node.children
    )
