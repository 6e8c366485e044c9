"""Programs as sequences of words in which the author's own names no longer matter.

A name that the program declares becomes `ID`; names of the library (`vector`, `sort`, `cin`) stay,
as do keywords, operators, short numbers and short literals. So a renamed copy of a program gives
the same words, and `std::map` still differs from `std::unordered_map`.
"""

from __future__ import annotations

import re

from retrieval.syntax import Language, tree

NAME, NUMBER, TEXT = "ID", "NUM", "STR"
_LONGEST_NUMBER = 2
_LONGEST_LITERAL = 6
"""A literal of so many characters says something about the program (`"%lld"`, `'\\n'`, 2)."""

_NAMES = frozenset(
    {
        "identifier",
        "type_identifier",
        "field_identifier",
        "namespace_identifier",
        "statement_identifier",
    }
)
_NUMBERS = frozenset({"number_literal", "integer", "float"})
_LITERALS = frozenset({"string_literal", "raw_string_literal", "char_literal", "string"})
_UNPARSED = frozenset({"preproc_arg"})
"""Text that the grammar leaves alone: what a macro stands for."""
_WORD = re.compile(r"\w+|[^\w\s]")
_DECLARING_FIELDS = frozenset({"declarator", "parameter"})
_DECLARING = {
    "cpp": frozenset(
        {
            "reference_declarator",
            "structured_binding_declarator",
            "type_parameter_declaration",
            "preproc_params",
            "lambda_capture_specifier",
        }
    ),
    "python": frozenset(
        {
            "parameters",
            "lambda_parameters",
            "pattern_list",
            "tuple_pattern",
            "list_pattern",
            "list_splat_pattern",
            "dictionary_splat_pattern",
        }
    ),
}
"""Nodes whose names, directly below, are declared there."""
_NAMED = {
    "cpp": frozenset(
        {
            "preproc_def",
            "preproc_function_def",
            "struct_specifier",
            "class_specifier",
            "enum_specifier",
            "enumerator",
            "alias_declaration",
            "namespace_definition",
            "namespace_alias_definition",
        }
    ),
    "python": frozenset(
        {"function_definition", "class_definition", "default_parameter", "named_expression"}
    ),
}
"""Nodes that declare what stands in their field `name`."""
_ASSIGNING = frozenset({"assignment", "for_statement", "for_in_clause"})


def words(code: str, language: Language) -> list[str]:
    """Return the words of a program; comments and layout give none, broken code gives what it can.

    Time and memory are linear in the text.
    """
    source = code.encode("utf-8", "replace")
    cursor = tree(code, language).walk()
    declaring, named = _DECLARING[language], _NAMED[language]
    found: list[tuple[str, str]] = []
    declared: set[str] = set()
    above: list[str] = [""]
    going_down = True
    while True:
        node = cursor.node
        kind = node.type
        if going_down:
            if kind not in _LITERALS and kind != "comment" and cursor.goto_first_child():
                above.append(kind)
                continue
            if kind != "comment" and node.end_byte > node.start_byte:
                text = source[node.start_byte : node.end_byte].decode("utf-8", "replace")
                found.append((kind, text))
                if kind in _NAMES and text not in declared:
                    field, parent = cursor.field_name, above[-1]
                    if (
                        field in _DECLARING_FIELDS
                        or parent in declaring
                        or (field == "name" and parent in named)
                        or (field == "left" and parent in _ASSIGNING)
                    ):
                        declared.add(text)
        if cursor.goto_next_sibling():
            going_down = True
        elif cursor.goto_parent():
            above.pop()
            going_down = False
        else:
            break
    return [word for kind, text in found for word in _words_of(kind, text, declared)]


def _words_of(kind: str, text: str, declared: set[str]) -> tuple[str, ...] | list[str]:
    if kind in _NAMES:
        return (NAME,) if text in declared else (text,)
    if kind in _NUMBERS:
        return (text,) if len(text) <= _LONGEST_NUMBER else (NUMBER,)
    if kind in _LITERALS:
        return (text,) if len(text) <= _LONGEST_LITERAL else (TEXT,)
    if kind in _UNPARSED:
        return [NAME if word in declared else word for word in _WORD.findall(text)]
    return (text.strip(),)
