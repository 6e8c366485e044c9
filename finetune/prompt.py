"""A prompt as tokens, plain or chat: training and sampling both take them from here.

A plain prompt is its text after the tokeniser's beginning of sequence, and an answer ends with the
tokeniser's end of sequence. A chat's prompt is what the chat template makes of its messages, up to
where the assistant begins; an answer ends with the token that ends a turn in the template.

Special tokens that a program spells out (`</s>`, `<|im_end|>`) are text: a program can neither end
its prompt nor speak as somebody else. Those of the template are special.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from finetune.errors import FinetuneError

RECORD = "prompt_form.json"
"""A file beside a trained model or adapter that tells in which form it was trained."""


class Form(StrEnum):
    """One text that the model continues, or messages that it answers."""

    PLAIN = "plain"
    CHAT = "chat"


Messages = Sequence[tuple[str, str]]
"""(role, content) of each."""


@dataclass(frozen=True)
class Part:
    """A stretch of a prompt that is tokenised in one piece."""

    text: str
    special: bool
    """Whether special tokens that it spells out are meant as such: those of a template."""


@dataclass(frozen=True)
class Parts:
    """A prompt before it is tokenised; the last part is where an answer begins."""

    start: tuple[int, ...]
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Trained:
    """What a trained model says of the prompts that it was trained on."""

    form: Form
    ends: tuple[int, ...] = ()
    """Ids of the tokens that end its answers."""


def plain_parts(tokenizer: Any, text: str) -> Parts:
    """Return a plain prompt."""
    return Parts(beginning(tokenizer), (Part(text, special=False),))


def chat_parts(tokenizer: Any, messages: Messages) -> Parts:
    """Return a chat's prompt; FinetuneError when the tokeniser has no template that takes it.

    A message that spells a special token out is a part of its own. Where none does, the text stays
    in one piece: characters around a boundary can merge into one token, and a model is to read what
    its template makes of plain messages.
    """
    hidden: dict[str, str] = {}
    digest = hashlib.blake2b(json.dumps(list(messages)).encode(), digest_size=16).hexdigest()
    shown = [
        {"role": role, "content": _hide(content, hidden, tokenizer, digest)}
        for role, content in messages
    ]
    text = _templated(tokenizer, shown, begin_answer=True)
    parts: list[Part] = []
    for name, words in hidden.items():
        before, found, text = text.partition(name)
        if not found or name in text:
            raise FinetuneError(
                "a message spells a special token out, and the chat template changes the message",
                "use the plain form",
            )
        parts += [Part(before, special=True), Part(words, special=False)]
    return Parts((), (*parts, Part(text, special=True)))


def prompt_ids(tokenizer: Any, prompt: Parts) -> list[int]:
    """Return the tokens that a model reads before it answers."""
    ids = list(prompt.start)
    for part in prompt.parts:
        ids += encode(tokenizer, [part.text], special=part.special)[0]
    return ids


def encode(tokenizer: Any, texts: Sequence[str], *, special: bool) -> list[list[int]]:
    """Return texts as ids; the tokeniser's own beginning and end are not among them."""
    more = {} if special else {"split_special_tokens": True}
    encoded = tokenizer(list(texts), add_special_tokens=False, verbose=False, **more)
    return [list(ids) for ids in encoded.input_ids]


def beginning(tokenizer: Any) -> tuple[int, ...]:
    """Return what the tokeniser puts before every text; an end that it puts after is not it."""
    ids = list(tokenizer("").input_ids)
    while ids and ids[-1] == tokenizer.eos_token_id != tokenizer.bos_token_id:
        ids.pop()
    return tuple(ids)


def end_of(tokenizer: Any, form: Form) -> int:
    """Return the token that ends an answer; FinetuneError for a tokeniser without one.

    In chat form it is the first special token that the template puts after an assistant's words,
    or the end of sequence where it puts none.
    """
    if form is Form.CHAT:
        words = "the assistant's words"
        asked = [{"role": "user", "content": "ask"}, {"role": "assistant", "content": words}]
        _before, found, after = _templated(tokenizer, asked, begin_answer=False).partition(words)
        if found and after:
            special = set(tokenizer.all_special_ids) | _added(tokenizer).keys()
            for token in encode(tokenizer, [after], special=True)[0]:
                if token in special:
                    return int(token)
    if tokenizer.eos_token_id is None:
        raise FinetuneError("the tokeniser has no end of sequence", "choose a model that has one")
    return int(tokenizer.eos_token_id)


def spells_special(tokenizer: Any, text: str) -> bool:
    """Whether a text spells one of the tokeniser's special tokens out."""
    special = set(_added(tokenizer).values()) | set(tokenizer.all_special_tokens)
    return any(one in text for one in special)


def write_record(folder: Path, trained: Trained) -> None:
    """Write beside a trained model in which form it is to be asked."""
    document = {"schema_version": 1, "form": trained.form, "end_token_ids": list(trained.ends)}
    (folder / RECORD).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def read_record(path: Path) -> Trained | None:
    """Return what the file says; None where there is no file, FinetuneError where it is broken."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        ends = tuple(int(one) for one in document.get("end_token_ids", ()))
        return Trained(Form(document["form"]), ends)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise FinetuneError(
            f"{path} does not say in which form its model was trained",
            "copy it again from the training's folder",
        ) from error


def _templated(tokenizer: Any, messages: Sequence[Mapping[str, str]], *, begin_answer: bool) -> str:
    if not tokenizer.chat_template:
        raise FinetuneError(
            "the tokenizer has no chat template, so it cannot take messages", "use the plain form"
        )
    from jinja2 import TemplateError

    try:
        return str(
            tokenizer.apply_chat_template(
                list(messages), add_generation_prompt=begin_answer, tokenize=False
            )
        )
    except (TemplateError, ValueError, TypeError, KeyError) as error:
        said = (str(error).strip().splitlines() or [type(error).__name__])[0][:120]
        raise FinetuneError(
            f"the tokenizer's chat template refuses the messages ({said})", "use the plain form"
        ) from error


def _added(tokenizer: Any) -> dict[int, str]:
    added = getattr(tokenizer, "added_tokens_decoder", {})
    return {int(number): str(one) for number, one in added.items() if one.special}


def _hide(content: str, hidden: dict[str, str], tokenizer: Any, digest: str) -> str:
    """Put a name in the place of a message that spells a special token out."""
    words = content.strip()  # templates may do that to them
    if not spells_special(tokenizer, words):
        return content
    name = f"message {len(hidden)} {digest}"  # of the whole prompt, so no message can hold it
    hidden[name] = words
    return content.replace(words, name, 1)
