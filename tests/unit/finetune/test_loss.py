"""The loss is that of the completion only, and packing does not change it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch

from finetune.batches import collate, learned
from finetune.errors import FinetuneError
from finetune.loss import check_rows_are_apart, loss_sum
from finetune.model import load, load_tokenizer
from finetune.rows import read_rows
from finetune.tokens import NO_LOSS, Tokens, encode


@pytest.fixture
def network(tiny: Path, make_recipe: Callable[..., Any]) -> Any:
    return load(tiny, make_recipe())


@pytest.fixture
def some(tiny: Path, rows: Path) -> list[Tokens]:
    encoded = encode(read_rows(rows), load_tokenizer(tiny))
    return [tokens for tokens, _ in encoded][:3]


def loss_of(network: Any, sequences: list[list[Tokens]], packed: bool = False) -> Any:
    batch = collate(sequences, 1, packed)
    labels = batch.pop("labels")
    return loss_sum(network(**batch).logits, labels)


def test_the_loss_is_the_sum_over_the_completion_computed_by_hand(
    network: Any, some: list[Tokens]
) -> None:
    by_hand = 0.0
    for row in some:
        logits = network(torch.from_numpy(row.ids.astype(numpy.int64))[None]).logits[0]
        logits = logits.detach().numpy().astype(numpy.float64)
        for position in range(row.prompt - 1, len(row.ids) - 1):
            scores = logits[position] - logits[position].max()
            by_hand -= scores[row.ids[position + 1]] - numpy.log(numpy.exp(scores).sum())
    loss = loss_of(network, [[row] for row in some]).detach()
    assert float(loss) == pytest.approx(by_hand, rel=1e-5)


def test_what_the_prompts_labels_would_be_changes_nothing(network: Any, some: list[Tokens]) -> None:
    batch = collate([some[:1]], 1, packed=False)
    labels = batch.pop("labels")
    logits = network(**batch).logits
    logits = logits.detach()
    masked = loss_sum(logits, labels)
    for prompts in (batch["input_ids"], torch.full_like(labels, 7)):
        changed = torch.where(labels == NO_LOSS, prompts, labels)
        assert float(loss_sum(logits, changed)) != pytest.approx(float(masked))  # it would count
        changed[:, : some[0].prompt] = NO_LOSS  # what `Tokens.labels` does
        assert float(loss_sum(logits, changed)) == float(masked)


def test_no_gradient_reaches_what_predicts_the_prompt(network: Any, some: list[Tokens]) -> None:
    batch = collate([some[:1]], 1, packed=False)
    labels = batch.pop("labels")
    logits = network(**batch).logits
    logits.retain_grad()
    loss_sum(logits, labels).backward()
    moved = logits.grad[0].abs().sum(-1) > 0
    prompt, length = some[0].prompt, len(some[0].ids)
    # The last token of the prompt predicts the first one of the completion.
    expected = [prompt - 1 <= at < length - 1 for at in range(length)]
    assert moved.tolist() == expected


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_a_packed_row_has_the_loss_and_gradient_that_it_has_alone(
    tiny: Path, make_recipe: Callable[..., Any], some: list[Tokens], attention: str
) -> None:
    network = load(tiny, make_recipe(attention=attention))
    found = []
    for sequences, packed in (([[row] for row in some], False), ([some[:2], some[2:]], True)):
        network.zero_grad()
        loss = loss_of(network, sequences, packed)
        loss.backward()
        gradient = torch.cat([one.grad.flatten() for one in network.parameters()])
        found.append((float(loss.detach()), gradient))
    assert found[1][0] == pytest.approx(found[0][0], rel=1e-5)
    assert torch.allclose(found[1][1], found[0][1], atol=1e-5)


def test_without_positions_packed_rows_do_see_each_other(network: Any, some: list[Tokens]) -> None:
    batch = collate([some], 1, packed=True)
    labels = batch.pop("labels")
    together = loss_sum(network(batch["input_ids"]).logits, labels)
    apart = loss_of(network, [[row] for row in some])
    assert float(together) != pytest.approx(float(apart), rel=1e-4)


def test_a_model_whose_packed_rows_see_each_other_is_refused(
    network: Any, some: list[Tokens], make_recipe: Callable[..., Any]
) -> None:
    def blind(sequences: Any) -> float:
        batch = collate(sequences, 1, packed=True)
        labels = batch.pop("labels")
        with torch.no_grad():
            logits = network(batch["input_ids"]).logits
        return float(loss_sum(logits, labels)) / learned(sequences)

    with pytest.raises(FinetuneError, match="packed rows see each other"):
        check_rows_are_apart(blind, [some], make_recipe())


def test_nothing_in_the_loss_adds_zero_with_a_gradient(network: Any, some: list[Tokens]) -> None:
    batch = collate([some], 1, packed=False)
    labels = torch.full_like(batch.pop("labels"), NO_LOSS)
    loss = loss_sum(network(**batch).logits, labels)
    loss.backward()
    assert float(loss.detach()) == 0
    assert all(float(one.grad.abs().max()) == 0 for one in network.parameters())
