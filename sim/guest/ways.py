"""The ways of a program: as a script, or as a module with a function that is called."""

from __future__ import annotations

import marshal
import posix
import sys

from sim.guest.ending import finish, flush, report, status_of
from sim.guest.marks import BEGIN, COUNT, NAME, PLAIN, mark, write_all
from sim.guest.returned import ListNode, NotPlain, TreeNode, answer, framed, plain, shaped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


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
