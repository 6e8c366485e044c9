"""Vectors that a model has computed so far, kept beside the index that is being built.

Encoding a data set by a model takes hours on a CPU. Whatever ends it, the next build of the same
texts by the same encoder at the same place goes on after the last whole chunk.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from retrieval.encoder import Encoder
from retrieval.errors import RetrievalError

CHUNK = 128
"""Texts that are encoded and kept at once."""


def encoded(
    texts: Sequence[str], encoder: Encoder, file: Path, progress: Callable[[int], None]
) -> Any:
    """Return the vectors of the texts; `file` holds those done, and is left for the caller.

    RetrievalError when another process is writing it.
    """
    import numpy

    key = _key(texts, encoder)
    size = 4 * encoder.dimension * CHUNK
    made = numpy.zeros((len(texts), encoder.dimension), dtype=numpy.float32)
    with file.open("a+b") as kept:
        try:
            fcntl.flock(kept, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise RetrievalError(
                f"another process is building an index at the place of {file}",
                "wait for it, or give another --out",
            ) from error
        kept.seek(0)
        if kept.read(len(key)) != key:
            kept.truncate(0)
            kept.write(key)
        whole = (kept.seek(0, os.SEEK_END) - len(key)) // size
        kept.truncate(len(key) + whole * size)
        kept.seek(len(key))
        done = min(whole * CHUNK, len(texts))
        rows = numpy.frombuffer(kept.read(done * 4 * encoder.dimension), dtype=numpy.float32)
        made[:done] = rows.reshape(done, encoder.dimension)
        progress(done)
        for start in range(done, len(texts), CHUNK):
            some = encoder.encode(texts[start : start + CHUNK])
            made[start : start + len(some)] = some
            if len(some) == CHUNK:
                kept.write(some.tobytes())
                kept.flush()
            progress(len(some))
    return made


def _key(texts: Sequence[str], encoder: Encoder) -> bytes:
    digest = hashlib.sha256(encoder.fingerprint().encode())
    for text in texts:
        digest.update(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest())
    return digest.hexdigest().encode()
