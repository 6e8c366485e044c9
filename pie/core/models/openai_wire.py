"""What goes to an OpenAI-compatible server and what comes back: pure functions of bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlsplit, urlunsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pie.core.models.model import ModelError, Request, Sampling
from pie.core.prompts import Form
from pie.core.wording import one_line

FORBIDDEN_FIELDS = ("messages", "prompt", "model", "n", "stream", "best_of", "echo")
"""Fields of a request that decide what is asked, or how many answers come; not for --body."""
_TOO_LONG = re.compile(
    r"context.?(?:length|window|size)|maximum.{0,20}context|(?:prompt|input) is too long"
    r"|too many (?:input )?tokens",
    re.IGNORECASE,
)


Tokens = Annotated[int, Field(ge=0, le=10**12)]


class _Message(BaseModel):
    model_config = ConfigDict(extra="ignore")
    content: str | None = None


class _Choice(BaseModel):
    model_config = ConfigDict(extra="ignore")
    message: _Message | None = None
    text: str | None = None
    finish_reason: str | None = None


class _Usage(BaseModel):
    model_config = ConfigDict(extra="ignore")
    prompt_tokens: Tokens | None = None
    completion_tokens: Tokens | None = None


class _Reply(BaseModel):
    model_config = ConfigDict(extra="ignore")
    choices: list[_Choice]
    usage: _Usage | None = None
    model: str | None = None


@dataclass(frozen=True)
class Reply:
    """One answer of a server."""

    text: str
    finish_reason: str
    tokens_in: int | None
    tokens_out: int | None
    model: str


def clean_url(text: str) -> str:
    """Return a base URL without a slash at its end; ModelError when it is none or holds secrets."""
    try:
        parts = urlsplit(text.strip())
        fine = parts.scheme in ("http", "https") and bool(parts.hostname)
        secret = parts.username is not None or bool(parts.query)
    except ValueError:
        fine, secret = False, False
    if not fine:
        raise ModelError(
            f"the base URL {one_line(text)!r} is no address of a server",
            "give one such as http://127.0.0.1:8000/v1",
        )
    if secret:
        raise ModelError(
            "the base URL holds a user name, a password or a query",
            "give the key in OPENAI_API_KEY and the plain address here",
        )
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))


def path_of(request: Request) -> str:
    """Return the endpoint under the base URL."""
    return "/chat/completions" if request.prompt.form is Form.CHAT else "/completions"


def body_of(
    request: Request, model: str, sampling: Sampling, more: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the JSON body; a null in `more` leaves its field out."""
    body: dict[str, Any] = {
        "model": model,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "max_tokens": sampling.max_new_tokens,
        "seed": request.seed,
    }
    if request.prompt.form is Form.CHAT:
        body["messages"] = [
            {"role": one.role, "content": one.content} for one in request.prompt.messages
        ]
    else:
        body["prompt"] = request.prompt.text
    if request.prompt.stop:
        body["stop"] = list(request.prompt.stop)
    body.update(more)
    return {name: value for name, value in body.items() if value is not None}


def read_reply(data: bytes, clean: Callable[[str], str] = str) -> Reply:
    """Return the answer in a reply's body, each text after `clean`; ValueError when it is none."""
    try:
        reply = _Reply.model_validate_json(data)
    except ValidationError as error:
        raise ValueError("the reply is not that of an OpenAI-compatible server") from error
    if not reply.choices:
        raise ValueError("the reply holds no answer")
    first = reply.choices[0]
    text = first.message.content if first.message is not None else first.text
    usage = reply.usage or _Usage()
    return Reply(
        clean(text or ""),
        one_line(clean(first.finish_reason or "unknown")),
        usage.prompt_tokens,
        usage.completion_tokens,
        one_line(clean(reply.model or ""), 100),
    )


def error_message(data: bytes, clean: Callable[[str], str] = str) -> tuple[str, str]:
    """Return (code, message) of an error's body, on one line; empty where it says nothing.

    Each text goes through `clean` before it is cut.
    """
    try:
        told = json.loads(data)
    except (ValueError, RecursionError):
        return "", one_line(clean(data.decode("utf-8", "replace").strip()), 200)
    inner = told.get("error", told) if isinstance(told, dict) else told
    if not isinstance(inner, dict):
        return "", one_line(clean(str(inner)), 200)
    code = clean(str(inner.get("code") or inner.get("type") or ""))
    message = clean(str(inner.get("message") or inner.get("detail") or ""))
    return code[:80], one_line(message, 200)


def says_too_long(code: str, message: str) -> bool:
    """Whether an error means that the prompt exceeds the model's context."""
    return "context_length" in code or "exceed_context" in code or bool(_TOO_LONG.search(message))
