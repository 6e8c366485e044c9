"""Requests that are not served: a status, one sentence, and when to come again."""

from __future__ import annotations


class Refused(Exception):
    """A request that is not served."""

    def __init__(self, status: int, sentence: str, retry_after: int | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.retry_after = retry_after
        """Seconds."""
