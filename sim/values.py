"""Plain values of Python as bytes: what a call is given, and what it gave back.

The form is that of CPython's `marshal`, version 2, which is the same from Python 3.0 on. A guest
writes it in C, with a few instructions for each element, and for exact builtin types alone. Reading
`marshal` of a stranger is unsafe, so `decode` reads it itself, within bounds, and makes nothing but
plain values.
"""

from __future__ import annotations

import marshal
import struct
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sim.errors import InputError

MOST_NESTED = 200
"""So deeply may lists lie in lists."""
_VERSION = 2
MOST_COLLIDING = 1000
"""So many different elements of a set, or keys, may have one hash: more take quadratic time."""
_DIGIT_BITS = 15
_SINGLES: dict[bytes, object] = {b"N": None, b"T": True, b"F": False, b".": Ellipsis}
_SEQUENCES: dict[bytes, type] = {b"(": tuple, b"[": list, b"<": set, b">": frozenset}


class Unreadable(ValueError):
    """Bytes that are no plain value."""


def encode(value: Any) -> bytes:
    """Return a plain value as bytes: None, numbers, texts, bytes, lists, tuples, sets, dicts.

    InputError for anything else, and for what is nested more deeply than `MOST_NESTED`.
    """
    try:
        written = marshal.dumps(value, _VERSION)
        decode(written)
    except ValueError as error:  # what marshal writes and we do not read, too: code, buffers
        raise InputError(
            f"a value of a test is no plain value ({error})",
            "use numbers, texts, lists, tuples, sets and dictionaries",
        ) from error
    return written


@dataclass
class _Open:
    """A collection under way."""

    kind: bytes
    missing: int
    """Elements to come; -1: until the end mark."""
    elements: list[Any] = field(default_factory=list)


def decode(data: bytes) -> Any:
    """Return the value of bytes that a guest wrote; Unreadable for all that is no plain value."""
    reader = _Reader(data)
    above: list[_Open] = []
    while True:
        kind = reader.take(1)
        done: Any
        if kind in _SEQUENCES or kind == b"{":
            if len(above) == MOST_NESTED:
                raise Unreadable(f"a value nested more than {MOST_NESTED} times")
            above.append(_Open(kind, -1 if kind == b"{" else reader.length()))
            if above[-1].missing:
                continue
            done = _closed(above.pop())
        elif kind == b"0" and above and above[-1].kind == b"{":
            done = _closed(above.pop())
        else:
            done = reader.single(kind)
        while above:
            above[-1].elements.append(done)
            above[-1].missing -= 1
            if above[-1].missing:
                break
            done = _closed(above.pop())
        if not above:
            if reader.rest:
                raise Unreadable("something behind the value")
            return done


def _closed(one: _Open) -> Any:
    try:
        if one.kind == b"{":
            if len(one.elements) % 2:
                raise Unreadable("a key without a value")
            keys = one.elements[::2]
            _refuse_collisions(keys)
            return dict(zip(keys, one.elements[1::2], strict=True))
        return collected(_SEQUENCES[one.kind], one.elements)
    except TypeError as error:
        raise Unreadable("a key that cannot be one") from error


def collected(kind: type, elements: Iterable[Any]) -> Any:
    """Return elements as a collection. TypeError for a set of what has no hash.

    Unreadable for a set whose elements were chosen to have one hash. Ours is the process that would
    look at each for each.
    """
    elements = list(elements)
    if kind in (set, frozenset):
        _refuse_collisions(elements)
    return kind(elements)


def _refuse_collisions(elements: list[Any]) -> None:
    if len(elements) <= MOST_COLLIDING:
        return
    # Equal elements are one, and found at once: only those that differ are looked at each for each.
    most, times = Counter(map(hash, elements)).most_common(1)[0]
    if times > MOST_COLLIDING:
        same = [one for one in elements if hash(one) == most]
        if any(one != same[0] for one in same):
            raise Unreadable("a set or dictionary whose elements all have one hash")


class _Reader:
    """Reads the parts that hold no others."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def rest(self) -> int:
        return len(self._data) - self._at

    def take(self, count: int) -> bytes:
        if count > self.rest:
            raise Unreadable("a value that ends early")
        self._at += count
        return self._data[self._at - count : self._at]

    def length(self) -> int:
        """Return a number of elements or bytes; each of them takes a byte at least."""
        length: int = self._number("<i", 4)
        if not 0 <= length <= self.rest:
            raise Unreadable("a value that ends early")
        return length

    def _number(self, form: str, size: int) -> Any:
        return struct.unpack(form, self.take(size))[0]

    def single(self, kind: bytes) -> Any:
        if kind in _SINGLES:
            return _SINGLES[kind]
        match kind:
            case b"i":
                return self._number("<i", 4)
            case b"l":
                return self._long()
            case b"g":
                return self._number("<d", 8)
            case b"y":
                return complex(self._number("<d", 8), self._number("<d", 8))
            case b"s":
                return self.take(self.length())
            case b"u":
                try:
                    return self.take(self.length()).decode("utf-8", "surrogatepass")
                except UnicodeDecodeError as error:
                    raise Unreadable("a text that is no Unicode") from error
        raise Unreadable(f"no plain value begins with {kind!r}")

    def _long(self) -> int:
        count = self._number("<i", 4)
        digits = self.take(2 * abs(count))
        value, bits = 0, []
        for (digit,) in struct.iter_unpack("<H", digits):
            if digit >> _DIGIT_BITS:
                raise Unreadable("a number with a digit too large")
            bits.append(f"{digit:015b}")
        value = int("".join(reversed(bits)) or "0", 2)  # a power of two: no limit, linear time
        return -value if count < 0 else value


def parts(value: object) -> Iterator[object]:
    """Yield a plain value's elements: of a dictionary its keys and values."""
    if isinstance(value, dict):
        yield from value.keys()
        yield from value.values()
    elif isinstance(value, list | tuple | set | frozenset):
        yield from value
