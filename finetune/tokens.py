"""Rows as token ids with an exact loss mask: the completion is learned, the prompt only read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from finetune import prompt
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

    The prompt gets the ids that it has alone, as in sampling. The completion is encoded together
    with the end of the prompt, so that a SentencePiece tokeniser puts no space before it; where the
    tokeniser merges characters across the boundary, or the completion spells a special token in a
    chat, it is encoded by itself instead. Text that spells a special token is text: a program that
    contains `</s>` does not end its row.
    """
    import numpy

    waiting = iter(rows)
    ends: dict[prompt.Form, int] = {}
    while some := list(islice(waiting, _AT_ONCE)):
        parts = [_parts(tokenizer, row) for row in some]
        alone = _batched(tokenizer, [part for one in parts for part in one.parts])
        lasts = [one.parts[-1] for one in parts]
        wholes = _batched(
            tokenizer,
            [
                prompt.Part(last.text + row.completion, last.special)
                for row, last in zip(some, lasts, strict=True)
            ],
        )
        at = 0
        for row, one, last, whole in zip(some, parts, lasts, wholes, strict=True):
            *before, own = alone[at : at + len(one.parts)]
            at += len(one.parts)
            if row.form not in ends:
                ends[row.form] = prompt.end_of(tokenizer, row.form)
            apart = whole[: len(own)] != own or len(whole) == len(own)
            if last.special and prompt.spells_special(tokenizer, row.completion):
                apart = True
            learned = whole[len(own) :]
            if apart:
                learned = prompt.encode(tokenizer, [row.completion], special=False)[0]
            read = [*one.start, *(token for ids in before for token in ids), *own]
            ids = numpy.asarray([*read, *learned, ends[row.form]], dtype=numpy.int32)
            # A model predicts from what it has seen: the very first token cannot be learned.
            yield Tokens(ids, max(1, len(read)), row.problem), apart


def _parts(tokenizer: Any, row: Row) -> prompt.Parts:
    if row.messages:
        return prompt.chat_parts(tokenizer, row.messages)
    return prompt.plain_parts(tokenizer, row.prompt)


def _batched(tokenizer: Any, parts: Sequence[prompt.Part]) -> list[list[int]]:
    """Return the ids of each part; the tokeniser spreads many texts over the processors."""
    encoded: list[list[int]] = [[] for _ in parts]
    for special in (False, True):
        places = [at for at, part in enumerate(parts) if part.special is special]
        if places:
            texts = [parts[at].text for at in places]
            for at, ids in zip(
                places, prompt.encode(tokenizer, texts, special=special), strict=True
            ):
                encoded[at] = ids
    return encoded


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
