"""Prompt/completion rows: one JSON object a line, read one at a time and checked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from finetune.errors import FinetuneError


@dataclass(frozen=True)
class Row:
    """What the model reads, and what it is to write after it."""

    prompt: str
    completion: str
    problem: str = ""
    """`problem_id`, where the row has one."""


def read_rows(path: Path) -> Iterator[Row]:
    """Yield the rows of a file; FinetuneError names file and line of the first that is none.

    Blank lines are skipped; of other fields only `problem_id` is read. A set for
    training is written by a program, so a broken line means a broken file: nothing is left out.
    """
    number = found = 0
    try:
        with path.open("rb") as file:
            for number, data in enumerate(file, start=1):
                if number == 1:
                    data = data.removeprefix(b"\xef\xbb\xbf")
                if data.strip():
                    found += 1
                    yield _row(data, f"{path}:{number}")
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


def _row(data: bytes, place: str) -> Row:
    try:
        fields = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise FinetuneError(f"{place} is not a line of JSON", "mend or remove the line") from error
    if not isinstance(fields, dict):
        raise FinetuneError(f"{place} is not a JSON object", "mend or remove the line")
    for name in ("prompt", "completion"):
        value = fields.get(name)
        if name not in fields or value is None:
            raise FinetuneError(f"{place} has no {name}", "each row needs prompt and completion")
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
    problem = fields.get("problem_id")
    named = isinstance(problem, str | int) and not isinstance(problem, bool)
    return Row(fields["prompt"], fields["completion"], str(problem) if named else "")
