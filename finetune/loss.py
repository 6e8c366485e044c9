"""The loss: cross-entropy in nats, averaged over the completion's tokens of a whole step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from finetune.errors import FinetuneError
from finetune.tokens import NO_LOSS

if TYPE_CHECKING:
    from finetune.recipe import Recipe
    from finetune.tokens import Tokens


def loss_sum(logits: Any, labels: Any) -> Any:
    """Return the summed cross-entropy of the tokens that have a label, as an fp32 scalar.

    `logits`: (rows, length, vocabulary), position t predicts token t + 1; `labels`: (rows, length),
    NO_LOSS where a token does not count. Only the logits that count are made fp32.
    """
    from torch.nn import functional

    targets = labels[:, 1:]
    counted = targets != NO_LOSS
    return functional.cross_entropy(
        logits[:, :-1][counted].float(), targets[counted], reduction="sum"
    )


def check_rows_are_apart(
    mean_loss: Callable[[Sequence[Sequence[Tokens]]], float],
    sequences: Sequence[Sequence[Tokens]],
    recipe: Recipe,
) -> None:
    """Compare a packed sequence with its rows one by one; FinetuneError when they differ.

    Not every model and attention keeps packed rows from seeing each other.
    """
    packed = [one for one in sequences if len(one) > 1]
    if not packed:
        return
    shortest = min(packed, key=lambda rows: sum(len(row.ids) for row in rows))
    together, alone = mean_loss([shortest]), mean_loss([[row] for row in shortest])
    if abs(together - alone) > (1e-4 if recipe.precision == "fp32" else 2e-2) * alone:
        raise FinetuneError(
            f"packed rows see each other in this model (loss {together:.5f}, alone {alone:.5f})",
            "set packing: false, or try another attention",
        )
