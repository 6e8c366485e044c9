"""What goes to an OpenAI-compatible server and what comes back: pure functions of bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from pie.core.models.model import ModelError, Request, Sampling
from pie.core.prompting.prompts import Form
from pie.core.wording import one_line

FORBIDDEN_FIELDS = ("messages", "prompt", "model", "n", "stream", "best_of", "echo")
"""Fields of a request that decide what is asked, or how many answers come; not for --body."""
_TOO_LONG = re.compile(
    r"context.?(?:length|window|size)|maximum.{0,20}context|(?:prompt|input) is too long"
    r"|too many (?:input )?tokens",
    re.IGNORECASE,
)


_SURROGATE = re.compile(r"[\ud800-\udfff]")
_MOST_TOKENS = 10**12
_SAID = ("text", "output_text")
"""Types of a content's parts that belong to the answer; others are images or thoughts."""
_GIVEN_UP = ("error", "abort")
"""Finish reasons of an answer that a server could not end (vLLM, SGLang, OpenRouter)."""
_FOREIGN = "the reply is not that of an OpenAI-compatible server"


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
    """Return the answer in a reply's body; ValueError when it is none.

    Each text but the answer's own, which is measured as it is, goes through `clean`.
    Only what holds no answer is refused: an answer is paid for, so whatever is odd beside it is
    taken as not said.
    """
    reply = _parsed(data)
    choices = reply.get("choices") if isinstance(reply, dict) else None
    if not isinstance(reply, dict) or not isinstance(choices, list):
        raise ValueError(_FOREIGN)
    known = [one for one in choices if isinstance(one, dict)]
    if not choices:
        raise ValueError("the reply holds no answer")
    if not known:
        raise ValueError(_FOREIGN)
    chosen = next((one for one in known if one.get("index") == 0), known[0])
    reason = _string(chosen.get("finish_reason"))
    message = chosen.get("message")
    content = message.get("content") if isinstance(message, dict) else chosen.get("text")
    # An error beside no text is a router's, whatever it names as the reason.
    if reason.lower() in _GIVEN_UP or (chosen.get("error") and not content):
        _code, said = _told(chosen.get("error"), clean)
        raise ValueError(
            f"the server gave the answer up (finish_reason {reason!r})"
            + (f": {said}" if said else "")
        )
    text = _text_of(content)
    usage = reply.get("usage")
    tokens = usage if isinstance(usage, dict) else {}
    return Reply(
        _SURROGATE.sub("\ufffd", text),
        one_line(clean(reason) or "unknown"),
        _tokens(tokens.get("prompt_tokens")),
        _tokens(tokens.get("completion_tokens")),
        one_line(clean(_string(reply.get("model"))), 100),
    )


def _text_of(content: object) -> str:
    """Return a content's text: a string, nothing, or the texts of a list of parts."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise ValueError(_FOREIGN)
    parts = [one if isinstance(one, dict) else {"text": one} for one in content]
    said = [one.get("text") for one in parts if one.get("type", "text") in _SAID]
    return "".join(one for one in said if isinstance(one, str))


def _integer(digits: str) -> int | None:
    return int(digits) if len(digits) < 20 else None


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _tokens(value: object) -> int | None:
    """Return a number of tokens; None for what cannot be one."""
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        value = _integer(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= _MOST_TOKENS else None


def error_in(data: bytes, clean: Callable[[str], str] = str) -> tuple[int, str, str] | None:
    """Return (status, code, message) of an error that came as a good reply; None for no error.

    Proxies and routers answer so. The status is the error's own where it has one, else 502, as of a
    server behind that failed.
    """
    reply = _parsed(data)
    if not isinstance(reply, dict) or reply.get("choices"):
        return None
    told = reply.get("error")
    if not told and "choices" not in reply and (reply.get("message") or reply.get("detail")):
        told = reply  # the reply itself is the error, as old vLLM's and FastAPI's
    if not told:
        return None
    code, message = _told(told, clean)
    if re.fullmatch("[45][0-9][0-9]", code):
        return int(code), code, message
    return 400 if says_too_long(code, message) else 502, code, message


def _parsed(data: bytes) -> Any:
    """Return a body's JSON; None for what is none."""
    try:
        return json.loads(data.decode("utf-8-sig", "replace"), parse_int=_integer)
    except (ValueError, RecursionError):
        return None


def error_message(data: bytes, clean: Callable[[str], str] = str) -> tuple[str, str]:
    """Return (code, message) of an error's body, on one line; empty where it says nothing.

    Each text goes through `clean` before it is cut.
    """
    try:
        told = json.loads(data)
    except (ValueError, RecursionError):
        return "", one_line(clean(data.decode("utf-8", "replace").strip()), 200)
    return _told(told.get("error", told) if isinstance(told, dict) else told, clean)


def _told(inner: object, clean: Callable[[str], str]) -> tuple[str, str]:
    """Return (code, message) of an error object, or of what stands in its place."""
    if inner is None:
        return "", ""
    if not isinstance(inner, dict):
        return "", one_line(clean(str(inner)), 200)
    code = clean(str(inner.get("code") or inner.get("type") or ""))
    message = clean(str(inner.get("message") or inner.get("detail") or ""))
    return code[:80], one_line(message, 200)


def says_too_long(code: str, message: str) -> bool:
    """Whether an error means that the prompt exceeds the model's context."""
    return "context_length" in code or "exceed_context" in code or bool(_TOO_LONG.search(message))
