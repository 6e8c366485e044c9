"""Which of an answer's complete programs is meant.

The last one that reads input and prints, for so do the programs of this toolkit; else the last one
that reads input. Without one, the last that uses no name which it lacks. Behind these stand
snippets: a usage, a piece of the old code. A block that is headed "Original:" is the old program.
Definitions in one block and the code that reads input and calls them in another are one program.
A program that reads input and forgot an import is still the answer: it fails, as it should.
"""

from __future__ import annotations

import ast
import builtins
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

from sim.program import Language

_READS = {
    Language.CPP: re.compile(
        r"\b(?:cin|w?scanf|getchar(?:_unlocked)?|getc(?:_unlocked)?|fgetc|gets|fgets|getline|getwchar"
        r"|fread(?:_unlocked)?|read|readv|pread|mmap|stdin|STDIN_FILENO|[iw]fstream|freopen)\b"
    ),
    Language.PYTHON: re.compile(
        r"\b(?:input|raw_input|stdin|fileinput|__stdin__|open|os\.read|genfromtxt|loadtxt|fromfile)\b"
    ),
}
_PRINTS = re.compile(r"\b(?:print|pprint|write|writelines|stdout|__stdout__|savetxt)\b")
_COMMENTS = {
    Language.CPP: re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL),
    Language.PYTHON: re.compile(r"#[^\n]*"),
}
_INCLUDES = re.compile(r"^[ \t]*(?:#[ \t]*include\b|import[ \t]+[<\"\w])", re.MULTILINE)
_OLD = re.compile(
    r"\W*(?:(?:here(?:'s| is)|this (?:is|was)|for (?:comparison|reference),?|and|the|your|in|with)"
    r"\s+)*"
    r"(?:original|old|older|before|previous|previously|slow|slower|naive|unoptimi[sz]ed)\b",
    re.IGNORECASE,
)
_NEW = re.compile(
    r"\b(?:optimi[sz]ed|faster|fast|improved?|new|after|better|efficient|final|now)\b",
    re.IGNORECASE,
)
_LONGEST_HEADING = 80
_MOST_BLOCKS = 32
"""Blocks of an answer that are looked at, the last ones."""
_BUILTINS = frozenset(dir(builtins)) | {
    "__file__", "raw_input", "xrange", "unicode", "long", "unichr", "reduce", "basestring",
    "WindowsError", "exit", "quit", "copyright", "credits", "license",
}  # fmt: skip


@dataclass(frozen=True)
class Candidate:
    """A complete program of an answer, and the line of prose above it."""

    text: str
    heading: str = ""


@dataclass(frozen=True)
class _Names:
    """The functions and classes of a Python text, and the names that it uses without binding."""

    functions: frozenset[str]
    missing: frozenset[str]


def choose(candidates: Sequence[Candidate], language: Language) -> str:
    """Return the program that is meant, of one or more in the order of the answer."""
    if len(candidates) == 1:
        return candidates[0].text
    if len(candidates) > _MOST_BLOCKS:
        candidates = candidates[-_MOST_BLOCKS:]
    readings = _python(candidates) if language is Language.PYTHON else _cpp(candidates)
    ranked = [
        # An old program is better than a snippet, and worse than any other program of its rank.
        (rank, not _is_old(candidate, language), place, text)
        for place, (candidate, (rank, text)) in enumerate(zip(candidates, readings, strict=True))
    ]
    return max(ranked)[-1]


def _cpp(candidates: Sequence[Candidate]) -> list[tuple[int, str]]:
    """Return rank and text of each program: 1 includes headers and reads input, 0 does not."""
    return [
        (int(bool(_INCLUDES.search(one.text)) and _reads(one.text, Language.CPP)), one.text)
        for one in candidates
    ]


def _python(candidates: Sequence[Candidate]) -> list[tuple[int, str]]:
    """Return rank and text of each program: 3 reads input and prints, 2 reads input, 1 lacks no
    name, 0 is a snippet, -1 calls what an earlier block defines.

    A block that reads input and needs definitions of earlier ones is read with those in front. An
    earlier block that reads input itself is a program of its own: what calls it is its usage.
    """
    names = [_names(one.text) for one in candidates]
    reads = [_reads(one.text, Language.PYTHON) for one in candidates]
    readings: list[tuple[int, str]] = []
    for place, (candidate, own) in enumerate(zip(candidates, names, strict=True)):
        missing = set(own.missing) if own else set()
        if not reads[place]:
            called = any(other and missing & other.functions for other in names[:place])
            readings.append((1 if not missing else -1 if called else 0, candidate.text))
            continue
        needed, usage = {place}, False
        for earlier in range(place - 1, -1, -1):
            other = names[earlier]
            if other is None or missing.isdisjoint(other.functions):
                continue
            if reads[earlier]:
                usage = True
                break
            needed.add(earlier)
            missing = (missing - other.functions) | other.missing
        parts = [candidates[number].text.rstrip("\n") + "\n" for number in sorted(needed)]
        text = candidate.text if usage or len(needed) == 1 else "\n".join(parts)
        rank = 3 if _says(text, Language.PYTHON, _PRINTS) else 2
        readings.append((0 if usage else rank, text))
    return readings


def _reads(text: str, language: Language) -> bool:
    """Whether a program reads its standard input, as far as its words tell."""
    return _says(text, language, _READS[language])


def _says(text: str, language: Language, words: re.Pattern[str]) -> bool:
    """Whether a program's code has one of these words."""
    tree = _parsed(text) if language is Language.PYTHON else None
    if tree is not None:  # words in its texts and comments read nothing
        return any(words.search(_words(node)) for node in ast.walk(tree))
    return words.search(_COMMENTS[language].sub(" ", text)) is not None


def _words(node: ast.AST) -> str:
    """Return what could read input in a node, without the nodes below it."""
    match node:
        case ast.Name(id=name, ctx=ast.Load()) | ast.alias(name=name):
            return name
        case ast.Attribute(value=ast.Name(id=name), attr=attribute):
            return f"{name}.{attribute}"
        case ast.Attribute(attr=attribute):
            return attribute
        case ast.ImportFrom(module="sys", names=names):
            return " ".join(alias.name for alias in names)
    return ""


def _is_old(candidate: Candidate, language: Language) -> bool:
    lines = [candidate.heading]
    comment = re.match(r"\s*(?:#|//|/\*|\"\"\")([^\n]*)", candidate.text)
    if comment and not candidate.text.lstrip().startswith(("#include", "#define", "#pragma")):
        lines.append(comment[1])
    return any(
        len(line) <= _LONGEST_HEADING and _OLD.match(line) and not _NEW.search(line)
        for line in lines
    )


def returns_outside(text: str) -> bool:
    """Whether a Python text returns outside of a function: it is the body of one."""
    nodes: list[ast.AST] = [tree] if (tree := _parsed(text)) else []
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.Return):
            return True
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            nodes.extend(ast.iter_child_nodes(node))
    return False


def _parsed(text: str) -> ast.Module | None:
    """Return the syntax tree of a text; None where this Python cannot read it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _names(text: str) -> _Names | None:
    """Return the names of a text; None where this Python cannot read it, or cannot tell."""
    tree = _parsed(text)
    if tree is None:
        return None
    bound: set[str] = set()
    used: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.alias):
            if node.name == "*":
                return None
            bound.add(node.asname or node.name.partition(".")[0])
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            bound.add(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            bound.add(node.rest)
    if {"exec", "globals", "locals"} & used:
        return None
    functions = {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }
    return _Names(frozenset(functions), frozenset(used - bound - _BUILTINS))
