"""Tokens counted by a model's own tokenizer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from finetune.errors import FinetuneError
from finetune.prompt import RECORD, Trained, chat_parts, plain_parts, prompt_ids, read_record
from pie.core.extras import require
from pie.core.models.model import ModelError
from pie.core.prompting.prompts import Form, Prompt
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
    """Return the tokens that a model reads, by the code that training takes them from."""
    try:
        if prompt.messages:
            messages = [(one.role, one.content) for one in prompt.messages]
            return prompt_ids(tokenizer, chat_parts(tokenizer, messages))
        return prompt_ids(tokenizer, plain_parts(tokenizer, prompt.text))
    except FinetuneError as error:
        raise ModelError(error.what, "use --form plain") from error


def trained_form(model: str) -> Trained | None:
    """Return what a folder or a name on the Hub says of how its model was trained, if it does.

    An adapter of this toolkit that was written before there was a record was trained on plain rows.
    ModelError when the record is broken.
    """
    folder = Path(model)
    try:
        if folder.is_dir():
            found = read_record(folder / RECORD)
            plain = found is None and (folder / "base_model_fingerprint").is_file()
            return Trained(Form.PLAIN) if plain else found
        path = require("transformers.utils", "finetune").cached_file(
            model,
            RECORD,
            _raise_exceptions_for_gated_repo=False,
            _raise_exceptions_for_missing_entries=False,
            _raise_exceptions_for_connection_errors=False,
        )
        return None if path is None else read_record(Path(path))
    except FinetuneError as error:
        raise ModelError(error.what, error.remedy) from error
    except (OSError, ValueError):  # no such name: whoever loads the model says so
        return None


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
