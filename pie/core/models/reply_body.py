"""The body of a reply, unpacked only as far as an answer may be long."""

from __future__ import annotations

import zlib
from contextlib import aclosing
from typing import Any

ACCEPTED = {"Accept-Encoding": "gzip"}
"""The header of a request whose reply `read_body` can read."""
_EITHER = 32 + zlib.MAX_WBITS
"""gzip or zlib, whichever the data begin with."""


async def read_body(response: Any, most_bytes: int) -> bytes | None:
    """Return the body of a streamed httpx response; None when it is larger than `most_bytes`.

    httpx unpacks whole parts, and a part of 64 KiB can hold 64 MiB; here no more is unpacked than
    may be kept. httpx.DecodingError for a packing that was not asked for, or damaged.
    """
    import httpx

    packing = response.headers.get("content-encoding", "").strip().lower()
    if packing not in ("", "identity", "gzip", "x-gzip", "deflate"):
        raise httpx.DecodingError("the reply is packed in a way that was not asked for")
    unpack = None if packing in ("", "identity") else zlib.decompressobj(_EITHER)
    data = bytearray()
    # Closed here: one that is left behind ends only with the event loop, which complains.
    async with aclosing(response.aiter_raw()) as parts:
        async for part in parts:
            if unpack is None:
                data += part
            else:
                try:
                    data += unpack.decompress(part, most_bytes + 1 - len(data))
                except zlib.error as error:
                    raise httpx.DecodingError("the reply is damaged: it cannot be unpacked") from (
                        error
                    )
            if len(data) > most_bytes:
                return None
    return bytes(data)
