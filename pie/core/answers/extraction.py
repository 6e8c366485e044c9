"""The program in a model's answer, and how it was found, or why there is none.

1. *Fenced*: the last fenced block that is a complete program. What stands before it is the slow
   program again, a first attempt or an alternative; after it come snippets and commands, which are
   no complete programs, or lack what a program needs (`choice`). (In 1,040 real answers that repeat
   their prompt, the first complete block is always the slow program and the last one always the
   answer.)
2. *Whole*: an answer without such a block that is code from its first line to its last.
3. *First program*: the first complete program in an answer of prose and code; a model of plain
   text goes on with further examples after it.

A model that thinks aloud (`<think>`) is held to what it says afterwards, if that holds a program.

A program is never repaired: only what no parser takes for code is left away around it. What does
not compile is the compiler's to say. An answer is data: it is parsed, never run.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from enum import StrEnum

from pie.core.answers.answer_program import AnswerPrograms
from pie.core.answers.choice import Candidate, choose, returns_outside
from pie.core.answers.cpp_answer import begins_cpp, cpp_programs
from pie.core.answers.fences import Block, blocks, indented_blocks, without_fences
from pie.core.answers.python_answer import Patience, begins_python, python_programs
from pie.core.tasks.building import defines
from sim.program import Language

_PYTHON_TAGS = re.compile(r"(?:python|py|pypy|sage)?[\d.]*", re.IGNORECASE)
_PROMPT = re.compile(r"[ \t]*(?:>>>|\.\.\.|In \[\d+\]:|\.{3,}:)(?: |$)(.*)")
_SESSION = re.compile(r"(?:>>>|In \[\d+\]:) ")
_PROSE = re.compile(r"\s*\n[ \t]*\n[*_#> -]*[A-Z][\w'\u2019]*(?:,? [\w'\u2019`(*-]+){2,}")
"""How an explanation begins behind a program whose fence nobody closed."""
_TAGS = {
    Language.CPP: re.compile(r"(?:c\+\+|cpp|cxx|cc|c)\d*(?![\w(=])", re.IGNORECASE),
    Language.PYTHON: re.compile(
        r"(?:python|pypy|py|sage)[\d.]*(?:(?![\w(=])|(?=(?:import|from|def)\s))", re.IGNORECASE
    ),
}
"""What stands before code beside a fence; `#include` and `import` also stand right behind it."""
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


def extract(
    answer: str,
    language: Language = Language.CPP,
    *,
    prompt: str = "",
    cut_off: bool = False,
    entry_point: str = "",
) -> Extraction:
    """Return the program in an answer.

    `prompt` is what some servers repeat in front of the answer; `cut_off` says that the model
    reached its limit of tokens. Where a function (or `Class().method`) is asked for, the first
    fenced program that defines it is the answer: what follows is its usage or another way.
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
        final = _extract(after, language, entry_point, cut_off=cut_off)
        if final.code is not None:
            return final
    return _extract(text, language, entry_point, cut_off=cut_off)


def _extract(text: str, language: Language, entry_point: str, *, cut_off: bool) -> Extraction:
    patience = Patience()
    fenced = _fenced(text, language, patience)
    if fenced and entry_point:
        name = entry_point.partition("(")[0]
        defining = next((one.text for one in fenced if defines(one.text, name)), None)
        if defining is not None:
            return Extraction(defining, Found.FENCED, len(fenced))
    if fenced:
        return Extraction(choose(fenced, language), Found.FENCED, len(fenced))
    if language is Language.PYTHON:
        text = _without_margin(text)
    found = _programs(without_fences(text), language, patience)
    if language is Language.PYTHON and not (found.complete and _at_margin(found.complete[0].text)):
        indented = [
            Candidate(block)
            for block in indented_blocks(text)
            if any(one.whole for one in _programs(block, language, patience).complete)
            and not returns_outside(block)
        ]
        if indented:
            return Extraction(choose(indented, language), Found.FIRST_PROGRAM, len(indented))
    if found.complete:
        first = found.complete[0]
        how = Found.WHOLE if first.whole else Found.FIRST_PROGRAM
        return Extraction(first.text, how, len(found.complete))
    if found.begun or (cut_off and "```" in text):
        return Extraction(None, Found.TRUNCATED if cut_off else Found.INCOMPLETE, 0)
    return Extraction(None, Found.TRUNCATED if cut_off else Found.NO_PROGRAM, 0)


def _fenced(text: str, language: Language, patience: Patience) -> list[Candidate]:
    """Return the complete programs in fenced blocks, of those of the language if there are any."""
    found: dict[bool, list[Candidate]] = {True: [], False: []}
    for block in blocks(text, lambda block: _is_program(block, language)):
        whole = _text(block, language)
        programs = [one.text for one in _programs(whole, language, patience).complete]
        expected = language is not Language.PYTHON or bool(_PYTHON_TAGS.fullmatch(block.tag))
        expected = expected or whole.strip() not in block.text  # code has no tag
        # A block is one text: it is taken as it is unless it holds several programs.
        explained = not block.closed and _explained(whole, programs)
        texts = [whole] if len(programs) == 1 and not explained else programs
        found[expected] += [Candidate(one, block.heading) for one in texts]
    return found[True] or found[False]


def _explained(text: str, programs: list[str]) -> bool:
    """Whether a text is a program and an explanation below it."""
    if not programs:
        return False
    before, program, after = text.partition(programs[0].rstrip())
    return bool(program) and not before.strip() and _PROSE.match(after) is not None


def _text(block: Block, language: Language) -> str:
    """Return a block's text, and before it the code on the line that opens it, if there is any."""
    tag = _TAGS[language].match(block.info)
    line = block.info[tag.end() :].strip() if tag else block.info
    begins = begins_cpp if language is Language.CPP else begins_python
    if line and begins(line, block.text):
        return f"{line}\n{block.text}"
    return block.text if language is Language.CPP else _without_prompts(_without_margin(block.text))


def _at_margin(text: str) -> bool:
    return text.lstrip("\n")[:1] not in (" ", "\t")


def _without_margin(text: str) -> str:
    """Take away what indents all lines of a Python program, but not of a function's body alone."""
    if _at_margin(text):
        return text
    program = textwrap.dedent(text)
    return text if returns_outside(program) else program


def _without_prompts(text: str) -> str:
    """Return the input of an interpreter's session: what stands behind its prompts."""
    if not _SESSION.match(text.lstrip()):
        return text
    lines = (_PROMPT.match(line) for line in text.splitlines())
    return "".join(f"{line[1]}\n" for line in lines if line)


def _is_program(block: Block, language: Language) -> bool:
    text = _text(block, language)
    programs = _programs(text, language, Patience(0)).complete
    return len(programs) == 1 and programs[0].whole


def _programs(text: str, language: Language, patience: Patience) -> AnswerPrograms:
    return cpp_programs(text) if language is Language.CPP else python_programs(text, patience)
