"""Which rows are in which step, and the tensors that the model is given.

A sequence is what takes one line of a batch: one row, or several if rows are packed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from finetune.tokens import NO_LOSS

if TYPE_CHECKING:
    import numpy

    from finetune.tokens import Tokens


def pack(rows: Sequence[Tokens], max_tokens: int) -> list[tuple[Tokens, ...]]:
    """Put rows together in sequences of up to `max_tokens`, longest first (best fit decreasing).

    No row is cut. The order depends on the lengths only, so it is the same in every process.
    """
    from bisect import bisect_left, insort

    room: list[tuple[int, int]] = []  # (what is left, number of the bin)
    bins: list[list[Tokens]] = []
    for row in sorted(rows, key=lambda one: -len(one.ids)):
        place = bisect_left(room, (len(row.ids), -1))
        if place == len(room):
            left, number = max_tokens, len(bins)
            bins.append([])
        else:
            left, number = room.pop(place)
        bins[number].append(row)
        insort(room, (left - len(row.ids), number))
    return [tuple(one) for one in bins]


def order(
    count: int, seed: int, epoch: int, lengths: Sequence[int] = (), batch: int = 1
) -> list[int]:
    """Return the order of an epoch: a permutation that depends on seed and epoch only.

    With `lengths`, of each row, neighbours have similar ones (transformers' length grouping: within
    50 steps' worth of rows at random, the longest first), so that a step has little padding.
    """
    import numpy

    if lengths:
        import torch
        from transformers.trainer_pt_utils import get_length_grouped_indices

        state = int(numpy.random.SeedSequence((seed, epoch)).generate_state(1)[0])
        generator = torch.Generator().manual_seed(state)
        return [int(one) for one in get_length_grouped_indices(lengths, batch, None, generator)]
    shuffled: list[int] = numpy.random.default_rng((seed, epoch)).permutation(count).tolist()
    return shuffled


def steps_in_epoch(count: int, batch: int) -> int:
    """Return the number of steps; the last one may have fewer rows."""
    return -(-count // batch)


@dataclass(frozen=True)
class Dealing:
    """How a step's rows are dealt: micro batch i of n goes to process i modulo `world`."""

    micro_batch: int
    world: int
    rank: int

    def micro_batches(self, chosen: Sequence[int]) -> Iterator[tuple[int, ...]]:
        """Yield this process's micro batches; every process gets equally many.

        An empty one fills up: sharded processes must go through every forward pass together.
        """
        parts = [
            tuple(chosen[at : at + self.micro_batch])
            for at in range(0, len(chosen), self.micro_batch)
        ]
        parts += [()] * (-len(parts) % self.world)
        yield from parts[self.rank :: self.world]


def collate(sequences: Sequence[Sequence[Tokens]], pad: int, packed: bool) -> dict[str, Any]:
    """Return `input_ids`, `labels` and what keeps rows apart, as tensors of (sequences, length).

    Labels are not shifted. Rows of a packed sequence count their positions from 0 each and there
    is no attention mask: transformers then lets no row see another. Padding is on the right.
    """
    import numpy
    import torch

    length = max(sum(len(row.ids) for row in one) for one in sequences)
    shape = (len(sequences), length)
    ids: numpy.ndarray = numpy.full(shape, pad, dtype=numpy.int64)
    labels: numpy.ndarray = numpy.full(shape, NO_LOSS, dtype=numpy.int64)
    mask: numpy.ndarray = numpy.zeros(shape, dtype=numpy.int64)
    positions: numpy.ndarray = numpy.zeros(shape, dtype=numpy.int64)
    for index, rows in enumerate(sequences):
        at = 0
        for row in rows:
            end = at + len(row.ids)
            ids[index, at:end] = row.ids
            labels[index, at:end] = row.labels()
            mask[index, at:end] = 1
            positions[index, at:end] = numpy.arange(len(row.ids))
            at = end
        positions[index, at:] = numpy.arange(length - at)
    batch = {"input_ids": ids, "labels": labels}
    batch["position_ids" if packed else "attention_mask"] = positions if packed else mask
    return {name: torch.from_numpy(value) for name, value in batch.items()}


def learned(sequences: Sequence[Sequence[Tokens]]) -> int:
    """Return how many tokens count in the loss."""
    return sum(row.learned for rows in sequences for row in rows)


def read(sequences: Sequence[Sequence[Tokens]]) -> int:
    """Return how many tokens the model reads, padding aside."""
    return sum(len(row.ids) for rows in sequences for row in rows)
