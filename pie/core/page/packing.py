"""JSON as text that any page can hold: compressed, and in letters that end no element."""

from __future__ import annotations

import base64
import gzip
import json


def packed(value: object) -> str:
    """Return a value as base64 of gzip of JSON; the same value gives the same text.

    Browsers unpack it by themselves (`DecompressionStream`). ValueError for NaN and infinity.
    """
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(gzip.compress(text.encode("ascii"), 9, mtime=0)).decode("ascii")


def unpacked(text: str) -> object:
    """Return what `packed` was given."""
    return json.loads(gzip.decompress(base64.b64decode(text)))
