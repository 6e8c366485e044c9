"""Whether a row fits the model: counted by its tokeniser, or estimated from bytes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pie.core.problem import InputError
from pie.core.prompting.prompts import Form, Prompt
from pie.core.prompting.token_budget import BYTES_PER_TOKEN, TOKENS_PER_MESSAGE, estimate_tokens
from pie.core.training.formats import as_text

if TYPE_CHECKING:
    from finetune.rows import Row


class Length:
    """The limit of a row's tokens; rows beyond are left out whole, never cut."""

    def __init__(self, tokenizer: str, max_tokens: int | None) -> None:
        """InputError when there is no such tokeniser."""
        self._limit = max_tokens
        self._tokenizer: Any = None
        self.rule = "no limit"
        if tokenizer:
            from finetune import model
            from finetune.errors import FinetuneError

            try:
                folder = Path(tokenizer)
                has_one = (folder / "tokenizer_config.json").is_file()
                self._tokenizer = model.load_tokenizer(
                    folder if has_one else model.folder_of(tokenizer)
                )
            except FinetuneError as error:
                raise InputError(error.what, error.remedy) from error
        if max_tokens is not None:
            by = f"by {tokenizer}" if tokenizer else f"estimated as UTF-8 bytes / {BYTES_PER_TOKEN}"
            self.rule = f"{max_tokens} tokens, counted {by}"

    def fits(self, prompt: Prompt, completion: str) -> bool:
        """Whether prompt, completion and end of sequence are within the limit."""
        return self._limit is None or self._count(prompt, completion) <= self._limit

    def shown(self, prompt: Prompt, completion: str) -> str:
        """Return a row for reading: decoded from its tokens by their mask where a tokeniser is."""
        if self._tokenizer is None or not completion or self._untemplated(prompt):
            return "\n".join(as_text(prompt, completion))
        from finetune.tokens import encode, shown

        ((tokens, _apart),) = encode([_row(prompt, completion)], self._tokenizer)
        return shown(tokens, self._tokenizer)

    def _count(self, prompt: Prompt, completion: str) -> int:
        if self._tokenizer is None:
            return estimate_tokens(prompt) + -(-len(completion.encode()) // BYTES_PER_TOKEN) + 1
        from finetune.rows import Row
        from finetune.tokens import encode

        if not self._untemplated(prompt):
            ((tokens, _apart),) = encode([_row(prompt, completion)], self._tokenizer)
            return len(tokens.ids)
        row = Row("".join(one.content for one in prompt.messages), completion)
        ((tokens, _apart),) = encode([row], self._tokenizer)
        return len(tokens.ids) + TOKENS_PER_MESSAGE * (len(prompt.messages) + 1)

    def _untemplated(self, prompt: Prompt) -> bool:
        """Whether a chat is for another model: the tokeniser has no template."""
        return prompt.form is Form.CHAT and not self._tokenizer.chat_template


def _row(prompt: Prompt, completion: str) -> Row:
    from finetune.rows import Row

    if prompt.form is Form.PLAIN:
        return Row(prompt.text, completion)
    messages = tuple((one.role, one.content) for one in prompt.messages)
    return Row("", completion, messages=messages)
