"""The standard devices of a measured program, and which programs ask for them.

`/dev/random` and `/dev/urandom` hold the same bytes in each run, since no cost may hang on chance.
They are a file of one MiB: what reads more comes to its end.
"""

from __future__ import annotations

import functools
import hashlib
import os
import re
from pathlib import Path

from sim.paths import cache_directory

NULL = ("--dev-bind", "/dev/null", "/dev/null")
_RANDOM_BYTES = 1 << 20
_STREAMS = {"stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2", "fd": "fd"}
# The streams' files are links into /proc, which a program sees only if it names them. `freopen`
# without a name does so, too: in its code, as a word of eight bytes and what is left.
_NAMED = re.compile(rb"/dev/(?:std|fd)|/proc/self/fd|/proc/se[^l]")


def mounts() -> list[str]:
    """Return bubblewrap's arguments that make /dev; no terminal is among them."""
    argv = [*NULL]
    for name in ("zero", "full"):
        argv += ["--dev-bind", f"/dev/{name}", f"/dev/{name}"]
    argv += ["--ro-bind", str(_random_file()), "/dev/urandom"]
    argv += ["--symlink", "urandom", "/dev/random"]
    for name, place in _STREAMS.items():
        argv += ["--symlink", f"/proc/self/{place}", f"/dev/{name}"]
    return argv


@functools.lru_cache(maxsize=1024)
def names_its_streams(program: Path, _digest: str) -> bool:
    """Tell whether a program names a file of its standard streams, so that it needs /proc."""
    return _NAMED.search(program.read_bytes()) is not None


def _random_file() -> Path:
    """Return the file of the fixed bytes, made if this cache has none."""
    target = cache_directory() / "devices" / f"random-{_RANDOM_BYTES}"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = target.with_name(f"{target.name}.{os.getpid()}")
        scratch.write_bytes(hashlib.shake_256(b"pie").digest(_RANDOM_BYTES))
        scratch.chmod(0o444)
        scratch.replace(target)
    return target
