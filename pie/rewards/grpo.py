"""Reinforcement learning with measured speed: the script that `pie finetune run` starts for `grpo`.

accelerate launch -m pie.rewards.grpo RECIPE
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from finetune import command, grpo
from finetune.errors import FinetuneError
from finetune.kinds import Settings
from pie.rewards.completions import COLUMNS
from pie.rewards.speed import speed_reward
from sim.errors import SimError


def train(
    asked: Settings, say: Callable[[str], None], after_step: Callable[[int, float], None]
) -> Path:
    """Train by a recipe whose objective is `grpo`; FinetuneError for what cannot be."""
    recipe = grpo.objective(asked)
    worth = recipe.reward
    try:
        with speed_reward(
            worth.testcases or None,
            machine=worth.machine,
            scale=worth.scale,
            cap=worth.cap,
            jobs=worth.jobs,
            suspicious=worth.suspicious,
            cost=worth.cost,
            fuzz=worth.fuzz,
            secret=worth.secret,
            unsupported=worth.unsupported,
        ) as reward:
            return grpo.train(recipe, reward, (*COLUMNS, "language?", "tgt_code?"), say, after_step)
    except SimError as error:
        raise FinetuneError(str(error)) from error


def main(arguments: Sequence[str] | None = None) -> int:
    """Run as `accelerate launch` starts it; the exit code is that of `command.main`."""
    return command.main(train, "pie.rewards.grpo", __doc__ or "", arguments)


if __name__ == "__main__":
    sys.exit(main())
