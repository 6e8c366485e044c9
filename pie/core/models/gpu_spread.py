"""How a model is spread over the GPUs of a host: split over some, and copied to the rest."""

from __future__ import annotations

import json
from pathlib import Path

from pie.core.models.model import ModelError

_SHARE_OF_WEIGHTS = 0.6
"""Of the memory that the engine takes; the rest is for the keys and values of what it answers."""


def split_of(
    gpus: int,
    tensor: int,
    data: int,
    weight_bytes: int,
    memory_bytes: float,
    heads: int,
) -> tuple[int, int]:
    """Return (GPUs that share one copy of the model, copies); ModelError when they do not fit.

    0 for `tensor` or `data` means: choose. A copy is split over as few GPUs as its weights need,
    since copies do not wait for one another. `memory_bytes` is what the engine takes of one GPU,
    `heads` the number of attention heads, which a split must divide; 0 where either is unknown.
    """
    gpus = max(gpus, 1)
    if tensor * data > gpus or tensor > gpus or data > gpus:
        raise ModelError(
            f"--tensor-parallel {tensor or 1} times --data-parallel {data or 1} takes more than "
            f"the {gpus} GPUs that there are",
            "lower one of them, or give more with CUDA_VISIBLE_DEVICES",
        )
    if not tensor:
        most = gpus // (data or 1)
        fitting = [one for one in range(1, most + 1) if not heads or heads % one == 0]
        room = memory_bytes * _SHARE_OF_WEIGHTS
        enough = (one for one in fitting if not room or weight_bytes <= one * room)
        tensor = next(enough, fitting[-1])
    return tensor, data or max(1, gpus // tensor)


def weight_bytes_of(model: Path) -> int:
    """Return the size of a folder's weights; 0 for a name on the Hub."""
    return sum(one.stat().st_size for one in model.glob("*.safetensors"))


def lora_rank_of(adapter: Path, allowed: tuple[int, ...]) -> int:
    """Return the least allowed rank that holds an adapter's; ModelError when none does."""
    path = adapter / "adapter_config.json"
    try:
        config = json.loads(path.read_text("utf-8"))
        pattern = config.get("rank_pattern") or {}
        rank = max([int(config["r"]), *(int(one) for one in pattern.values())])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(
            f"the adapter's {path} names no rank", "give the folder that training wrote"
        ) from error
    fitting = [one for one in allowed if one >= rank]
    if not fitting:
        raise ModelError(
            f"the adapter {adapter} has rank {rank}, and vLLM takes {max(allowed)} at most",
            "merge it into its base with `pie finetune merge`, and give the merged model",
        )
    return min(fitting)
