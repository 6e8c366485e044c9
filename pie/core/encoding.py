"""Tells tables in UTF-16, as spreadsheets save them, from broken ones."""

from __future__ import annotations

from pathlib import Path

from pie.core.problem import InputError


def refuse_utf16(path: Path, beginning: bytes) -> None:
    """InputError when a file begins in UTF-16 or UTF-32: with their mark, or each second byte 0."""
    name = ""
    if beginning.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        name = "UTF-32"
    elif beginning.startswith((b"\xff\xfe", b"\xfe\xff")):
        name = "UTF-16"
    elif len(beginning) > 3:
        zero = [byte == 0 for byte in beginning[:4]]
        if zero[0] != zero[1] and zero[:2] == zero[2:]:
            name = "UTF-16BE" if zero[0] else "UTF-16LE"
    if name:
        raise InputError(
            f"{path} is in {name}, and tables are read as UTF-8",
            f"convert it: iconv -f {name} -t UTF-8 {path.name} > utf8{path.suffix}",
        )
