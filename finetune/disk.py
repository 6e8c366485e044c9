"""What the checkpoints of a run will take of the disk, told before the first step."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from finetune.kinds import Recipe

_BYTES_A_PARAMETER = {"fp32": 12, "bf16": 6}
"""Of what is trained: the weight and AdamW's two moments, by their type."""


def checkpoint_bytes(trained: int, weights: str = "fp32") -> int:
    """Return the size of one checkpoint of so many trained parameters."""
    return trained * _BYTES_A_PARAMETER[weights]


def most_at_once(recipe: Recipe) -> int:
    """Return how many checkpoints lie on the disk at most: kept, best, and being written."""
    return recipe.keep_checkpoints + 1 + (1 if recipe.eval else 0)


def sentence(recipe: Recipe, trained: int, steps_left: int) -> str:
    """Say what checkpoints take, how many there will be, and whether the disk has room."""
    size, most = checkpoint_bytes(trained, recipe.weights), most_at_once(recipe)
    written = -(-steps_left // recipe.save_every)
    more = " and one for each better evaluation" if recipe.eval and recipe.final == "best" else ""
    free = shutil.disk_usage(_existing(Path(recipe.output))).free
    said = (
        f"a checkpoint takes about {_gigabytes(size)}, up to {most} lie on the disk at once "
        f"({_gigabytes(most * size)} of {_gigabytes(free)} free), and {written:,} are written{more}"
    )
    if most * size > free:
        said += "; warning: that does not fit, so lower keep_checkpoints or give another output"
    return said


def _existing(path: Path) -> Path:
    return next(one for one in (path, *path.absolute().parents) if one.exists())


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:,.1f} GB" if size >= 1e8 else f"{size / 1e6:,.1f} MB"
