"""The formats of a training row; each has one template, used in training and sampling alike.

| format             | template of             | what else the model reads                     |
| ------------------ | ----------------------- | --------------------------------------------- |
| `plain`            | PIE, Figure 16          | nothing                                       |
| `perf-conditioned` | PIE, Figure 2           | the target's score; in sampling the wanted    |
| `...-code`         | PIE's published code    | the same                                      |
| `ecco`             | ECCO, Figure 6          | nothing                                       |
| `ecco-execution`   | ECCO, Figures 6 and 7   | verdict, time and memory on the first tests   |
| `ecco-trajectory`  | ECCO, Figure 11         | the user's programs at 0, 33, 66 % of the way |
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any

from pie.core.problem import InputError
from pie.core.prompting.prompts import BEST_SCORE, SYSTEM, Form, Message, Prompt, Strategy, render
from sim.program import Language

if TYPE_CHECKING:
    from jinja2 import Environment

    from pie.core.training.execution import TestRun

_TAGS = tuple(str(one) for one in range(1, BEST_SCORE + 1))
_LANGUAGE = {Language.CPP: "C++", Language.PYTHON: "python"}
_STRATEGY: dict[str, Strategy] = {
    "plain": Strategy.FINETUNED,
    "perf-conditioned": Strategy.PERF_CONDITIONED,
    "perf-conditioned-code": Strategy.PERF_CONDITIONED_CODE,
}


class Format(StrEnum):
    """How a pair becomes a prompt."""

    PLAIN = "plain"
    PERF_CONDITIONED = "perf-conditioned"
    PERF_CONDITIONED_CODE = "perf-conditioned-code"
    ECCO = "ecco"
    ECCO_EXECUTION = "ecco-execution"
    ECCO_TRAJECTORY = "ecco-trajectory"


SCORED = frozenset({Format.PERF_CONDITIONED, Format.PERF_CONDITIONED_CODE})
"""Formats that show a score."""


@dataclass(frozen=True)
class Shown:
    """What a prompt shows of a pair or a trajectory; the completion is not part of it."""

    language: Language
    programs: tuple[str, ...]
    """The source; of a trajectory up to three programs, slowest first."""
    score: int = BEST_SCORE
    runs: tuple[TestRun, ...] = ()


def format_of(name: str) -> Format:
    """Return a format by its name; InputError names the known ones."""
    try:
        return Format(name)
    except ValueError as error:
        raise InputError(
            f"the format {name!r} is not known", f"choose one of {', '.join(Format)}"
        ) from error


def named_form(name: str) -> Form:
    """Return a form by its name; InputError names the known ones."""
    try:
        return Form(name)
    except ValueError as error:
        raise InputError(f"the form {name!r} is not known", "choose plain or chat") from error


def prompt_of(kind: Format, form: Form, shown: Shown) -> Prompt:
    """Return the prompt; ValueError when the score is not within 1 to 10."""
    strategy = _STRATEGY.get(kind)
    if strategy is not None:
        return render(strategy, form, shown.programs[0], shown.language, score=shown.score)
    template = "ecco-trajectory" if kind is Format.ECCO_TRAJECTORY else "ecco"
    text = (
        _environment()
        .get_template(f"{template}.j2")
        .render(
            language=_LANGUAGE[shown.language],
            programs=shown.programs,
            runs=shown.runs,
            correct=all(one.passed for one in shown.runs),
        )
    )
    if form is Form.PLAIN:
        return Prompt(form, text)
    return Prompt(form, text, (Message("system", SYSTEM), Message("user", text)))


def chat_row(prompt: Prompt, completion: str) -> dict[str, Any]:
    """Return a row of hosted fine-tuning: the prompt's messages, then the assistant's answer."""
    messages = [{"role": one.role, "content": one.content} for one in prompt.messages]
    return {"messages": [*messages, {"role": "assistant", "content": completion}]}


def parse_tags(text: str) -> tuple[int, ...]:
    """Read score tags such as `10` or `10,9,8`; InputError for one that is outside 1 to 10."""
    tags = []
    for part in text.split(","):
        if part.strip() not in _TAGS:
            raise InputError(
                f"the tag {part.strip()[:40]!r} is not one of 1 to 10",
                "give for example 10, or 10,9,8",
            )
        tags.append(int(part))
    if len(set(tags)) != len(tags):
        raise InputError(f"the tags {text!r} name one twice", "name each once")
    return tuple(tags)


def tag_of(value: object) -> int | None:
    """Return a row's tag, which data sets write as a number or a text; None when it has none.

    ValueError when it is not within 1 to 10.
    """
    if value is None or value == "":
        return None
    try:
        tag = int(float(value)) if isinstance(value, int | float | str) else 0
        exact = isinstance(value, int | float | str) and float(value) == tag
    except (ValueError, OverflowError):
        tag, exact = 0, False
    if isinstance(value, bool) or not exact or not 1 <= tag <= BEST_SCORE:
        raise ValueError(f"the tag {value!r} is not one of 1 to 10")
    return tag


def as_text(prompt: Prompt, completion: str) -> Sequence[str]:
    """Return the lines that show a row for reading, what is learned apart from what is not."""
    learned = ("--- in the loss:", completion) if completion else ()
    return ("--- not in the loss:", prompt.text, *learned, "---")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("pie.core", "templates"),
        undefined=StrictUndefined,
        autoescape=False,  # programs, not HTML
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
