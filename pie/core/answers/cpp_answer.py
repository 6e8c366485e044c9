"""The C++ programs in a text of prose and code, by the syntax tree of tree-sitter.

A complete program is a stretch of top-level code that holds one `main` whose body is closed. At
the top level tree-sitter reads nearly all code without an error, and prose nearly never: among
490 programs of people one was not read as code all through.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Any

from pie.core.answers.answer_program import AnswerProgram, AnswerPrograms
from retrieval.syntax import tree

_DIRECTIVE = re.compile(rb"\s*#\s*(?:pragma|undef|error|warning|line|import|include_next|ident)\b")
_CODE_LINE = re.compile(
    rb"^[ \t]*(?:#[ \t]*(?:include|import|define|pragma|if|ifdef|ifndef|undef)\b|//|/\*"
    rb"|using\s+(?:namespace\s+[\w:]+\s*;|[\w:]+\s*=)|template\s*<|typedef\s[^\n]*;"
    rb"|(?:namespace|struct|class)\s+\w+\s*[;:{\n])",
    re.MULTILINE,
)
"""A line that is code and not prose, whatever the parser made of it and its neighbours."""
_MACRO = re.compile(
    rb"^[ \t]*#[ \t]*define[ \t]+(?P<name>\w+)(?P<parameters>\([^)\n]*\))?"
    rb"(?P<replacement>(?:[^\n\\]|\\\n?)*+)",
    re.MULTILINE,
)
_NO_CODE = re.compile(rb'"(?:[^"\\\n]|\\.)*"|//.*|/\*.*?\*/')
_MOST_MACROS = 256
"""Macros beyond which none is looked at: each costs a search of the text."""
_LAST_LINE = re.compile(rb"^[^\n]*(?:[;}]|(?<=\s)\w+|^\w+)[ \t]*$", re.MULTILINE)
"""A line that can be a program's last: it ends as code does, or is the name of a macro."""
_CONDITIONALS = frozenset({"preproc_if", "preproc_ifdef", "preproc_else", "preproc_elif"})
_BEGINNINGS = frozenset({"preproc_include", "using_declaration"})
"""What a program begins with, when another one stands before it."""


def cpp_programs(text: str) -> AnswerPrograms:
    """Return the complete C++ programs of a text."""
    source = text.encode("utf-8", "replace")
    children = tree(text, "cpp").children
    spans = [span for stretch in _stretches(children) for span in _programs(stretch)]
    if not spans:
        made = _by_braces(source, children)
        return made if made.complete else _by_macros(source, children) or made
    found = []
    earlier = 0
    for number, (begin, end) in enumerate(spans):
        # What the parser could not read may hold lines of the program beside prose.
        line = _CODE_LINE.search(source, earlier, begin)
        begin = line.start() if line else begin
        if number + 1 == len(spans) and _is_more_code(source[end:]):
            end = len(source)  # the parser lost its way within the program
        found.append(_program(source, begin, end))
        earlier = end
    return AnswerPrograms(tuple(found))


def begins_cpp(line: str, rest: str) -> bool:
    """Whether what stands beside a fence is the first line of the program below, or all of it.

    It is not if it is the name of a file, an attribute (`title="main.cpp"`) or a comment.
    """
    both = f"{line}\n{rest}"
    found = cpp_programs(both).complete
    if len(found) != 1 or not found[0].whole:
        return False
    if not cpp_programs(rest).complete:
        return True
    if tree(both, "cpp").has_error:
        return False
    alone = tree(line + "\n", "cpp")
    if all(node.type == "comment" for node in alone.children):
        return False
    directive = _CODE_LINE.match(line.encode("utf-8", "replace"))
    begun = directive is not None or line.endswith(("{", "(", ",", ";", ")"))
    return begun or not alone.has_error or bool(tree(rest, "cpp").has_error)


def _is_more_code(rest: bytes) -> bool:
    """Whether a text after a program belongs to it: it begins and ends as lines of code do."""
    lines = rest.strip().splitlines() or [b""]
    return lines[0].rstrip().endswith((b"{", b"}", b";", b")")) and lines[-1].endswith((b"}", b";"))


def _program(source: bytes, begin: int, end: int) -> AnswerProgram:
    if not source[:begin].strip() and not source[end:].strip():
        return AnswerProgram(source.decode(), whole=True)
    code = source[begin:end].decode()
    return AnswerProgram(code if code.endswith("\n") else code + "\n", whole=False)


def _stretches(children: Sequence[Any]) -> Iterator[list[Any]]:
    """Yield the runs of neighbouring top-level nodes that are code."""
    stretch: list[Any] = []
    for node in children:
        if _is_code(node):
            stretch.append(node)
        elif stretch:
            yield stretch
            stretch = []
    if stretch:
        yield stretch


def _is_code(node: Any) -> bool:
    if node.type == "ERROR":
        return False
    if node.type == "preproc_call":  # "# a heading" is read as a directive
        return _DIRECTIVE.match(node.text) is not None
    if node.type in ("declaration", "expression_statement", "labeled_statement"):
        return not node.has_error
    return True


