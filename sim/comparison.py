"""Rules that say whether a program's output is the expected one.

`tokens` (the default) ignores white space, takes integers as integers of any size and decimal
fractions within a tolerance; missing or extra tokens are wrong. `code_contests` is the same in
lower case and with an absolute tolerance of 1e-5. `exact` compares bytes. `pie` is the published
script's rule with its faults, for reproduction only.
"""

from __future__ import annotations

import contextlib
import math
import re
from dataclasses import asdict, dataclass, replace

from sim.errors import InputError
from sim.program import TestCase

TOLERANCE = 1e-6
"""Of decimal fractions where nothing else is asked for, absolute or relative."""

_INTEGER = re.compile(rb"[+-]?[0-9]+\Z")
_DECIMAL = re.compile(rb"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?\Z")


@dataclass(frozen=True)
class SameOutput:
    """A rule with its settings: the output of a test is the expected one."""

    rule: str = "tokens"
    absolute: float = TOLERANCE
    """How far a decimal fraction may be from the expected number; the wider tolerance counts."""
    relative: float = TOLERANCE
    """The same as a part of the expected number."""
    ignore_case: bool = False
    """Compare in lower case (ASCII)."""

    @property
    def key(self) -> object:
        return ["same output", asdict(self)]

    def difference(self, test: TestCase, given: bytes) -> str:
        """Return '' when the output is right, or nothing is expected; else where it differs."""
        if test.expected_path is None:
            return ""
        return self.between(given, test.expected_path.read_bytes())

    def between(self, actual: bytes, expected: bytes) -> str:
        """Return '' when the output is right, else where it first differs."""
        if self.ignore_case:
            actual, expected = actual.lower(), expected.lower()
        if self.rule == "pie":
            return pie(actual, expected)
        if self.rule == "exact":
            return exact(actual, expected)
        return tokens(actual, expected, self.absolute, self.relative)

    def plain(self) -> dict[str, object]:
        """Return rule and settings by name, for keys and manifests."""
        return asdict(self)


RULES: dict[str, SameOutput] = {
    "tokens": SameOutput(),
    # deepmind/code_contests, execution/tester_sandboxer.cc: OutputsMatch. It compares integers as
    # doubles too, so that long ones that differ are equal there; here they are not.
    "code_contests": SameOutput("code_contests", absolute=1e-5, relative=0.0, ignore_case=True),
    "exact": SameOutput("exact", absolute=0.0, relative=0.0),
    "pie": SameOutput("pie", absolute=1e-3, relative=0.0),
}
_TOLERANT = ("tokens", "code_contests")


def named(
    name: str,
    *,
    ignore_case: bool = False,
    absolute: float | None = None,
    relative: float | None = None,
) -> SameOutput:
    """Return a rule by name, with other settings where given; InputError for what cannot be."""
    if name not in RULES:
        raise InputError(f"unknown comparison rule {name!r}", f"choose one of {', '.join(RULES)}")
    chosen = RULES[name]
    for what, value in (("absolute", absolute), ("relative", relative)):
        if value is None:
            continue
        if name not in _TOLERANT:
            raise InputError(
                f"the comparison rule {name!r} takes no {what} tolerance", "compare by tokens"
            )
        if not (0 <= value < math.inf):
            raise InputError(
                f"{value} is no {what} tolerance", "give a number from 0 on, such as 1e-6"
            )
    if ignore_case and name == "pie":
        raise InputError("the comparison rule 'pie' tells upper from lower case", "use tokens")
    return replace(
        chosen,
        ignore_case=chosen.ignore_case or ignore_case,
        absolute=chosen.absolute if absolute is None else absolute,
        relative=chosen.relative if relative is None else relative,
    )


def tokens(
    actual: bytes, expected: bytes, absolute: float = TOLERANCE, relative: float = TOLERANCE
) -> str:
    """Return '' when the outputs agree token by token, else where they first differ."""
    mine, theirs = actual.split(), expected.split()
    if mine == theirs:
        return ""
    for index, (left, right) in enumerate(zip(mine, theirs, strict=False)):
        if left != right and not _same_number(left, right, absolute, relative):
            return f"token {index + 1} is {_show(left)}, expected {_show(right)}"
    if len(mine) != len(theirs):
        return f"{len(mine)} tokens, expected {len(theirs)}"
    return ""


def _same_number(actual: bytes, expected: bytes, absolute: float, relative: float) -> bool:
    if not _DECIMAL.match(actual) or not _DECIMAL.match(expected):
        return False
    expects_integer = bool(_INTEGER.match(expected))
    if expects_integer and _INTEGER.match(actual):
        return _canonical(actual) == _canonical(expected)
    left, right = float(actual), float(expected)
    if not (math.isfinite(left) and math.isfinite(right)):
        return False
    # Where an integer is expected, a fraction must not hide a difference in its last digits.
    room = absolute if expects_integer else max(absolute, relative * abs(right))
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


def _show(token: bytes) -> str:
    text = token[:40].decode("utf-8", "backslashreplace")
    return repr(text + ("..." if len(token) > 40 else ""))
