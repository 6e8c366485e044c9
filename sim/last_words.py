"""What a program said last on its error output: one clean line for the detail of a verdict.

The text is the program's, so nothing in it is believed; it is only shown. It comes out as one line
of printable characters, whatever bytes went in.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST = 200
"""Characters; the middle of a longer line is left out."""
_TAIL = 32 << 10
"""Bytes of the error output that are looked at."""
# Terminal sequences: CSI, then strings (OSC, DCS, SOS, PM, APC) up to their end, then short ones.
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]?"
)
_TRACEBACK = "Traceback (most recent call last):"
# An exception that holds others is drawn as a tree: its frames are indented, the others' more.
_GROUP_TRACEBACK = "  + Exception Group Traceback (most recent call last):"
_GROUP = re.compile(r"  \| (\S.*)")
_GROUPED = re.compile(r" {4,}\| ((?!Traceback |Exception Group )\S.*)")
_TERMINATE = "terminate called after throwing an instance of "
# Where the sandbox shows a program's files, also below a scratch folder of the host's.
_SANDBOX_PATHS = re.compile(
    r"(?:/[^\s'\"():,;<>]*)?/pie/(?:work/|p/|m/p/)?|/[^\s'\"():,;<>]*/pie-[^\s/'\"]*/"
)


def last_words(stderr: bytes) -> str:
    """Return the line that tells why a program ended, cleaned; empty where it said nothing.

    Of a Python traceback it is the exception, and of a group the first in it, too. Of an uncaught
    C++ exception it is type and `what()` in one, else the last line that is not blank.
    """
    text = stderr[-_TAIL:].decode("utf-8", "replace")
    lines = [line for one in re.split(r"[\n\r\v\f\x85\u2028\u2029]", text) if (line := clean(one))]
    if not lines:
        return ""
    return shortened(_exception(lines) or _thrown(lines) or lines[-1].strip())


def with_last_words(reason: str, stderr: bytes) -> str:
    """Return a reason, followed by what the program said last where it said anything."""
    words = last_words(stderr)
    return f"{reason}: {words}" if words else reason


def clean(line: str) -> str:
    """Return a line without terminal sequences, control characters and the sandbox's paths."""
    line = _ESCAPES.sub("", line)
    line = re.sub("\ufffd+", "?", line.replace("\t", " "))
    line = "".join(one for one in line if not unicodedata.category(one).startswith("C"))
    return _SANDBOX_PATHS.sub("", line).rstrip()


def shortened(line: str) -> str:
    """Return a line of at most `LONGEST` characters: its beginning and its end."""
    if len(line) <= LONGEST:
        return line
    half = (LONGEST - 5) // 2
    return f"{line[:half].rstrip()} ... {line[-half:].lstrip()}"


def _exception(lines: list[str]) -> str:
    """Return the exception below the last traceback, of which only the frames are indented."""
    traces = (_TRACEBACK, _GROUP_TRACEBACK.strip())
    starts = [number for number, line in enumerate(lines) if line.strip() in traces]
    if not starts:
        return ""
    below = lines[starts[-1] + 1 :]
    if lines[starts[-1]] == _GROUP_TRACEBACK:
        told = [match[1] for shape in (_GROUP, _GROUPED) if (match := _first(shape, below))]
        return ", ".join(told)
    return next((line for line in below if not line.startswith(" ")), "")


def _first(shape: re.Pattern[str], lines: list[str]) -> re.Match[str] | None:
    return next((match for line in lines if (match := shape.match(line))), None)


def _thrown(lines: list[str]) -> str:
    """Return the last uncaught C++ exception: the sentence on its type, and its `what()`."""
    starts = [number for number, line in enumerate(lines) if line.startswith(_TERMINATE)]
    if not starts:
        return ""
    said = lines[starts[-1]]
    more = lines[starts[-1] + 1 : starts[-1] + 2]
    return f"{said}, {more[0].strip()}" if more and more[0].startswith("  what():") else said
