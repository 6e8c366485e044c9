"""A part of a file of rows: contiguous, so that the parts in order are the file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pie.core.problem import InputError


@dataclass(frozen=True)
class Shard:
    """The n-th of so many parts."""

    number: int
    """From 1."""
    of: int

    @staticmethod
    def parse(text: str) -> Shard:
        """Read `2/8`; InputError for anything else."""
        found = re.fullmatch(r"([1-9]\d{0,8})/([1-9]\d{0,8})", text)
        if found and int(found[1]) <= int(found[2]):
            return Shard(int(found[1]), int(found[2]))
        raise InputError(f"unknown shard {text!r}", "give one such as 2/8: the second of eight")

    def holds(self, path: Path, offset: int) -> bool:
        """Tell whether the line that begins at this byte of the file is in this part."""
        size = path.stat().st_size
        return size * (self.number - 1) <= offset * self.of < size * self.number

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"
