"""Runs a Python program: as a script on standard input, or as a module with a function to call.

It is the first script of the interpreter in the sandbox; its argument is the path of the program as
`sim.python_build` makes it. The program shares its process and can change everything here. So
nothing here is a secret or a judge. It reads what it needs before the program's code is loaded,
marks the moment, and hands back what the function returned; all else is decided outside.

Three moments are marked by a call that means nothing to a kernel (`sim/skylake/marks.c`): LOADED,
from which on a timing model looks; WARM, where tests part; and BEGIN, from which on the cost is the
program's own. Each counts once, and all come before the program.

A call or a block begins with a request on standard input (`sim/calls.py`). Its answer goes to the
descriptor that was standard output; the program's own standard input and output are empty.
"""

from __future__ import annotations

import gc
import io
import marshal
import posix
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

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


def open_streams() -> None:
    """Make the standard streams anew, as an interpreter does that starts on these descriptors."""
    for name, descriptor, mode in (("stdin", 0, "rb"), ("stdout", 1, "wb"), ("stderr", 2, "wb")):
        old = getattr(sys, name)
        if old is None:
            continue
        buffer: Any = open(descriptor, mode, closefd=False)
        buffer.raw.name = "<" + name + ">"
        stream: Any = io.TextIOWrapper(
            buffer, old.encoding, old.errors, "\n", line_buffering=name == "stderr"
        )
        stream.mode = mode[0]
        setattr(sys, name, stream)
        setattr(sys, "__" + name + "__", stream)


# ---- values --------------------------------------------------------------------------------------


class ListNode:
    """LeetCode's."""

    def __init__(self, val: Any = 0, next: Any = None) -> None:
        self.val = val
        self.next = next


class TreeNode:
    """LeetCode's."""

    def __init__(self, val: Any = 0, left: Any = None, right: Any = None) -> None:
        self.val = val
        self.left = left
        self.right = right


def shaped(value: Any, shape: str) -> Any:
    """Return what an argument becomes in the guest, by its shape."""
    if shape.startswith("list["):
        return [shaped(one, shape[5:-1]) for one in value]
    if shape == "ListNode":
        head = None
        for one in reversed(value or []):
            head = ListNode(one, head)
        return head
    if shape == "TreeNode":
        return tree(value or [])
    return value


def tree(levels: list[Any]) -> TreeNode | None:
    """Return a tree of its values level by level, with None where a child is missing."""
    if not levels:
        return None
    root = TreeNode(levels[0])
    above, at = [root], 1
    for node in above:
        for side in ("left", "right"):
            if at < len(levels):
                if levels[at] is not None:
                    child = TreeNode(levels[at])
                    setattr(node, side, child)
                    above.append(child)
                at += 1
    return root


class NotPlain(Exception):
    """A value that has no plain form; its text names it."""


def listed(node: Any) -> list[Any]:
    """Return the values of a linked list."""
    values: list[Any] = []
    while node is not None:
        if len(values) == MOST_NODES:
            raise NotPlain("a list without end")
        values.append(node.val)
        node = node.next
    return values


def levels(root: Any) -> list[Any]:
    """Return the values of a tree, level by level."""
    values: list[Any] = []
    row = [root]
    for node in row:
        if len(values) == MOST_NODES:
            raise NotPlain("a tree without end")
        values.append(None if node is None else node.val)
        if node is not None:
            row += (node.left, node.right)
    while values and values[-1] is None:
        values.pop()
    return values


def plain(value: Any, depth: int = 0) -> Any:
    """Return a value with plain ones in place of what the library's and LeetCode's classes hold."""
    if depth > MOST_NESTED:
        raise NotPlain("a value nested too deeply")
    kind: Any = type(value)
    deeper = depth + 1
    name = kind.__name__
    if kind in (list, tuple, set, frozenset):
        return kind([plain(one, deeper) for one in value])
    if kind is dict or (
        kind.__module__ == "collections" and name in ("Counter", "OrderedDict", "defaultdict")
    ):
        return {plain(one, deeper): plain(other, deeper) for one, other in dict.items(value)}
    if name == "deque" and kind.__module__ == "collections":
        return [plain(one, deeper) for one in value]
    if kind.__bases__ == (tuple,) and hasattr(kind, "_fields"):
        return tuple([plain(one, deeper) for one in tuple.__iter__(value)])
    if kind.__module__ == "numpy" and hasattr(value, "tolist"):
        return value.tolist()
    if name == "ListNode":
        return plain(listed(value), deeper)
    if name == "TreeNode":
        return plain(levels(value), deeper)
    try:
        marshal.dumps(value, PLAIN)
    except ValueError:
        raise NotPlain("a value of the class " + name) from None
    return value


