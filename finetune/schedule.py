"""The learning rate of a step: a pure function, so a resumed run has nothing to restore."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from finetune.kinds import Settings


def learning_rate(step: int, steps: int, recipe: Settings) -> float:
    """Return the rate of step `step` (the first is 0) of `steps`.

    As transformers' schedules: it rises linearly from 0 over the warm-up, then falls to 0 linearly,
    by half a cosine, or stays.
    """
    warmup = recipe.warmup_steps
    if step < warmup:
        return recipe.learning_rate * step / warmup
    done = (step - warmup) / max(1, steps - warmup)
    if recipe.schedule == "linear":
        return recipe.learning_rate * max(0.0, 1 - done)
    if recipe.schedule == "cosine":
        return recipe.learning_rate * max(0.0, 0.5 * (1 + math.cos(math.pi * done)))
    return recipe.learning_rate
