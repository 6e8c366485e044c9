"""The program in a model's answer, and how it was found, or why there is none.

1. *Fenced*: the last fenced block that is a complete program. What stands before it is the slow
   program again, a first attempt or an alternative; after it come snippets and commands, which
   are no complete programs. (In 1,040 real answers that repeat their prompt, the first complete
   block is always the slow program and the last one always the answer.)
2. *Whole*: an answer without such a block that is code from its first line to its last.
3. *First program*: the first complete program in an answer of prose and code; a model of plain
   text goes on with further examples after it.

A model that thinks aloud (`<think>`) is held to what it says afterwards, if that holds a program.

A program is never repaired: only what no parser takes for code is left away around it. What does
not compile is the compiler's to say. An answer is data: it is parsed, never run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from pie.core.answers.answer_program import AnswerPrograms
from pie.core.answers.cpp_answer import cpp_programs
from pie.core.answers.python_answer import python_programs
from sim.program import Language

_FENCE = re.compile(r"^[ \t]*(?P<fence>`{3,}|~{3,})[ \t]*(?P<tag>[^\s`]*)[^`\n]*$", re.MULTILINE)
_PYTHON_TAGS = re.compile(r"(?:python|py|pypy|sage)?[\d.]*", re.IGNORECASE)
LONGEST_ANSWER = 1 << 20
"""Characters beyond which an answer is not searched: no program of this length is meant, and what
is hostile may cost the parser ten seconds for so many."""


class Found(StrEnum):
    """How a program was found, or why there is none; the order is the order of display."""

    FENCED = "fenced"
    WHOLE = "whole"
    FIRST_PROGRAM = "first_program"
    EMPTY = "empty"
    NO_PROGRAM = "no_program"
    INCOMPLETE = "incomplete"
    TRUNCATED = "truncated"
    ANSWER_TOO_LONG = "answer_too_long"
    PROMPT_TOO_LONG = "prompt_too_long"


@dataclass(frozen=True)
class Extraction:
    """The program of an answer; `code` is None exactly when there is none, with the reason."""

    code: str | None
    found: Found
    programs: int
    """Complete programs in the answer; more than one means that a choice was made."""


@dataclass(frozen=True)
class Block:
    """A fenced block: its language tag and its text."""

    tag: str
    text: str
    closed: bool


def extract(
    answer: str, language: Language = Language.CPP, *, prompt: str = "", cut_off: bool = False
) -> Extraction:
    """Return the program in an answer.

    `prompt` is what some servers repeat in front of the answer; `cut_off` says that the model
    reached its limit of tokens.
    """
    text = answer.removeprefix(prompt) if prompt else answer
    text = text.encode("utf-8", "replace").decode("utf-8")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():  # of a model that reasons, all tokens may be spent before it answers
        return Extraction(None, Found.TRUNCATED if cut_off else Found.EMPTY, 0)
    if len(text) > LONGEST_ANSWER:
        return Extraction(None, Found.ANSWER_TOO_LONG, 0)
    _, closed, after = text.rpartition("</think>")
    if closed:
        final = _extract(after, language, cut_off=cut_off)
        if final.code is not None:
            return final
    return _extract(text, language, cut_off=cut_off)


def _extract(text: str, language: Language, *, cut_off: bool) -> Extraction:
    fenced = _fenced(text, language)
    if fenced:
        return Extraction(fenced[-1], Found.FENCED, len(fenced))
    found = _programs(_without_fences(text), language)
    if found.complete:
        first = found.complete[0]
        how = Found.WHOLE if first.whole else Found.FIRST_PROGRAM
        return Extraction(first.text, how, len(found.complete))
    if found.begun or (cut_off and "```" in text):
        return Extraction(None, Found.TRUNCATED if cut_off else Found.INCOMPLETE, 0)
    return Extraction(None, Found.TRUNCATED if cut_off else Found.NO_PROGRAM, 0)


def _fenced(text: str, language: Language) -> list[str]:
    """Return the complete programs in fenced blocks, of those of the language if there are any."""
    found: dict[bool, list[str]] = {True: [], False: []}
    for block in blocks(text):
        programs = [one.text for one in _programs(block.text, language).complete]
        expected = language is not Language.PYTHON or bool(_PYTHON_TAGS.fullmatch(block.tag))
        # A block is one text: it is taken as it is unless it holds several programs.
        found[expected] += [block.text] if len(programs) == 1 else programs
    return found[True] or found[False]


def blocks(text: str) -> Iterator[Block]:
    """Yield the fenced blocks of Markdown.

    A fence with a language inside a block begins another block: nobody nests them, but models
    forget to close one. A block that the answer's end cuts off is not closed.
    """
    opened: tuple[str, str, int] | None = None
    for match in _FENCE.finditer(text):
        fence, tag = match["fence"], match["tag"]
        if opened is None:
            opened = (fence, tag, match.end() + 1)
        elif fence.startswith(opened[0]) and not tag:
            yield Block(opened[1], text[opened[2] : match.start()], closed=True)
            opened = None
        elif tag and fence[0] == opened[0][0]:
            yield Block(opened[1], text[opened[2] : match.start()], closed=False)
            opened = (fence, tag, match.end() + 1)
    if opened is not None:
        yield Block(opened[1], text[opened[2] :], closed=False)


def _without_fences(text: str) -> str:
    """Blank the lines of fences, which are no code, and keep the rest as it is."""
    return _FENCE.sub("", text)


def _programs(text: str, language: Language) -> AnswerPrograms:
    return cpp_programs(text) if language is Language.CPP else python_programs(text)
