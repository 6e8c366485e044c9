"""Programs as syntax: the parse tree of tree-sitter and its leaves.

The grammars are compiled into their packages, so nothing is downloaded. A parser of tree-sitter
never fails: what it cannot read becomes an error node and the rest is parsed all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any, Literal

Language = Literal["cpp", "python"]


@cache
def _parser(language: Language) -> Any:
    from tree_sitter import Language as Grammar
    from tree_sitter import Parser

    if language not in ("cpp", "python"):
        raise ValueError(f"no grammar for {language!r}; there are cpp and python")
    return Parser(Grammar(import_module(f"tree_sitter_{language}").language()))


def tree(code: str, language: Language) -> Any:
    """Return the root node of `code`; its offsets are of UTF-8 bytes, a lone surrogate is one."""
    return _parser(language).parse(code.encode("utf-8", "replace")).root_node


def leaves(code: str, language: Language) -> Iterator[tuple[str, str]]:
    """Yield (kind, text) of each leaf in the order of the text, comments left out.

    The kind is the grammar's: `identifier`, `number_literal`, or for a keyword or an operator the
    text itself. String and character literals are whole leaves, not their parts.
    """
    source = code.encode("utf-8", "replace")
    cursor = _parser(language).parse(source).walk()
    going_down = True
    while True:
        if going_down:
            node = cursor.node
            kind = node.type
            if kind not in _WHOLE and cursor.goto_first_child():
                continue
            start, end = node.start_byte, node.end_byte
            if kind != "comment" and end > start:
                yield kind, source[start:end].decode("utf-8", "replace")
        if cursor.goto_next_sibling():
            going_down = True
        elif cursor.goto_parent():
            going_down = False
        else:
            return


_WHOLE = frozenset(
    {
        "string",
        "string_literal",
        "raw_string_literal",
        "char_literal",
        "system_lib_string",
        "comment",
    }
)
