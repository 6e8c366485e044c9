"""Chat JSONL for hosted fine-tuning, checked before anything is uploaded or paid for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from pie.core.problem import InputError
from pie.core.prompting.token_budget import BYTES_PER_TOKEN

LEAST_EXAMPLES = 10
"""Fewer are refused by OpenAI."""
LARGEST_BYTES = 512 << 20
_ROLES = ("system", "user", "assistant")


@dataclass(frozen=True)
class ChatFile:
    """A file that hosted fine-tuning takes."""

    path: Path
    examples: int
    bytes: int
    tokens: int
    """Estimated: a third of the contents' bytes."""


def check(path: Path, limit: int | None = None) -> ChatFile:
    """Check every line of a file, or its first ones; InputError names the first that is refused."""
    examples = tokens = size = 0
    try:
        with path.open("rb") as file:
            for number, data in enumerate(islice(file, limit), start=1):
                if not data.strip():
                    raise _refused(path, number, "the line is blank")
                tokens += _check_line(path, number, data)
                examples += 1
                size += len(data)
    except OSError as error:
        raise InputError(
            f"the chat file {path} cannot be read ({error.strerror})",
            "write one with `pie finetune data --openai`",
        ) from error
    if examples < LEAST_EXAMPLES:
        raise InputError(
            f"{path} has {examples} examples and hosted fine-tuning wants {LEAST_EXAMPLES} or more",
            "give more rows",
        )
    if size > LARGEST_BYTES:
        raise InputError(
            f"{path} has {size >> 20} MiB and hosted fine-tuning takes {LARGEST_BYTES >> 20}",
            "choose fewer rows, for example with --hq",
        )
    return ChatFile(path, examples, size, tokens)


def _check_line(path: Path, number: int, data: bytes) -> int:
    """Check one line and return its estimated tokens."""
    try:
        row = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise _refused(path, number, "it is not JSON in UTF-8") from error
    messages: Any = row.get("messages") if isinstance(row, dict) else None
    if not isinstance(messages, list) or not messages:
        raise _refused(path, number, "it has no list of messages")
    if set(row) != {"messages"}:
        raise _refused(path, number, f"it has the unknown key {min(set(row) - {'messages'})!r}")
    size = 0
    for message in messages:
        if not isinstance(message, dict) or set(message) != {"role", "content"}:
            raise _refused(path, number, "a message is not of role and content")
        if message["role"] not in _ROLES:
            raise _refused(path, number, f"the role {message['role']!r} is not known")
        if not isinstance(message["content"], str) or not message["content"].strip():
            raise _refused(path, number, f"the {message['role']} says nothing")
        size += len(message["content"].encode("utf-8", "surrogatepass"))
    if messages[-1]["role"] != "assistant":
        raise _refused(path, number, "the last message is not the assistant's: nothing to learn")
    if not any(message["role"] == "user" for message in messages):
        raise _refused(path, number, "no message is the user's")
    return -(-size // BYTES_PER_TOKEN)


def _refused(path: Path, number: int, why: str) -> InputError:
    return InputError(f"{path}:{number}: {why}", "mend the line, or write the file again")
