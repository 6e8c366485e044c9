"""Rows as token ids with an exact loss mask: the completion is learned, the prompt only read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from finetune.errors import FinetuneError

if TYPE_CHECKING:
    import numpy

    from finetune.rows import Row

NO_LOSS = -100
"""The label of a token that adds nothing to the loss (PyTorch's `ignore_index`)."""


_AT_ONCE = 256
"""Rows given to the tokeniser together, which it spreads over the processors."""


@dataclass(frozen=True)
class Tokens:
    """One row: ids of the prompt, then of the completion with its end of sequence."""

    ids: numpy.ndarray
    """int32."""
    prompt: int
    """How many of them are the prompt's."""
    problem: str = ""
    """Whose solution it is, where that is known."""

    @property
    def learned(self) -> int:
        """Number of tokens that count in the loss."""
        return len(self.ids) - self.prompt

    def labels(self) -> numpy.ndarray:
        """Return the ids with the prompt's replaced by NO_LOSS; not shifted."""
        labels = self.ids.copy()
        labels[: self.prompt] = NO_LOSS
        return labels


@dataclass(frozen=True)
class TokenisedRows:
    """The rows that fit, and what became of the rest."""

    rows: tuple[Tokens, ...]
    left_out: int
    """Rows longer than `max_tokens`, left out whole."""
    longest_left_out: int
    joined: int
    """Rows whose halves were encoded apart, as the tokeniser would merge across the boundary."""
    max_tokens: int

    def sentence(self) -> str:
        """Say how many rows there are, and how many were left out."""
        said = f"{len(self.rows):,} rows of up to {self.max_tokens:,} tokens"
        if self.left_out:
            said += (
                f"; {self.left_out:,} longer ones, of up to {self.longest_left_out:,} tokens, "
                "were left out whole"
            )
        return said


def tokenise(rows: Iterable[Row], tokenizer: Any, max_tokens: int) -> TokenisedRows:
    """Encode rows and leave out those that are too long; FinetuneError when none is left."""
    kept: list[Tokens] = []
    left_out = longest = joined = read = 0
    for tokens, apart in encode(rows, tokenizer):
        read += 1
        joined += apart
        if len(tokens.ids) > max_tokens:
            left_out += 1
            longest = max(longest, len(tokens.ids))
        else:
            kept.append(tokens)
    if not kept:
        raise FinetuneError(
            f"none of the {read:,} rows has {max_tokens:,} tokens or fewer",
            "raise max_tokens as far as the model allows",
        )
    return TokenisedRows(tuple(kept), left_out, longest, joined, max_tokens)


def encode(rows: Iterable[Row], tokenizer: Any) -> Iterator[tuple[Tokens, bool]]:
    """Encode rows; with each, tell whether its two halves had to be encoded apart.

    The prompt gets the ids that it has alone, as in sampling. Whole rows are encoded together, so
    that a SentencePiece tokeniser puts no space before the completion; where the tokeniser merges
    characters across the boundary, the completion is encoded by itself instead. Text that spells
    a special token is text: a program that contains `</s>` does not end its row.
    """
    import numpy

    end = tokenizer.eos_token_id
    if end is None:
        raise FinetuneError("the tokeniser has no end of sequence", "choose a model that has one")
    start = _start(tokenizer)
    waiting = iter(rows)
    while some := list(islice(waiting, _AT_ONCE)):
        prompts = _plain(tokenizer, [row.prompt for row in some])
        wholes = _plain(tokenizer, [row.prompt + row.completion for row in some])
        for row, prompt, whole in zip(some, prompts, wholes, strict=True):
            apart = whole[: len(prompt)] != prompt or len(whole) == len(prompt)
            if apart:
                whole = prompt + _plain(tokenizer, [row.completion])[0]
            ids = numpy.asarray([*start, *whole, end], dtype=numpy.int32)
            # A model predicts from what it has seen: the very first token cannot be learned.
            yield Tokens(ids, max(1, len(start) + len(prompt)), row.problem), apart


def _start(tokenizer: Any) -> list[int]:
    """Return the beginning of sequence, for a tokeniser that puts one before every text."""
    bos = tokenizer.bos_token_id
    return [bos] if bos is not None and list(tokenizer("").input_ids)[:1] == [bos] else []


def _plain(tokenizer: Any, texts: list[str]) -> list[list[int]]:
    encoded = tokenizer(texts, add_special_tokens=False, split_special_tokens=True, verbose=False)
    return [list(ids) for ids in encoded.input_ids]


def segments(tokens: Tokens) -> Iterator[tuple[bool, list[int]]]:
    """Yield the runs of tokens with and without loss, read off the labels that training uses."""
    run: list[int] = []
    learned = False
    for token, label in zip(tokens.ids.tolist(), tokens.labels().tolist(), strict=True):
        if run and (label != NO_LOSS) != learned:
            yield learned, run
            run = []
        learned = label != NO_LOSS
        run.append(token)
    if run:
        yield learned, run


def shown(tokens: Tokens, tokenizer: Any) -> str:
    """Return one row decoded, each stretch under a line that says whether it counts in the loss."""
    parts = []
    for learned, ids in segments(tokens):
        name = "in the loss" if learned else "not in the loss"
        text = tokenizer.decode(ids, skip_special_tokens=False)
        parts.append(f"--- {len(ids):,} tokens {name}:\n{text}")
    return "\n".join(parts) + "\n---"
