"""Fenced blocks of Markdown, as models write them.

A fence is a line of its own, and what follows the opening one is a language and perhaps more
(CommonMark 0.31, 4.5). Models also put the program's first line beside the opening fence, and the
closing fence behind its last line. What such a line is, its reader decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

# Possessive throughout: one line of a million characters must not be tried in every division.
_LINE = re.compile(
    r"^(?:[ \t]*+(?P<fence>`{3,}+|~{3,}+)[ \t]*+(?P<info>[^`\n]*+)(?P<shut>`{3,}+)?+[ \t]*+"
    r"|[^`\n]*+(?P<end>`{3,}+)[ \t]*+)$",
    re.MULTILINE,
)
_ENDS = 4
"""Lines of a block that end with a fence and are asked about: each costs a parse of the block."""


@dataclass(frozen=True)
class Block:
    """A fenced block: its language tag and its text."""

    tag: str
    text: str
    closed: bool
    info: str = ""
    """All that stands beside the opening fence, the tag first."""


def _never(_block: Block) -> bool:
    return False


def blocks(text: str, ends: Callable[[Block], bool] = _never) -> Iterator[Block]:
    """Yield the fenced blocks of a text.

    A fence with a language inside a block begins another block: nobody nests them, but models
    forget to close one. A block that the answer's end cuts off is not closed. `ends` says whether
    a block is over where a line of it ends with a fence.
    """
    opened, fence, begin, asked = None, "", 0, 0
    for match in _LINE.finditer(text):
        if match["end"]:
            if opened and match["end"].startswith(fence) and asked < _ENDS:
                asked += 1
                block = replace(opened, text=text[begin : match.start("end")], closed=True)
                if ends(block):
                    yield block
                    opened = None
            continue
        info = match["info"].rstrip()
        tag = info.split(maxsplit=1)[0] if info else ""
        if match["shut"]:
            if opened is None and match["shut"] == match["fence"]:
                yield Block(tag, "", True, info)
            continue
        if opened is not None:
            if match["fence"].startswith(fence) and not tag:
                yield replace(opened, text=text[begin : match.start()], closed=True)
                opened = None
                continue
            if not tag or match["fence"][0] != fence[0]:
                continue
            yield replace(opened, text=text[begin : match.start()])
        opened, fence, begin, asked = (
            Block(tag, "", False, info),
            match["fence"],
            match.end() + 1,
            0,
        )
    if opened is not None:
        yield replace(opened, text=text[begin:])


def without_fences(text: str) -> str:
    """Blank the lines of fences, which are no code, and keep the rest as it is."""
    return _LINE.sub(lambda match: match[0] if match["end"] or match["shut"] else "", text)
