"""What parsers of answers give: the programs in a text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AnswerProgram:
    """A complete program in an answer."""

    text: str
    whole: bool
    """Nothing but this program is in the text."""


@dataclass(frozen=True)
class AnswerPrograms:
    """All complete programs of a text, in order."""

    complete: tuple[AnswerProgram, ...] = ()
    begun: bool = False
    """A program begins that does not end; said only when none is complete."""
