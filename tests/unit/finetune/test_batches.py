from collections import Counter

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetune.batches import Dealing, collate, learned, order, pack, steps_in_epoch
from finetune.tokens import NO_LOSS, Tokens


def row(length: int, prompt: int = 1, first: int = 10) -> Tokens:
    return Tokens(numpy.arange(first, first + length, dtype=numpy.int32), prompt)


lengths = st.lists(st.integers(2, 50), min_size=1, max_size=60)


@given(lengths)
def test_packing_keeps_every_row_whole_and_no_sequence_too_long(lengths: list[int]) -> None:
    rows = [row(length, first=1000 * index) for index, length in enumerate(lengths)]
    packed = pack(rows, 50)
    assert all(sum(len(one.ids) for one in sequence) <= 50 for sequence in packed)
    before = Counter(one.ids.tobytes() for one in rows)
    assert Counter(one.ids.tobytes() for sequence in packed for one in sequence) == before


def test_packing_takes_the_fullest_sequence_that_has_room() -> None:
    packed = pack([row(30), row(6), row(14), row(20)], 50)
    assert [[len(one.ids) for one in sequence] for sequence in packed] == [[30, 20], [14, 6]]


@given(st.integers(1, 40), st.integers(1, 5), st.integers(1, 4))
def test_every_row_is_dealt_once_and_every_process_gets_equally_many_turns(
    rows: int, micro_batch: int, world: int
) -> None:
    dealt = [
        list(Dealing(micro_batch, world, rank).micro_batches(range(rows))) for rank in range(world)
    ]
    assert len({len(parts) for parts in dealt}) == 1
    assert sorted(one for parts in dealt for part in parts for one in part) == list(range(rows))


def test_the_order_depends_on_seed_and_epoch_only() -> None:
    assert order(20, 1, 0) == order(20, 1, 0)
    assert sorted(order(20, 1, 0)) == list(range(20))
    assert len({tuple(order(20, seed, epoch)) for seed in (1, 2) for epoch in (0, 1)}) == 4


@pytest.mark.parametrize(("rows", "steps"), [(8, 2), (9, 3), (1, 1)])
def test_the_last_step_of_an_epoch_may_be_smaller(rows: int, steps: int) -> None:
    assert steps_in_epoch(rows, 4) == steps


def test_padding_is_on_the_right_without_loss_or_attention() -> None:
    batch = collate([[row(3)], [row(2, first=20)]], pad=0, packed=False)
    assert batch["input_ids"].tolist() == [[10, 11, 12], [20, 21, 0]]
    assert batch["labels"].tolist() == [[NO_LOSS, 11, 12], [NO_LOSS, 21, NO_LOSS]]
    assert batch["attention_mask"].tolist() == [[1, 1, 1], [1, 1, 0]]


def test_packed_rows_begin_again_at_position_0() -> None:
    batch = collate([[row(3), row(2, first=20)], [row(4, first=30)]], pad=0, packed=True)
    assert batch["input_ids"].tolist() == [[10, 11, 12, 20, 21], [30, 31, 32, 33, 0]]
    assert batch["position_ids"].tolist() == [[0, 1, 2, 0, 1], [0, 1, 2, 3, 0]]
    assert batch["labels"].tolist()[0] == [NO_LOSS, 11, 12, NO_LOSS, 21]
    assert "attention_mask" not in batch


def test_learned_tokens_are_those_after_the_prompts() -> None:
    assert learned([[row(5, 2), row(3, 1)], [row(4, 3)]]) == 3 + 2 + 1
