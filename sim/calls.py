"""Tests that call a function: what the guest is given, what it gives back, and the comparison.

The harness (`sim/guest/harness.py`) reads the request on standard input, calls the entry point and
writes one frame to a descriptor that is not standard output. The program may write there, too: it
knows the protocol. It gains nothing, since the expected value never enters the guest.

A block of assertions does hold expected values, and its program shares a process with it. So a
program that looks for them finds them, and one that forges the count of checks is believed. Use
`sim.assertions` to turn assertions into calls, and a block for what is left alone.
"""

from __future__ import annotations

import marshal
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sim import values
from sim.program import Comparison, TestCase, TestKind, digest_of
from sim.verdict import Verdict

FRAME = b"\nPIE-CALL\n"
"""Begins what the harness writes; then a kind (one byte), the length (8 bytes) and the contents."""
_VALUE, _NOT_PLAIN, _COUNT = b"V", b"N", b"C"
_HEADER = len(FRAME) + 1 + 8

_MOST_PAIRED = 2000
"""Elements in any order that are the same but for a tolerance: each is looked for among all."""

_THROUGH: dict[str, Callable[[Any], Any]] = {
    "set": lambda given: values.collected(set, given),
    "frozenset": lambda given: values.collected(frozenset, given),
    "sorted": sorted,
    "list": list,
    "tuple": tuple,
    "len": len,
}
LINKED_LIST, TREE = "ListNode", "TreeNode"
"""LeetCode's classes, which a program may use without defining them.

As a shape of an argument: the list of its values, a tree level by level with None where a child is
missing. `list[ListNode]` is a list of such. Where one is returned, it is given back as that list.
"""


@dataclass(frozen=True)
class SameValue:
    """The returned value equals the expected one, as `==` has it for plain values.

    Not-a-number equals not-a-number. A value of a class of the program's own equals nothing.
    """

    absolute: float = 0.0
    """Tolerance of a fraction (float, complex), anywhere in the value."""
    relative: float = 0.0
    """The same, in parts of the expected fraction; the wider of both counts."""
    any_sequence: bool = False
    """Lists and tuples of the same elements are equal."""
    any_order: bool = False
    """The elements of the outermost list may come in any order."""
    through: tuple[str, ...] = ()
    """Functions that the value goes through first, in order: set, sorted, list, tuple, len."""

    @property
    def key(self) -> object:
        return ["same value", asdict(self)]

    def difference(self, test: TestCase, given: bytes) -> str:
        assert test.expected_path is not None
        expected = values.decode(test.expected_path.read_bytes())
        value = returned(given)
        try:
            for name in self.through:
                value = _THROUGH[name](value)
        except (TypeError, values.Unreadable):
            return f"it returned {shown(value)}, of which there is no {name}"
        if self.any_order and isinstance(value, list | tuple):
            return self._unordered(value, expected)
        return self.between(value, expected)

    def _unordered(self, value: Sequence[Any], expected: Any) -> str:
        if type(value) is not type(expected) and not self.any_sequence:
            return self.between(value, expected)
        if not isinstance(expected, list | tuple) or len(value) != len(expected):
            return self.between(value, expected)
        value, left = _without_common(value, expected)
        if len(left) > _MOST_PAIRED:
            return f"{len(left)} of the elements that it returned are not expected"
        for one in value:
            place = next((i for i, other in enumerate(left) if self._equal(one, other)), -1)
            if place < 0:
                return f"it returned the element {shown(one)}, which is not expected"
            del left[place]
        return ""

    def between(self, value: Any, expected: Any) -> str:
        """Return '' where the values are equal, else what differs."""
        if self._equal(value, expected):
            return ""
        return f"it returned {shown(value)}, expected {shown(expected)}"

    def _equal(self, value: Any, expected: Any) -> bool:
        if isinstance(value, list | tuple) and isinstance(expected, list | tuple):
            alike = self.any_sequence or type(value) is type(expected)
            return alike and len(value) == len(expected) and all(map(self._equal, value, expected))
        if isinstance(value, dict) and isinstance(expected, dict):
            return value.keys() == expected.keys() and all(
                self._equal(one, expected[name]) for name, one in value.items()
            )
        if isinstance(value, int | float | complex) and isinstance(expected, int | float | complex):
            return self._same_number(value, expected)
        return bool(value == expected)

    def _same_number(self, value: complex, expected: complex) -> bool:
        if value == expected:
            return True
        if not (isinstance(value, float | complex) or isinstance(expected, float | complex)):
            return False  # whole numbers have no tolerance
        try:
            if value != value and expected != expected:
                return True
            apart, size = abs(value - expected), abs(expected)
        except OverflowError:
            return False
        return math.isfinite(apart) and apart <= max(self.absolute, self.relative * size)


