"""Tokens counted by a model's own tokenizer."""

from __future__ import annotations

from typing import Any

from pie.core.extras import require
from pie.core.models.model import ModelError
from pie.core.prompting.prompts import Prompt
from pie.core.wording import one_line


def load_tokenizer(name: str) -> Any:
    """Return a tokenizer of transformers; ModelError when it cannot be loaded."""
    transformers = require("transformers", "finetune")
    try:
        return transformers.AutoTokenizer.from_pretrained(name)
    except Exception as error:  # whatever transformers raises for a folder that is none
        raise ModelError(
            f"the tokenizer of {name} cannot be loaded ({one_line(str(error), 120)})",
            "give a model's folder or its name on the Hub",
        ) from error


def token_ids(tokenizer: Any, prompt: Prompt) -> list[int]:
    """Return the tokens that a model reads: by its chat template in chat form.

    Special tokens that a program spells out (`</s>`, `<|im_end|>`) are text, as in training: it
    can neither end its prompt nor speak as somebody else. Those of the template are special.
    """
    if not prompt.messages:
        return list(tokenizer(prompt.text, split_special_tokens=True)["input_ids"])
    if not tokenizer.chat_template:
        raise ModelError(
            "the tokenizer has no chat template, so it cannot take messages", "use --form plain"
        )
    hidden: dict[str, str] = {}
    messages = [
        {"role": one.role, "content": _hide(one.content, hidden, tokenizer, prompt.digest)}
        for one in prompt.messages
    ]
    text = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    ids: list[int] = []
    for name, words in hidden.items():
        before, found, text = text.partition(name)
        if not found or name in text:
            raise ModelError(
                "a message spells a special token out, and the chat template changes the message",
                "use --form plain",
            )
        ids += tokenizer(before, add_special_tokens=False)["input_ids"]
        ids += tokenizer(words, add_special_tokens=False, split_special_tokens=True)["input_ids"]
    return ids + list(tokenizer(text, add_special_tokens=False)["input_ids"])


def _hide(content: str, hidden: dict[str, str], tokenizer: Any, digest: str) -> str:
    """Put a name in the place of a message that spells a special token out.

    Where none does, the text is tokenised in one piece: characters around a boundary can merge
    into one token, and a model is to read what its template makes of plain messages.
    """
    added = getattr(tokenizer, "added_tokens_decoder", {}).values()
    special = {str(one) for one in added if one.special} | set(tokenizer.all_special_tokens)
    words = content.strip()  # templates may do that to them
    if not any(one in words for one in special):
        return content
    name = f"message {len(hidden)} {digest}"  # of the whole prompt, so no message can hold it
    hidden[name] = words
    return content.replace(words, name, 1)


class TokenizerCounter:
    """Counts by a tokenizer that is loaded when first needed."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._tokenizer: Any = None

    def count(self, prompt: Prompt) -> int:
        """Return the prompt's tokens; without a chat template those of the bare messages."""
        if self._tokenizer is None:
            self._tokenizer = load_tokenizer(self._name)
        if prompt.messages and not self._tokenizer.chat_template:
            from pie.core.prompting.token_budget import TOKENS_PER_MESSAGE

            texts = [one.content for one in prompt.messages]
            counted = sum(len(self._tokenizer(text)["input_ids"]) for text in texts)
            return counted + TOKENS_PER_MESSAGE * (len(texts) + 1)
        return len(token_ids(self._tokenizer, prompt))
