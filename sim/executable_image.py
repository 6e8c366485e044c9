"""How much memory a program takes before its first instruction, by the headers of its file."""

from __future__ import annotations

import struct
from collections.abc import Iterator

_LOADED, _THREAD_LOCAL = 1, 7
_WITHOUT_BYTES = 8
_RELOCATABLE = 1


def static_bytes(image: bytes) -> int:
    """Return the bytes that the loader reserves for an ELF executable's own code and data.

    Thread-local data counts beside them: the first thread has its own copy. Of an object file that
    is not linked yet, only uninitialised data counts. 0 for a file of another kind.
    """
    try:
        if image[:6] != b"\x7fELF\x02\x01":
            return 0
        if struct.unpack_from("<H", image, 16)[0] == _RELOCATABLE:
            return sum(size for kind, size in _sections(image) if kind == _WITHOUT_BYTES)
        wanted = (_LOADED, _THREAD_LOCAL)
        return sum(size for kind, size in _segments(image) if kind in wanted)
    except struct.error:
        return 0


def _segments(image: bytes) -> Iterator[tuple[int, int]]:
    """Yield (type, size in memory) of each segment."""
    start = struct.unpack_from("<Q", image, 32)[0]
    size, count = struct.unpack_from("<HH", image, 54)
    for index in range(count):
        at = start + index * size
        yield (
            struct.unpack_from("<I", image, at)[0],
            struct.unpack_from("<Q", image, at + 40)[0],
        )


def _sections(image: bytes) -> Iterator[tuple[int, int]]:
    """Yield (type, size) of each section."""
    start = struct.unpack_from("<Q", image, 40)[0]
    size, count = struct.unpack_from("<HH", image, 58)
    for index in range(count):
        at = start + index * size
        yield (
            struct.unpack_from("<I", image, at + 4)[0],
            struct.unpack_from("<Q", image, at + 32)[0],
        )