def framed(kind: bytes, data: bytes) -> bytes:
    """Return what `sim.calls` reads: a mark, a kind, a length and so many bytes."""
    return b"".join((FRAME, kind, len(data).to_bytes(8, "little"), data))


def answer(value: Any) -> bytes:
    """Return the frame of a value."""
    try:
        return framed(VALUE, marshal.dumps(value, PLAIN))
    except ValueError:  # not all of it is of the builtin types
        pass
    try:
        return framed(VALUE, marshal.dumps(plain(value), PLAIN))
    except (NotPlain, ValueError, TypeError, AttributeError, RecursionError) as error:
        return framed(NOT_PLAIN, str(error).encode("utf-8", "replace")[:200])


# ---- the end -------------------------------------------------------------------------------------


def status_of(end: SystemExit) -> int:
    """Return the exit status of a SystemExit, as the interpreter has it."""
    code = end.code
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    print(code, file=sys.stderr)
    return 1


def report(kind: Any, error: Any, trace: Any) -> None:
    """Write a traceback without this file's frames."""
    try:
        sys.excepthook(kind, error, trace and trace.tb_next)
    except BaseException:
        sys.__excepthook__(kind, error, trace and trace.tb_next)


def flush(status: int) -> int:
    """Write what the streams hold; return the status, 120 where they cannot, as the interpreter."""
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        try:
            if stream is not None and not getattr(stream, "closed", False):
                stream.flush()
        except BaseException:
            status = status or 120
    return status


def finish(space: dict[str, Any], status: int) -> NoReturn:
    """End a script as the interpreter does, without taking the interpreter itself down."""
    try:
        if "threading" in sys.modules:
            sys.modules["threading"]._shutdown()
        if "atexit" in sys.modules:
            sys.modules["atexit"]._run_exitfuncs()
    except BaseException:
        report(*sys.exc_info())
    posix._exit(let_go(space, status))


def let_go(space: dict[str, Any], status: int) -> int:
    """Write what the streams hold, and let go of what a script has made."""
    status = flush(status)
    sys.last_traceback = sys.last_value = sys.last_type = None
    for hidden in (True, False):  # the order in which the interpreter lets go of a module's names
        for name in list(space):
            if name != "__builtins__" and name.startswith("_") is hidden:
                space[name] = None
    gc.collect()
    return flush(status)


# ---- the ways of a program -----------------------------------------------------------------------


def module(name: str) -> dict[str, Any]:
    """Put a new module in the place of another; return its names."""
    made = type(sys)(name)
    made.__dict__["__builtins__"] = sys.modules["builtins"]
    made.__dict__["__file__"] = NAME
    sys.modules[name] = made
    return made.__dict__


def run_script(code: Any, end: Callable[[dict[str, Any], int], object] = finish) -> None:
    """Run a script to its end."""
    space = module("__main__")
    status = 0
    mark(BEGIN)
    try:
        exec(code, space)
    except SystemExit as asked:
        status = status_of(asked)
    except BaseException:
        report(*sys.exc_info())
        status = 1
    code = None
    end(space, status)


def found(space: dict[str, Any], path: str) -> Any:
    """Return what a test calls: `name` or `Class().method`."""
    target: Any = None
    for number, part in enumerate(path.split(".")):
        name = part[:-2] if part.endswith("()") else part
        try:
            target = getattr(target, name) if number else space[name]
        except (KeyError, AttributeError):
            raise LookupError("the program defines no " + path) from None
        if part.endswith("()"):
            target = target()
    return target


