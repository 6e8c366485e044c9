"""Fenced blocks of Markdown, as models write them.

A fence is a line of its own, and what follows the opening one is a language and perhaps more
(CommonMark 0.31, 4.5). It may stand in a list or a quotation: what indents the fence, and the marks
of the quotation, belong to no line of the block (5.1, 5.2). Models also put the program's first
line beside the opening fence, and the closing fence behind its last line. What such a line is, its
reader decides.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

# Possessive throughout: one line of a million characters must not be tried in every division.
_LINE = re.compile(
    r"^(?:(?P<lead>[ \t]*+(?:(?:>[ \t]*+|(?:[-*+]|\d{1,9}[.)])[ \t]++))*+)"
    r"(?P<fence>`{3,}+|~{3,}+)[ \t]*+(?P<info>[^`\n]*+)(?P<shut>`{3,}+)?+[ \t]*+"
    r"|[^`\n]*+(?P<end>`{3,}+)[ \t]*+)$",
    re.MULTILINE,
)
_QUOTATION = re.compile(r"^(?:[ ]{0,3}>[ ]?)*+", re.MULTILINE)
# Lines of four columns or more below a blank line or at the beginning, and blank lines in between.
_INDENTED = re.compile(r"(?:\A|(?<=\n\n))(?:[ ]{0,3}+(?:[ ]|\t)[^\n]*+(?:\n|\Z)(?:[ \t]*+\n)*+)++")
_TAB = 4
_LONGEST_HEADING = 200
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
    heading: str = ""
    """The last line of prose before it."""


def _never(_block: Block) -> bool:
    return False


def blocks(text: str, ends: Callable[[Block], bool] = _never) -> Iterator[Block]:
    """Yield the fenced blocks of a text.

    A fence with a language inside a block begins another block: nobody nests them, but models
    forget to close one. A block that the answer's end cuts off is not closed. `ends` says whether
    a block is over where a line of it ends with a fence.
    """
    opened, fence, lead, begin, asked = None, "", "", 0, 0

    def content(end: int, *, closed: bool = True) -> str:
        return _without_lead(text[begin:end], lead, closed=closed)

    for match in _LINE.finditer(text):
        if match["end"]:
            if opened and match["end"].startswith(fence) and asked < _ENDS:
                asked += 1
                block = replace(opened, text=content(match.start("end")), closed=True)
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
            if match["fence"].startswith(fence) and not tag and not _marks_item(match["lead"]):
                yield replace(opened, text=content(match.start()), closed=True)
                opened = None
                continue
            if not tag or match["fence"][0] != fence[0]:
                continue
            yield replace(opened, text=content(match.start(), closed=False))
        above = text[: match.start()].rstrip()[-_LONGEST_HEADING:].rpartition("\n")[2]
        opened = Block(tag, "", False, info, above.strip())
        fence, lead, begin, asked = match["fence"], match["lead"], match.end() + 1, 0
    if opened is not None:
        yield replace(opened, text=content(len(text), closed=False))


def _marks_item(lead: str) -> bool:
    """Whether a list's mark stands before a fence: it opens a block, and closes none."""
    return bool(lead.strip(" \t>"))


def _without_lead(text: str, lead: str, *, closed: bool = True) -> str:
    """Take from each line of a block what indents its fence, or less where the first has less.

    A block that no fence closes ends with its list item or quotation (5.1, 5.2).
    """
    if not lead:
        return text
    _, quoted, indent = lead.rpartition(">")
    if quoted:
        if not closed:
            text = _while(text, lambda line: line.lstrip()[:1] in ("", ">"))
        text = _QUOTATION.sub("", text)
        indent = indent[1:]
    first = next((line for line in text.split("\n") if line.strip()), "")
    columns = min(_columns(indent), _columns(first[: len(first) - len(first.lstrip(" \t"))]))
    if columns == 0:
        return text
    if not closed and not quoted:
        text = _while(text, lambda line: not line.strip() or line[0] in " \t")
    return "\n".join(_outdented(line, columns) for line in text.split("\n"))


def _while(text: str, within: Callable[[str], bool]) -> str:
    """Return the lines of a text before the first that is not within; all, if that is its first."""
    lines = text.splitlines(keepends=True)
    end = next((at for at, line in enumerate(lines) if not within(line)), 0)
    return "".join(lines[:end]) if end else text


def indented_blocks(text: str) -> Iterator[str]:
    """Yield the indented code blocks (4.4) of a text, without what indents all their lines."""
    for match in _INDENTED.finditer(text):
        yield textwrap.dedent(match[0])


def _columns(text: str) -> int:
    return len(text.expandtabs(_TAB))


def _outdented(line: str, columns: int) -> str:
    """Take up to so many columns of white space from a line; a tab may be cut in two."""
    white = line[: len(line) - len(line.lstrip(" \t"))]
    at = 0
    for number, letter in enumerate(white):
        if at >= columns:
            return " " * (at - columns) + line[number:]
        at = (at // _TAB + 1) * _TAB if letter == "\t" else at + 1
    return " " * max(0, at - columns) + line[len(white) :]


def without_fences(text: str) -> str:
    """Blank the lines of fences, which are no code, and keep the rest as it is."""
    return _LINE.sub(lambda match: match[0] if match["end"] or match["shut"] else "", text)
