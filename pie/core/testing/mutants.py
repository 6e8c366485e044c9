"""Broken versions of a program: what tests should notice.

A constant off by one, a comparison that takes in or leaves out its bound, a branch that is never
taken, an array that is too small, an addition that subtracts. They are made in the text, so some do
not compile: these are no mutants.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sim.program import Language, Program, digest_of

_SKIPPED = re.compile(
    r"//[^\n]*|/\*.*?\*/|#[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.DOTALL
)
"""Comments, directives and texts; in Python comments begin with the same sign as directives."""
_NUMBER = re.compile(r"(?<![\w.])[0-9]+(?![\w.])")
_ARRAY = re.compile(r"(?<=\w)\[\s*([0-9]{3,})\s*\]")
_COMPARISON = re.compile(r"(?<=[\w\s)\]])(<=|>=|==|!=|<|>)(?=[\w\s(\-])")
_SUM = re.compile(r"(?<=[\w\s)\]])([+-])(?=[\w\s(])")
_IF = re.compile(r"\bif\s*\(")
_PYTHON_IF = re.compile(r"(?m)^([ \t]*)(if|elif)\b[^\n]*:")
_OTHER = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "+": "-", "-": "+"}
_SMALLER = 50
"""An array becomes so many times smaller."""


@dataclass(frozen=True)
class ProgramMutant:
    """A broken version."""

    program: Program
    kind: str
    line: int
    """Of the change, from 1 on."""


def mutants(program: Program, wanted: int, seed: int) -> list[ProgramMutant]:
    """Return at most `wanted` different broken versions; the same for a seed."""
    found = list(_changes(program))
    draw = random.Random(int(digest_of("mutants", seed, program.digest), 16))
    kinds: dict[str, list[tuple[int, int, str]]] = {}
    for kind, change in found:
        kinds.setdefault(kind, []).append(change)
    for one in kinds.values():
        for at in range(len(one) - 1, 0, -1):
            other = int(draw.random() * (at + 1))
            one[at], one[other] = one[other], one[at]
    made: dict[str, ProgramMutant] = {}
    while len(made) < wanted and any(kinds.values()):
        for kind, changes in kinds.items():  # of each kind in turns
            if not changes or len(made) == wanted:
                continue
            start, end, text = changes.pop()
            source = program.source[:start] + text + program.source[end:]
            if source != program.source:
                line = program.source.count("\n", 0, start) + 1
                other_program = Program(program.language, source, program.entry_point)
                made.setdefault(source, ProgramMutant(other_program, kind, line))
    return list(made.values())


def _changes(program: Program) -> Iterator[tuple[str, tuple[int, int, str]]]:
    """Yield kind and (start, end, new text) of every change that the text has room for."""
    source = program.source
    plain = _SKIPPED.sub(lambda one: re.sub(r"[^\n]", "\0", one[0]), source)
    arrays = {one.start(1): one for one in _ARRAY.finditer(plain)}
    for one in arrays.values():
        smaller = str(max(1, int(one[1]) // _SMALLER))
        yield "smaller array", (one.start(1), one.end(1), smaller)
    for one in _NUMBER.finditer(plain):
        if one.start() not in arrays:
            yield "constant", (one.start(), one.end(), str(int(one[0]) + 1))
            if int(one[0]) > 0:
                yield "constant", (one.start(), one.end(), str(int(one[0]) - 1))
    for pattern, kind in ((_COMPARISON, "comparison"), (_SUM, "sum")):
        for one in pattern.finditer(plain):
            yield kind, (one.start(1), one.end(1), _OTHER[one[1]])
    never: Callable[[str], Iterator[tuple[int, int, str]]]
    never = _python_branches if program.language is Language.PYTHON else _branches
    for change in never(plain):
        yield "branch", change


def _branches(plain: str) -> Iterator[tuple[int, int, str]]:
    """Yield each condition of an `if`, to be false."""
    for one in _IF.finditer(plain):
        depth, at = 1, one.end()
        while at < len(plain) and depth:
            depth += {"(": 1, ")": -1}.get(plain[at], 0)
            at += 1
        if not depth:
            yield one.end(), at - 1, "false"


def _python_branches(plain: str) -> Iterator[tuple[int, int, str]]:
    for one in _PYTHON_IF.finditer(plain):
        yield one.start(), one.end(), f"{one[1]}{one[2]} False:"
