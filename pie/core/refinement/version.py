"""The programs of one task so far, and the turns that they came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pie.core.prompting.prompts import Message, Prompt
from pie.core.refinement.evidence import Evidence

Histories = Mapping[str, tuple[Message, ...]]
"""By role: its messages so far, without the system's."""


@dataclass(frozen=True)
class Version:
    """A program of a task and what the public tests say of it."""

    program: str
    evidence: Evidence
    turn: int = -1
    """Number of the turn whose answer it is; -1 for the given one."""
    histories: Histories = field(default_factory=dict)
    """The conversations that led to it."""


class Fate(StrEnum):
    """What became of an answer; the order is the order of display."""

    KEPT = "kept"
    TEXT = "text"
    """Words for a later request."""
    NOT_FASTER = "not_faster"
    WRONG = "wrong"
    """Its program fails the public tests, and the strategy does not keep such."""
    REPEATED = "repeated"
    """Its program is one that the task had before."""
    NO_PROGRAM = "no_program"
    NOT_MEASURED = "not_measured"
    """Our own failure: its program was not measured."""
    UNCLEAR_REVIEW = "unclear_review"
    """A review that neither agrees nor disagrees; its words are shown all the same."""


class Stop(StrEnum):
    """Why a task ended."""

    FINISHED = "finished"
    EXHAUSTED = "exhausted"
    """Recorded answers came to their end."""
    PROMPT_TOO_LONG = "prompt_too_long"
    BUDGET = "budget"
    """The run's limit of cost or tokens was reached; a higher one goes on from here."""
    UNANSWERED = "unanswered"
    """A request got no answer; the same command asks it again."""
    UNCHANGED = "unchanged"
    """An iteration brought nothing new, and the strategy ends then."""


@dataclass(frozen=True)
class Turn:
    """One request, its answer, and what came of it."""

    number: int
    iteration: int
    """0 asks for the first program."""
    step: str
    role: str
    template: str
    prompt: Prompt
    answer: Mapping[str, Any]
    """The stored line of the answer: text, tokens, finish reason, seed."""
    found: str
    """How a program was found in it, or why not; empty where none was looked for."""
    program: str | None
    evidence: Evidence | None
    fate: Fate
    profile_problem: str = ""
    """Why the prompt holds no profile, where the strategy shows one."""


@dataclass(frozen=True)
class Refined:
    """A task that came to its end."""

    turns: tuple[Turn, ...]
    programs: tuple[str | None, ...]
    """The kept program after each iteration, from 0 (the given or first one); as many as the
    strategy has iterations: one that stops early goes on with its last program."""
    evidence: tuple[Evidence | None, ...]
    """Of the same programs on the public tests."""
    stop: Stop
