"""Values: what arguments become in the guest, and what a returned value is written as."""

from __future__ import annotations

import marshal

from sim.guest.marks import FRAME, MOST_NESTED, MOST_NODES, NOT_PLAIN, PLAIN, VALUE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


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
