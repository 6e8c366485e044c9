"""Rules that say whether a program's output is the expected one.

`tokens` (the default) ignores white space, takes integers as integers of any size and decimal
fractions within a tolerance; missing or extra tokens are wrong. `exact` compares bytes. `pie` is
the published script's rule with its faults, for reproduction only.
"""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Callable

from sim.errors import InputError
from sim.program import TestCase

TOLERANCE = 1e-6
"""Absolute or relative, whichever is wider."""

_INTEGER = re.compile(rb"[+-]?[0-9]+\Z")
_DECIMAL = re.compile(rb"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?\Z")


def tokens(actual: bytes, expected: bytes) -> str:
    """Return '' when the outputs agree token by token, else where they first differ."""
    mine, theirs = actual.split(), expected.split()
    if mine == theirs:
        return ""
    for index, (left, right) in enumerate(zip(mine, theirs, strict=False)):
        if left != right and not _same_number(left, right):
            return f"token {index + 1} is {_show(left)}, expected {_show(right)}"
    if len(mine) != len(theirs):
        return f"{len(mine)} tokens, expected {len(theirs)}"
    return ""


def _same_number(actual: bytes, expected: bytes) -> bool:
    if not _DECIMAL.match(actual) or not _DECIMAL.match(expected):
        return False
    expects_integer = bool(_INTEGER.match(expected))
    if expects_integer and _INTEGER.match(actual):
        return _canonical(actual) == _canonical(expected)
    left, right = float(actual), float(expected)
    if not (math.isfinite(left) and math.isfinite(right)):
        return False
    # Where an integer is expected, a fraction must not hide a difference in its last digits.
    room = TOLERANCE if expects_integer else TOLERANCE * max(1.0, abs(right))
    if expects_integer and abs(right) >= 2**53:
        return False
    return abs(left - right) <= room


def _canonical(integer: bytes) -> bytes:
    """Return sign and digits without leading zeros, of any length (int() has a limit)."""
    digits = integer.lstrip(b"+-").lstrip(b"0") or b"0"
    return b"-" + digits if integer.startswith(b"-") and digits != b"0" else digits


def one_form(output: bytes) -> bytes:
    """Return an output's tokens, one space between, so that equal ones can be found by digest.

    Integers lose leading zeros; decimal fractions keep five digits, or become the integer that
    they are within the tolerance. Outputs that `tokens` takes for equal have one form, but for
    fractions on both sides of a rounding's edge.
    """
    return b" ".join(_form(token) for token in output.split())


def _form(token: bytes) -> bytes:
    if token[0] not in b"+-.0123456789":
        return token
    if _INTEGER.match(token):
        return _canonical(token)
    if not _DECIMAL.match(token) or not math.isfinite(value := float(token)):
        return token
    if abs(value) < 2**53 and abs(value - round(value)) <= TOLERANCE:
        return b"%d" % round(value)
    return b"%.4e" % value


def exact(actual: bytes, expected: bytes) -> str:
    """Return '' when the outputs are the same bytes, else where they first differ."""
    if actual == expected:
        return ""
    shorter = min(len(actual), len(expected))
    at = next((i for i in range(shorter) if actual[i] != expected[i]), shorter)
    return f"byte {at + 1} differs ({len(actual)} bytes, expected {len(expected)})"


def pie(actual: bytes, expected: bytes) -> str:
    """Return '' when PIE's script (pie/benchmarking.py:40-51) would give accuracy 1.0.

    Its faults are kept: extra lines are free, integers are compared as floats within 1e-3, a line
    with other spacing at its inner ends is wrong, and an empty expected output is never met.
    """
    mine = actual.decode("utf-8", "replace").strip().split("\n")
    text = expected.decode("utf-8", "replace").strip()
    if not text:
        return "the expected output is empty, which PIE's rule never accepts"
    theirs = text.split("\n")
    correct = 0
    for left, right in zip(mine, theirs, strict=False):
        if left == right:
            correct += 1
            continue
        with contextlib.suppress(ValueError):
            correct += abs(float(left) - float(right)) < 1e-3
    return "" if correct == len(theirs) else f"{correct} of {len(theirs)} lines agree"


RULES: dict[str, Callable[[bytes, bytes], str]] = {"tokens": tokens, "exact": exact, "pie": pie}


def rule(name: str) -> Callable[[bytes, bytes], str]:
    """Return a comparison rule by name; InputError names the known ones."""
    if name not in RULES:
        raise InputError(f"unknown comparison rule {name!r}", f"choose one of {', '.join(RULES)}")
    return RULES[name]


def difference(test: TestCase, given: bytes, rule_name: str) -> str:
    """Return '' where a run gave what its test expects, else what differs.

    By the test's own comparison, else by the rule. MachineFailure where a checker breaks down.
    """
    if test.comparison is not None:
        return test.comparison.difference(test, given)
    if test.expected_path is None:
        return ""
    return rule(rule_name)(given, test.expected_path.read_bytes())


def _show(token: bytes) -> str:
    text = token[:40].decode("utf-8", "backslashreplace")
    return repr(text + ("..." if len(token) > 40 else ""))
