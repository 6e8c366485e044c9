"""Ends the rows of a batch whose answers have come to a stop text.

That of transformers asks for a tokenizer of bytes; this one decodes the last tokens of each answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_LAST_TOKENS = 32
"""More than any stop text has."""


class StopTexts:
    """A stopping criterion of transformers for answers that begin at a column."""

    def __init__(self, tokenizer: Any, stops: Sequence[str], begin: int) -> None:
        self._tokenizer = tokenizer
        self._stops = tuple(stops)
        self._begin = begin

    def __call__(self, input_ids: Any, _scores: Any, **_more: Any) -> Any:
        """Return for each row whether its answer holds a stop text."""
        import torch

        last = input_ids[:, max(self._begin, input_ids.shape[1] - _LAST_TOKENS) :].tolist()
        texts = self._tokenizer.batch_decode(last, skip_special_tokens=True)
        ended = [any(stop in text for stop in self._stops) for text in texts]
        return torch.tensor(ended, dtype=torch.bool, device=input_ids.device)
