"""Tells tables in UTF-16, as spreadsheets save them, from broken ones."""

from __future__ import annotations

from pathlib import Path

from pie.core.problem import InputError


def refuse_utf16(path: Path, beginning: bytes) -> None:
    """InputError when a file begins as UTF-16 or UTF-32 does: with their mark, or a NUL of two."""
    name = ""
    if beginning.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        name = "UTF-32"
    elif beginning.startswith((b"\xff\xfe", b"\xfe\xff")):
        name = "UTF-16"
    elif len(beginning) > 1 and (beginning[0] == 0) != (beginning[1] == 0):
        name = "UTF-16BE" if beginning[0] == 0 else "UTF-16LE"
    if name:
        raise InputError(
            f"{path} is in {name}, and tables are read as UTF-8",
            f"convert it: iconv -f {name} -t UTF-8 {path.name} > utf8{path.suffix}",
        )
