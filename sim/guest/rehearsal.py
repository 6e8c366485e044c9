"""What is done before there is a program: modules that are loaded, and a rehearsal."""

from __future__ import annotations

import gc
import marshal
import posix
import sys

from sim.guest.ending import let_go
from sim.guest.marks import NAME, NOTHING, SEED, USUAL
from sim.guest.ways import run_call, run_script

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def load(modules: list[str]) -> None:
    """Import modules that exist, and fix what they draw by chance."""
    for name in modules:
        try:
            __import__(name)
        except ImportError:  # this interpreter has none
            pass
    if "random" in sys.modules:
        sys.modules["random"].seed(SEED)


REHEARSAL = """
import sys
class Pair:
    def __init__(self, a, b):
        self.a, self.b = a, b
    def __lt__(self, other):
        return self.a < other.a
    def sum(self):
        return self.a + self.b
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)
def count(n):
    i = 0
    while i < n:
        yield i
        i += 1
def run(n, stream):
    total, seen, row = 0, {}, [0] * n
    for i in range(n):
        total += i * i % 7
        if i % 3 == 0:
            seen[i] = total
        elif i in seen or total & 1:
            row[i] = row[i - 1] + 1
    words = " ".join(map(str, row)).split()
    pairs = sorted(Pair(int(word), i) for i, word in enumerate(words))
    grid = [[x ^ y for x in range(8)] for y in range(8)]
    best = max(sum(line) for line in grid) + sum(pair.sum() for pair in pairs)
    stack = [1.5, 2.5]
    while len(stack) < 40:
        stack.append(stack[-1] * 0.5 + len(stack) // 2)
    while stack:
        total += int(stack.pop() > 3)
    text = "".join(chr(97 + i % 26) for i in count(n))
    letters = {c: text.count(c) for c in set(text)}
    queue = [(0, 1)]
    for low, high in queue:
        if high < 50:
            queue += [(high, low + high)]
    try:
        [][n]
    except IndexError as error:
        total += len(str(error))
    big = 3 ** 100 % (10 ** 9 + 7)
    lines = list(stream or ())
    print(best, f"{total:d} {best / 3:.2f}", letters.get("a"), text[::2][:9], len(lines))
    return fib(9) + big + min(row) + any(row) + len({tuple(line) for line in grid})
"""


def warm() -> None:
    """Load what programs usually import."""
    load(USUAL)
    gc.collect()


def rehearse() -> None:
    """Do what programs do, and this file with them, so that nothing is done the first time."""
    script = marshal.dumps(compile(REHEARSAL + "run(20, None)\n", NAME, "exec"))
    called = marshal.dumps(compile(REHEARSAL, NAME, "exec"))
    main = sys.modules["__main__"]
    nothing = posix.open(NOTHING, posix.O_RDWR)
    for size in (20, 40):
        run_script(marshal.loads(script), let_go)
        with open(NOTHING) as empty:
            request: Any = ("call", [size, empty], {}, [""], "")
            run_call(marshal.loads(called), "run", {}, request, nothing, lambda status: None)
    posix.close(nothing)
    sys.modules["__main__"] = main
    del sys.modules["solution"]
    gc.collect()
