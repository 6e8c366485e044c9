"""Where functions lie in an ELF file, by their names."""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator

_TABLES = (2, 11)  # all symbols, and those that are looked up when it is loaded
_ENTRY = struct.Struct("<IBBHQQ")
_EXECUTABLE = 2


def is_placed(image: bytes) -> bool:
    """Tell whether an ELF file says itself at which addresses it is loaded."""
    return len(image) > 18 and struct.unpack_from("<H", image, 16)[0] == _EXECUTABLE


def symbols(image: bytes, names: Collection[str]) -> dict[str, tuple[int, int]]:
    """Return (address, size) of each name that has a symbol; nothing for a file of another kind."""
    wanted = {name.encode(): name for name in names}
    found: dict[str, tuple[int, int]] = {}
    try:
        sections = list(_sections(image))
        for kind, place, size, link in sections:
            if kind not in _TABLES:
                continue
            _kind, start, length, _link = sections[link]
            texts = image[start : start + length]
            for name, _info, _other, section, address, bytes_long in _ENTRY.iter_unpack(
                image[place : place + size]
            ):
                text = texts[name : texts.index(b"\0", name)]
                if section and text in wanted:
                    found.setdefault(wanted[text], (address, bytes_long))
    except (struct.error, IndexError, ValueError):
        return {}
    return found


def _sections(image: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Yield (type, place, size, link) of each section."""
    if image[:6] != b"\x7fELF\x02\x01":
        return
    start = struct.unpack_from("<Q", image, 40)[0]
    size, count = struct.unpack_from("<HH", image, 58)
    for index in range(count):
        at = start + index * size
        kind = struct.unpack_from("<I", image, at + 4)[0]
        place, length, link = struct.unpack_from("<QQI", image, at + 24)
        yield kind, place, length, link
