"""The loss: cross-entropy in nats, averaged over the completion's tokens of a whole step.

Three ways to the same number: from all logits (`plain`); by PyTorch's linear cross-entropy, which
holds a part of them at a time (`chunked`); or by Liger's kernels (`liger`).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from finetune.errors import FinetuneError
from finetune.tokens import NO_LOSS

if TYPE_CHECKING:
    from finetune.kinds import Recipe
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


@dataclass
class Head:
    """The output layer of a model whose loss is computed within it, so that no logits are kept."""

    labels: Any = None
    """Of the forward pass under way; None: the layer returns logits."""


def check(recipe: Recipe) -> None:
    """Refuse a way that a library which is not here would go."""
    if recipe.loss == "liger" and importlib.util.find_spec("liger_kernel") is None:
        raise FinetuneError(
            "loss: liger needs liger-kernel, which is not installed",
            "install it: pip install 'pie-perf-toolkit[liger]', or choose loss: chunked",
        )
    if recipe.loss == "chunked":
        from torch.nn import functional

        if not hasattr(functional, "linear_cross_entropy"):
            raise FinetuneError(
                "loss: chunked needs a torch with linear_cross_entropy, as 2.13 has it",
                "install it, or choose loss: plain",
            )


def prepare(model: Any, recipe: Recipe) -> Head:
    """Make a model that was just loaded compute its loss as the recipe says."""
    head = Head()
    if recipe.loss == "liger":
        from transformers.integrations.liger import apply_liger_kernel

        apply_liger_kernel(model, None)
    elif recipe.loss == "chunked":
        base = model.get_base_model() if hasattr(model, "get_base_model") else model
        layer = base.get_output_embeddings()
        if type(layer).__name__ != "Linear":
            raise FinetuneError(
                f"loss: chunked needs a plain output layer, and the model's is {type(layer)}",
                "choose loss: plain, or leave the output layer out of lora.targets",
            )
        _compute_within(layer, head)
    return head


def of(model: Any, head: Head, inputs: Mapping[str, Any], labels: Any, how: str) -> Any:
    """Return the summed loss of a batch, by one of the three ways."""
    if how == "liger":
        return model(**inputs, labels=labels, num_items_in_batch=1).loss
    if how == "plain":
        return loss_sum(model(**inputs).logits, labels)
    head.labels = labels
    try:
        return model(**inputs).logits
    finally:
        head.labels = None


def _compute_within(layer: Any, head: Head) -> None:
    """Let an output layer return the loss while there are labels.

    Within its own forward pass, because only there a sharded layer has its whole weight.
    """
    import torch
    from torch.nn import functional

    logits_of = layer.forward

    def forward(hidden: Any) -> Any:
        if head.labels is None:
            return logits_of(hidden)
        targets = head.labels[:, 1:]
        counted = targets != NO_LOSS
        if not counted.any():  # it still takes part, for the gradients of sharded weights
            return loss_sum(logits_of(hidden), head.labels)
        chosen, weight, bias = hidden[:, :-1][counted], layer.weight, layer.bias
        if torch.is_autocast_enabled(hidden.device.type):
            low = torch.get_autocast_dtype(hidden.device.type)
            chosen, weight = chosen.to(low), weight.to(low)
            bias = None if bias is None else bias.to(low)
        return functional.linear_cross_entropy(
            chosen,
            weight,
            targets[counted],
            linear_bias=bias,
            reduction="sum",
            options=torch.nn.LinearCrossEntropyOptions(),
        )

    layer.forward = forward


def check_chunks(mean_loss: Callable[[str], float], recipe: Recipe) -> None:
    """Compare the loss by chunks with the plain one; FinetuneError when they differ.

    Some models scale their logits behind the output layer.
    """
    if recipe.loss != "chunked":
        return
    plain, chunked = mean_loss("plain"), mean_loss("chunked")
    if abs(plain - chunked) > (1e-4 if recipe.precision == "fp32" else 2e-2) * plain:
        raise FinetuneError(
            f"this model changes its logits behind the output layer (loss {plain:.5f}, by chunks "
            f"{chunked:.5f})",
            "choose loss: plain",
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