def _without_common(value: Sequence[Any], expected: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """Return two lists of elements without those that both have, to the byte."""
    keys = [[_written(one) for one in side] for side in (value, expected)]
    common = Counter(keys[0]) & Counter(keys[1])
    rest = []
    for side, names in zip((value, expected), keys, strict=True):
        left, taken = [], Counter(common)
        for one, name in zip(side, names, strict=True):
            taken[name] -= 1
            if taken[name] < 0:
                left.append(one)
        rest.append(left)
    return rest[0], rest[1]


def _written(value: Any) -> bytes:
    """Return the bytes of a plain value: the same for values that are the same in each part."""
    return marshal.dumps(value, 2)


@dataclass(frozen=True)
class AllChecks:
    """Each check of a block ran and held: their number is the expected one.

    Where only a least number is known, it is expected with a minus; one is enough where none is.
    """

    @property
    def key(self) -> object:
        return ["all checks"]

    def difference(self, test: TestCase, given: bytes) -> str:
        counts = returned(given)
        if not (isinstance(counts, tuple) and [type(one) for one in counts] == [int, int]):
            return "it gave no count of checks"
        held, failed = counts
        expected = 0
        if test.expected_path is not None:
            expected = values.decode(test.expected_path.read_bytes())
        if failed:
            return f"{shown(failed)} of {shown(held + failed)} checks failed"
        if expected > 0 and held != expected:
            return f"{shown(held)} checks ran, expected {expected}"
        if held < -expected:
            return f"{shown(held)} checks ran, expected {-expected} at least"
        return "" if held > 0 else "no check ran"


def call_test(
    name: str,
    folder: Path,
    arguments: Sequence[object],
    expected: object,
    *,
    keywords: Mapping[str, object] | None = None,
    shapes: Sequence[str] = (),
    returns: str = "",
    comparison: Comparison | None = None,
) -> TestCase:
    """Write a call's request and expected value below a folder, by digest; return the test.

    `shapes` names what positional arguments become in the guest (`LINKED_LIST`, `TREE`; empty: as
    they are). `returns` is the shape of the result: `ListNode` and `TreeNode` make None an empty
    list, `list` makes a list of any iterable, `bool` tells whether the value counts as true, and
    `argument K` takes argument K after the call, as it was changed in place, instead of the result.
    InputError for what is no plain value.
    """
    request = values.encode(("call", list(arguments), dict(keywords or {}), list(shapes), returns))
    given, given_digest = _kept(folder, request)
    wanted, wanted_digest = _kept(folder, values.encode(expected))
    return TestCase(
        name, given, wanted, given_digest, wanted_digest, TestKind.CALL, comparison or SameValue()
    )


def block_test(name: str, folder: Path, text: str, checks: int = 0) -> TestCase:
    """Write a block of assertions below a folder; return the test.

    It runs in the guest after the program, in the same module, with the entry point as `candidate`,
    too. Each `assert` is a check; `checks` of them must run and hold. 0: `sim.assertions` counts
    those that run exactly once, and one at least must run. InputError where it is no Python.
    """
    from sim import assertions

    block = assertions.counted(text)
    given, given_digest = _kept(folder, values.encode(("block", block.text)))
    known = -block.checks if block.more else block.checks
    wanted, wanted_digest = _kept(folder, values.encode(checks or known))
    return TestCase(name, given, wanted, given_digest, wanted_digest, TestKind.BLOCK, AllChecks())


def _kept(folder: Path, data: bytes) -> tuple[Path, str]:
    digest = digest_of(data.hex())
    path = folder / digest
    if not path.is_file() or path.stat().st_size != len(data):
        folder.mkdir(parents=True, exist_ok=True)
        scratch = folder / f".{digest}.{id(data)}"
        scratch.write_bytes(data)
        scratch.replace(path)
    return path, digest


def returned(given: bytes) -> Any:
    """Return the value that a call gave back; `values.Unreadable` unless `problem` is None."""
    return values.decode(given[_HEADER:])


def problem(given: bytes) -> tuple[Verdict, str] | None:
    """Return (verdict, why) where a call that ended well gave no value; None: it gave one."""
    if not given:
        return Verdict.RUNTIME_ERROR, "it ended the process before the call returned"
    length = int.from_bytes(given[len(FRAME) + 1 : _HEADER], "little")
    kind = given[len(FRAME) : len(FRAME) + 1]
    if not given.startswith(FRAME) or kind not in (_VALUE, _NOT_PLAIN, _COUNT):
        return Verdict.TAMPERING, "it wrote to the harness's own descriptor"
    if len(given) > _HEADER + length:
        return Verdict.TAMPERING, "it wrote to the harness's own descriptor, more than one answer"
    if len(given) < _HEADER + length:
        return Verdict.RUNTIME_ERROR, "it ended the process before the call returned"
    if kind == _NOT_PLAIN:
        text = given[_HEADER:].decode("utf-8", "replace")
        return Verdict.WRONG_ANSWER, f"it returned {_clean(text)}, which is no plain value"
    try:
        returned(given)
    except values.Unreadable as error:
        return Verdict.WRONG_ANSWER, f"what it returned cannot be read: {error}"
    return None


def _clean(text: str) -> str:
    from sim.last_words import clean, shortened

    return shortened(clean(text.replace("\n", " ")))


def shown(value: object) -> str:
    """Return a value as text, on one line and not too long."""
    try:
        return _clean(repr(value))
    except ValueError:  # a number of too many digits to be written in decimals
        return f"a value of type {type(value).__name__} with very long numbers"
