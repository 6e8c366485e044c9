"""Prompt/completion rows: one JSON object a line, read one at a time and checked.

A plain row has two texts. A chat's row has a list of messages as its prompt and the assistant's as
its completion, as TRL's conversational rows; the rows of hosted fine-tuning (`messages`) are read
as the same. `form` says which, and all rows of a file have one.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finetune.errors import FinetuneError
from finetune.prompt import Form


@dataclass(frozen=True)
class Row:
    """What the model reads, and what it is to write after it."""

    prompt: str
    """Empty in chat form."""
    completion: str
    problem: str = ""
    """`problem_id`, where the row has one."""
    messages: tuple[tuple[str, str], ...] = ()
    """(role, content) of a chat's prompt; empty in plain form."""

    @property
    def form(self) -> Form:
        """How the model is asked."""
        return Form.CHAT if self.messages else Form.PLAIN


def read_rows(path: Path, limit: int | None = None) -> Iterator[Row]:
    """Yield all or the first rows of a file; FinetuneError names file and line of one that is none.

    Blank lines are skipped; of other fields only `problem_id` and `form` are read. A set for
    training is written by a program, so a broken line means a broken file: nothing is left out.
    """
    form: Form | None = None
    for place, fields in objects(path, limit):
        row = _row(fields, place, path)
        form = form or row.form
        if row.form is not form:
            raise FinetuneError(
                f"{place} is in {row.form} form and the rows before in {form}",
                "train on the rows of one form",
            )
        yield row


def objects(path: Path, limit: int | None = None) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield place and fields of each line that is not blank; FinetuneError for what is no object.

    With a `limit`, of the first so many. A file without any is an error.
    """
    found = 0
    try:
        with path.open("rb") as file:
            for number, data in enumerate(file, start=1):
                if number == 1:
                    data = data.removeprefix(b"\xef\xbb\xbf")
                if found == limit:
                    break
                if data.strip():
                    found += 1
                    place = f"{path}:{number}"
                    yield place, _object(data, place)
    except FileNotFoundError as error:
        raise FinetuneError(
            f"the rows {path} do not exist", "write them with `pie finetune data`"
        ) from error
    except OSError as error:
        raise FinetuneError(
            f"the rows {path} cannot be read ({error.strerror})", "give a readable JSONL file"
        ) from error
    if not found:
        raise FinetuneError(f"the rows {path} are empty", "write some with `pie finetune data`")


def data_line(pairs: Path, *options: str) -> str:
    """Return the command that makes rows of a file of pairs."""
    rows = pairs.with_suffix(".rows.jsonl")
    words = ["pie", "finetune", "data", "--pairs", str(pairs), *options, "--out", str(rows)]
    return shlex.join(words)


def form_of(path: Path) -> Form:
    """Return the form of a file's rows, by the first one."""
    return next(read_rows(path)).form


def format_of(path: Path) -> str:
    """Return the format of a file's rows, by the first one; empty where it tells none."""
    return str(next(objects(path, 1))[1].get("format") or "")


def _object(data: bytes, place: str) -> dict[str, Any]:
    try:
        fields = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise FinetuneError(f"{place} is not a line of JSON", "mend or remove the line") from error
    if not isinstance(fields, dict):
        raise FinetuneError(f"{place} is not a JSON object", "mend or remove the line")
    return fields


def _row(fields: dict[str, Any], place: str, path: Path) -> Row:
    if "prompt" not in fields and "src_code" in fields:
        raise FinetuneError(
            f"{place} is a pair, and not yet a row with prompt and completion",
            f"write rows with `{data_line(path)}` (and the --format and --form that the training "
            "rows have), and give those",
        )
    if "messages" in fields and "prompt" not in fields:
        messages = fields["messages"]
        if isinstance(messages, list) and messages:
            fields = {**fields, "prompt": messages[:-1], "completion": messages[-1:]}
    problem = fields.get("problem_id")
    named = isinstance(problem, str | int) and not isinstance(problem, bool)
    about = str(problem) if named else ""
    for name in ("prompt", "completion"):
        if fields.get(name) is None:
            raise FinetuneError(f"{place} has no {name}", "each row needs prompt and completion")
    prompt, asked = question(fields, place)
    return Row(prompt, answer(fields, "completion", place, chat=bool(asked)), about, asked)


def question(fields: dict[str, Any], place: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return a row's prompt: its text and no messages, or no text and its messages.

    FinetuneError for one that is neither, or of another form than the row says.
    """
    if fields.get("prompt") is None:
        raise FinetuneError(f"{place} has no prompt", "mend or remove the line")
    chat = isinstance(fields["prompt"], list)
    said = fields.get("form")
    if said is not None and said != (Form.CHAT if chat else Form.PLAIN):
        raise FinetuneError(
            f"{place} says that its form is {said!r}, and its prompt is "
            f"{'a list of messages' if chat else 'not a list of messages'}",
            "write the rows again with `pie finetune data`",
        )
    if not chat:
        return _text(fields["prompt"], place, "prompt"), ()
    return "", _messages(fields["prompt"], place, "prompt")


def answer(fields: dict[str, Any], name: str, place: str, *, chat: bool) -> str:
    """Return the text of an answer, which in a chat may be one message of the assistant."""
    value = fields.get(name)
    if value is None:
        raise FinetuneError(f"{place} has no {name}", "mend or remove the line")
    if chat and isinstance(value, list):
        answers = _messages(value, place, name)
        if len(answers) != 1 or answers[0][0] != "assistant":
            raise FinetuneError(
                f"{place} has a {name} that is not one message of the assistant",
                "mend or remove the line",
            )
        value = answers[0][1]
    return _text(value, place, name)


def _messages(value: Any, place: str, name: str) -> tuple[tuple[str, str], ...]:
    messages = []
    for one in value:
        role = one.get("role") if isinstance(one, dict) else None
        if not isinstance(role, str) or "content" not in one:
            raise FinetuneError(
                f"{place} has a {name} with a message that is not of role and content",
                "mend or remove the line",
            )
        messages.append((role, _text(one["content"], place, name)))
    if not messages:
        raise FinetuneError(f"{place} has an empty {name}", "mend or remove the line")
    return tuple(messages)


def _text(value: Any, place: str, name: str) -> str:
    if not isinstance(value, str):
        raise FinetuneError(f"{place} has a {name} that is not a string", "mend the line")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise FinetuneError(
            f"{place} has half a surrogate pair in its {name}", "mend or remove the line"
        ) from error
    if not value.strip():
        raise FinetuneError(f"{place} has an empty {name}", "mend or remove the line")
    return value
