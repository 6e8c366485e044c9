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
    """Return the tokens that a model reads: by its chat template in chat form."""
    if not prompt.messages:
        return list(tokenizer(prompt.text)["input_ids"])
    if not tokenizer.chat_template:
        raise ModelError(
            "the tokenizer has no chat template, so it cannot take messages", "use --form plain"
        )
    messages = [{"role": one.role, "content": one.content} for one in prompt.messages]
    text = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


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