def run_call(
    code: Any,
    entry: str,
    prelude: dict[str, Any],
    request: Any,
    channel: int,
    leave: Any = posix._exit,
) -> None:
    """Load a program, do what the request says, and hand back what came of it."""
    module("__main__")
    space = module("solution")
    space.update(prelude)
    arguments: list[Any] = []
    keywords: dict[str, Any] = {}
    returns, block = "", None
    if request[0] == "call":
        arguments = [shaped(*pair) for pair in zip(request[1], request[3])]
        arguments += request[1][len(arguments) :]
        keywords, returns = request[2], request[4]
    else:
        block = compile(request[1], "<test>", "exec", dont_inherit=True)
    request = None
    checks = Checks()
    mark(BEGIN)
    try:
        exec(code, space)
        target = found(space, entry)
        if block is None:
            value = target(*arguments, **keywords)
            if returns.startswith("argument "):
                value = arguments[int(returns[9:])]
            elif returns == "list":
                value = list(value)
            elif returns == "bool":
                value = not not value
            elif value is None and returns in ("ListNode", "TreeNode"):
                value = []
            data = answer(value)
        else:
            space.update(__pie_check__=checks.check, __pie_same__=checks.same, candidate=target)
            exec(block, space)
            data = checks.frame()
    except SystemExit:
        sys.stderr.write("it asked to exit before the call returned\n")
        data = b""
    except BaseException:
        report(*sys.exc_info())
        data = b""
    flush(0)
    write_all(channel, data)
    leave(0 if data else 1)


class Checks:
    """Counts the checks of a block; the first that fails is remembered, whoever swallows what."""

    def __init__(self) -> None:
        self.held = self.failed = 0

    def check(self, condition: Any) -> None:
        """Count a condition."""
        if condition:
            self.held += 1
        else:
            self.failed += 1

    def same(self, value: Any, expected: Any) -> None:
        """Compare what plain values both come to: a class of the program's own equals nothing."""
        try:
            right = plain(expected)
        except NotPlain:
            self.check(value == expected)
            return
        try:
            self.check(plain(value) == right)
        except NotPlain:
            self.check(False)

    def frame(self) -> bytes:
        """Return the frame of the counts."""
        return framed(COUNT, marshal.dumps((self.held, self.failed), PLAIN))


def usual_names(wanted: list[str]) -> dict[str, Any]:
    """Return what LeetCode imports for a program, of the names that it uses."""
    names: dict[str, Any] = {}
    for one in wanted:
        place, _, name = one.rpartition(".")
        if place == "__main__":
            names[name] = {"ListNode": ListNode, "TreeNode": TreeNode}[name]
            continue
        try:
            names[name] = getattr(__import__(place), name) if place else __import__(name)
        except (ImportError, AttributeError):
            pass
    return names


def main() -> None:
    """Come to the program, and run it."""
    path = sys.argv[1]
    if sys.argv[2:]:
        warm()
        gc.freeze()  # what is not looked through again leaves the caches to the programs
        mark(LOADED)
        rehearse()
    gc.freeze()
    descriptor = part()
    if descriptor < 0:
        descriptor = posix.open(path, posix.O_RDONLY | posix.O_CLOEXEC)
    header, _, code = read_all(descriptor).partition(b"\n")
    posix.close(descriptor)
    entry, modules, names = (part.split() for part in header.decode().split("|"))
    if not sys.argv[2:]:
        load(modules)
    code = marshal.loads(code)
    sys.argv[:] = [NAME]
    sys.path[0] = "/pie"
    sys.setrecursionlimit(sys.getrecursionlimit() + FRAMES)
    if not entry:
        open_streams()
        run_script(code)
        return
    prelude = usual_names(names)
    request = marshal.loads(read_all(0))
    channel = posix.dup(1)
    nothing = posix.open(NOTHING, posix.O_RDWR)
    posix.dup2(nothing, 0)
    posix.dup2(nothing, 1)
    posix.close(nothing)
    open_streams()
    run_call(code, entry[0], prelude, request, channel)


main()
