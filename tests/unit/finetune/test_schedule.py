from collections.abc import Callable
from typing import Any

import pytest

from finetune.schedule import learning_rate


@pytest.mark.parametrize("schedule", ["linear", "cosine", "constant_with_warmup"])
@pytest.mark.parametrize("warmup", [0, 3])
def test_the_rate_is_that_of_transformers(
    make_recipe: Callable[..., Any], schedule: str, warmup: int
) -> None:
    import torch
    from transformers import get_scheduler

    recipe = make_recipe(schedule=schedule.removesuffix("_with_warmup"), warmup_steps=warmup)
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=recipe.learning_rate)
    theirs = get_scheduler(schedule, optimizer, num_warmup_steps=warmup, num_training_steps=10)
    for step in range(10):
        rate = optimizer.param_groups[0]["lr"]
        assert learning_rate(step, 10, recipe) == pytest.approx(rate)
        optimizer.step()
        theirs.step()
