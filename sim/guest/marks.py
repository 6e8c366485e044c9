"""What the parts of the harness share: the moments it marks, and whole reads and writes."""

from __future__ import annotations

import posix
import sys

MARK, LOADED, WARM, BEGIN = 0x504945, 1, 2, 3
PARTS = 1 << 20  # the answer to WARM that asks for a process for a test (sim/warm.h)
FRAME, VALUE, NOT_PLAIN, COUNT = b"\nPIE-CALL\n", b"V", b"N", b"C"
PLAIN = 2  # the version of marshal that has neither references nor interned texts
FRAMES = 2  # of this file below the program's first: its recursion may be as deep as without
MOST_NESTED = 200
MOST_NODES = 1000000
SEED = 1
NOTHING = "/dev/null"
NAME = "/pie/main.py"
# What programs usually import, and what this file needs; loaded where the tests share a start.
USUAL = (
    "abc array atexit bisect cmath codecs collections collections.abc contextlib copy dataclasses "
    "datetime decimal enum fractions functools hashlib heapq io itertools json math numbers "
    "operator os queue random re signal statistics string struct textwrap threading time types "
    "typing"
).split()


def mark(stage: int) -> int:
    """Mark a moment; return what the instrument answers, -1 where there is none."""
    try:
        return posix.lseek(MARK, stage, 0)
    except OSError:
        return -1


def part() -> int:
    """Wait for a test; return in its process, with the descriptor of its program, or -1.

    An instrument parts the tests itself. Natively each gets a process here, whose parent is the
    sandbox's runner: the process between ends at once.
    """
    while True:
        answer = mark(WARM)
        if answer != PARTS:
            return answer
        between = posix.fork()
        if between:
            posix.waitpid(between, 0)
        elif posix.fork():
            posix._exit(0)
        else:
            if "random" in sys.modules:  # which draws a new seed in a new process
                sys.modules["random"].seed(SEED)
            return mark(WARM)


def read_all(descriptor: int) -> bytes:
    """Return what is left to read."""
    parts: list[bytes] = []
    while True:
        data = posix.read(descriptor, 1 << 20)
        if not data:
            return b"".join(parts)
        parts.append(data)


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of it, in as many calls as it takes."""
    left = memoryview(data)
    while left:
        left = left[posix.write(descriptor, left) :]