def _programs(stretch: list[Any]) -> Iterator[tuple[int, int]]:
    """Yield (begin, end) of each program in a stretch of code."""
    mains = [at for at, node in enumerate(stretch) if _main_in(node) is not None]
    begin = 0
    for number, at in enumerate(mains):
        last = len(stretch)
        if number + 1 < len(mains):
            # Another program follows: it begins with its first include, or else after this main.
            after = range(at + 1, mains[number + 1])
            last = next((k for k in after if stretch[k].type in _BEGINNINGS), at + 1)
        yield _begin_of(stretch[begin]), stretch[last - 1].end_byte
        begin = last


def _begin_of(node: Any) -> int:
    """Return where a node's code begins: prose in front of it may be read as its first words."""
    body = node.child_by_field_name("declarator")
    prose = [
        one.end_byte
        for one in node.children
        if one.type == "ERROR" and body is not None and one.end_byte <= body.start_byte
    ]
    if not prose:
        return int(node.start_byte)
    # The error ends before the newline that ends the prose's line.
    text = bytes(node.text)
    line = text.rfind(b"\n", 0, body.start_byte - node.start_byte) + 1
    return max(int(node.start_byte) + line, 0) if line else prose[-1]


def _main_in(node: Any) -> Any | None:
    """Return the complete definition of `main` that a top-level node is or holds."""
    if node.type in _CONDITIONALS:
        return next((one for child in node.children if (one := _main_in(child))), None)
    if node.type != "function_definition":
        return None
    body, named = node.child_by_field_name("body"), node.child_by_field_name("declarator")
    while named is not None and named.type != "identifier":
        named = named.child_by_field_name("declarator")
    if named is None or named.text != b"main" or body is None:
        return None
    if body.type == "try_statement":
        return node
    last = body.children[-1] if body.children else None
    return node if last is not None and last.type == "}" and not last.is_missing else None


def _by_braces(source: bytes, children: Sequence[Any]) -> AnswerPrograms:
    """Find a program that the parser gave up on: from its first line of code to main's brace."""
    depth, state, begun = 0, "", False
    for kind, begin, end in _leaves(children):
        if depth == 0 and source[begin:end] == b"main":
            state, at_main = "main", begin
        elif state == "main":
            state = "open" if kind == "(" else ""
            begun = begun or state == "open"
        elif kind == "{":
            depth += 1
        elif kind == "}":
            depth = max(0, depth - 1)
            if depth == 0 and state == "open":
                line = _CODE_LINE.search(source, 0, at_main)
                start = line.start() if line else source.rfind(b"\n", 0, at_main) + 1
                end = len(source) if _is_more_code(source[end:]) else end
                return AnswerPrograms((_program(source, start, end),))
        elif kind == ";" and depth == 0 and state == "open":
            state = ""  # a declaration, or prose about main()
    return AnswerPrograms(begun=begun and b"{" in source)


def _by_macros(source: bytes, children: Sequence[Any]) -> AnswerPrograms | None:
    """Find a program whose `main` a macro makes; None where no macro does."""
    code = _without_comments(source, children)
    macros = itertools.islice(_MACRO.finditer(code), _MOST_MACROS)
    if not any(_makes_main(macro, code) for macro in macros):
        return None
    first = _CODE_LINE.search(source)
    start = first.start() if first else 0
    last = start
    for line in _LAST_LINE.finditer(code, start):
        last = line.end()
    return AnswerPrograms((_program(source, start, last),)) if last > start else None


def _makes_main(macro: re.Match[bytes], code: bytes) -> bool:
    """Whether a macro, used below its definition, stands for `main` or for a part of it."""
    name, replacement = macro["name"], _NO_CODE.sub(b"", macro["replacement"])
    used = re.compile(rb"(?<![\w#])" + re.escape(name) + rb"\b", re.ASCII)
    if re.search(rb"\bmain\b", replacement):
        return used.search(code, macro.end()) is not None
    if not macro["parameters"]:
        return False
    call = re.compile(used.pattern + rb"\s*\(([\w\s,]{1,80})\)", re.ASCII)
    for made in call.finditer(code, macro.end()):
        arguments = [part.strip() for part in made[1].split(b",")]
        if b"main" in arguments or (b"##" in replacement and b"".join(arguments) == b"main"):
            return True
    return False


def _without_comments(source: bytes, children: Sequence[Any]) -> bytes:
    """Blank comments and literals, whose words mean nothing; every byte keeps its place."""
    code = bytearray(source)
    stack = list(children)
    while stack:
        node = stack.pop()
        if node.type in ("comment", "string_literal", "char_literal"):
            text = source[node.start_byte : node.end_byte]
            code[node.start_byte : node.end_byte] = re.sub(rb"[^\n]", b" ", text)
        else:
            stack.extend(node.children)
    return bytes(code)


def _leaves(nodes: Sequence[Any]) -> Iterator[tuple[str, int, int]]:
    """Yield (kind, begin, end) of the tokens; comments and literals are whole."""
    for top in nodes:
        cursor = top.walk()
        down = True
        while True:
            node = cursor.node
            literal = node.type in ("comment", "string_literal", "char_literal")
            if down and not literal and cursor.goto_first_child():
                continue
            if down and node.end_byte > node.start_byte:
                yield node.type, node.start_byte, node.end_byte
            if cursor.goto_next_sibling():
                down = True
            elif cursor.goto_parent():
                down = False
            else:
                break
