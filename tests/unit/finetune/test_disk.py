from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from finetune import disk
from finetune.recipe import parse


def test_13b_parameters_take_156_gigabytes_a_checkpoint_and_up_to_five_of_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    recipe = parse({"eval": "e", "final": "best", "output": str(tmp_path / "not" / "yet")})
    free = SimpleNamespace(free=10**12)
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda _path: free)
    said = disk.sentence(recipe, 13 * 10**9, 2437)
    assert "about 156.0 GB, up to 5 lie on the disk at once (780.0 GB of 1,000.0 GB free)" in said
    assert "49 are written and one for each better evaluation" in said
    assert "warning" not in said
    free.free = 10**11
    assert "does not fit" in disk.sentence(recipe, 13 * 10**9, 2437)


def test_it_is_told_before_the_first_step_and_true(make_recipe: Callable[..., Any]) -> None:
    from pathlib import Path

    from finetune.train import train

    told: list[str] = []
    recipe = make_recipe(max_steps=1)
    train(recipe, told.append)
    (said,) = [one for one in told if one.startswith("a checkpoint takes about")]
    stated = float(said.split("about ")[1].split(" MB")[0])
    state = Path(recipe.output) / "checkpoints/step-0000001/state"
    real = sum(one.stat().st_size for one in state.iterdir()) / 1e6
    assert stated == pytest.approx(real, rel=0.5), "beside names and places of each tensor"
