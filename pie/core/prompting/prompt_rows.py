"""Rows that hold their own prompt, as `pie finetune data --sampling` writes them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from pie.core.problem import RowProblem
from pie.core.prompting.prompts import Form, Message, Prompt, Strategy
from pie.core.rows import parse_object, read_lines

_STRATEGY = {
    "plain": Strategy.FINETUNED,
    "perf-conditioned": Strategy.PERF_CONDITIONED,
    "perf-conditioned-code": Strategy.PERF_CONDITIONED_CODE,
}
"""Which strategy asks what a format of rows asks; the other formats have none."""


def holds_prompt(fields: Mapping[str, Any]) -> bool:
    """Whether a row holds its prompt."""
    return "prompt" in fields and "format" in fields and "form" in fields


def prompt_in(fields: Mapping[str, Any]) -> Prompt:
    """Return the prompt that a row holds; RowProblem says what is wrong with it."""
    if not holds_prompt(fields):
        raise RowProblem("the row holds no prompt, and rows before do")
    asked, stop = fields["prompt"], fields.get("stop", [])
    try:
        form = Form(fields["form"])
    except ValueError as error:
        raise RowProblem(f"the form {fields['form']!r} is neither plain nor chat") from error
    if not (isinstance(stop, list) and all(isinstance(one, str) and one for one in stop)):
        raise RowProblem("stop is no list of texts")
    if form is Form.PLAIN:
        if not isinstance(asked, str):
            raise RowProblem("the prompt of a row in plain form is no text")
        return Prompt(form, _whole(asked), stop=tuple(stop))
    if not (isinstance(asked, list) and asked):
        raise RowProblem("the prompt of a row in chat form is no list of messages")
    messages = []
    for one in asked:
        said = (one.get("role"), one.get("content")) if isinstance(one, dict) else (None, None)
        if not all(isinstance(part, str) for part in said):
            raise RowProblem("a message of the prompt is not of role and content")
        messages.append(Message(str(said[0]), _whole(str(said[1]))))
    return Prompt(form, messages[-1].content, tuple(messages), tuple(stop))


def first_prompt(path: Path) -> tuple[Strategy, Form] | None:
    """Return how the rows of a file ask, by its first line; None where they hold no prompts."""
    for line in islice(read_lines(path), 1):
        try:
            fields = parse_object(line.data)
            if not holds_prompt(fields):
                return None
            return _STRATEGY.get(str(fields["format"]), Strategy.ROWS), prompt_in(fields).form
        except RowProblem:  # the plan tells of each broken line
            return None
    return None


def _whole(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise RowProblem("the prompt holds half a character (a lone surrogate)") from error
    return text
