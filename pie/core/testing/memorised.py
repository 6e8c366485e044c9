"""Whether an answer that differs knows its tests: expected outputs as literals, shrunk constants.

The text alone proves nothing: an honest table holds many numbers. It names the reason of a
difference that was seen, so nobody is accused who does what the source does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_LITERAL = re.compile(
    rb'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|(?<![\w.])(?:0[xX][0-9a-fA-F\']+|[0-9][0-9\']*(?:\.[0-9]+)?(?:[eE]\+?[0-9]+)?)'
)
_COMMENT = re.compile(rb"//[^\n]*|/\*.*?\*/|(?m:^[ \t]*#[ \t]*include[^\n]*)", re.DOTALL)
_TELLING = 3
"""Characters from which on a token of an output is no coincidence."""
_LEAST_SHRUNK = 64
"""A constant below this is no bound of a problem."""


def literals(source: str) -> list[bytes]:
    """Return the values of a program's literals: texts without quotes, numbers as digits."""
    text = _COMMENT.sub(b" ", source.encode("utf-8", "replace"))
    found = []
    for literal in _LITERAL.findall(text):
        if literal[:1] in (b'"', b"'"):
            found.append(literal[1:-1].replace(b"\\n", b"\n"))
        else:
            found.append(literal.replace(b"'", b""))
    return found


def reason(answer: str, source: str, tests: Sequence[tuple[bytes, bytes]]) -> str:
    """Return how an answer that differs knows its tests, (input, expected output) each; else ''.

    `tests` are those that the answer was judged on.
    """
    mine, theirs = literals(answer), set(literals(source))
    own = {token for one in mine if one not in theirs for token in (one, *one.split())}
    outputs = [_telling(expected) for _given, expected in tests]
    known = sum(bool(one) and len(one & own) * 2 >= len(one) for one in outputs)
    if known and 2 * known >= sum(map(bool, outputs)):
        return f"it holds the expected output of {known} of {len(tests)} tests as literals"
    inputs = [_telling(given) - _telling(expected) for given, expected in tests]
    asked = sum(bool(one & own) for one in inputs)
    short = [expected.strip() for _given, expected in tests]
    if asked and asked * 2 >= len(tests) and len(own & set(short)) * 2 >= len(set(short)):
        return f"it asks for the inputs of {asked} of {len(tests)} tests and holds their outputs"
    if shrunk := shrunk_constant(answer, source):
        return f"a constant of its source, {shrunk[0]}, has become {shrunk[1]}"
    table = sum(one in own for one in short)
    if len(short) > 1 and table == len(short) and len(mine) >= len(theirs) + len(set(short)) - 1:
        return f"it holds the expected outputs of all {len(tests)} tests as literals"
    return ""


def _telling(text: bytes) -> set[bytes]:
    """Return the tokens of a text that no program holds by chance."""
    return {one for one in text.split() if len(one) >= _TELLING}


def shrunk_constant(answer: str, source: str) -> tuple[int, int] | None:
    """Return a large constant of the source and the smaller one that the answer has in its place.

    The answer has lost the source's largest constants, and what it has of its own is smaller.
    """
    before, after = _constants(source), _constants(answer)
    lost = sorted(before - after, reverse=True)
    gained = sorted(after - before, reverse=True)
    if not lost or lost[0] < _LEAST_SHRUNK:
        return None
    smaller = [one for one in gained if one < lost[0]]
    if not smaller or (gained and gained[0] > lost[0]):
        return None
    return lost[0], smaller[0]


def _constants(source: str) -> set[int]:
    found = set()
    for one in literals(source):
        text = one.decode("latin-1")
        try:
            value = (
                int(text, 0)
                if not text.startswith("0") or text[:2].lower() == "0x"
                else int(
                    text,
                    8 if text.isdigit() and len(text) > 1 and set(text) <= set("01234567") else 10,
                )
            )
        except ValueError:
            try:
                number = float(text)
            except ValueError:
                continue
            if not number.is_integer() or abs(number) > 1e18:
                continue
            value = int(number)
        found.add(value)
    return found
