"""Small matters of wording, the same wherever something is told."""

from __future__ import annotations


def count(number: int, noun: str) -> str:
    """Return a number with its noun, in the singular or with an s."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def one_line(text: str, longest: int = 40) -> str:
    """Return a text of any kind on one line, cut to a number of characters."""
    line = "".join(one if one.isprintable() else " " for one in text[: longest + 1])
    return line if len(line) <= longest else line[: longest - 3] + "..."


def escaped(text: str) -> str:
    """Return a text of any kind on one line, whole, control characters as Python escapes them."""
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode() for one in text
    )
