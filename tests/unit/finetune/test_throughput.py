import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from finetune import throughput
from finetune.throughput import Throughput, peak_of
from finetune.train import train


def test_tokens_a_second_and_the_share_of_the_peak(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(throughput.time, "monotonic", lambda: now[0])
    team: Any = SimpleNamespace(world=2, device=SimpleNamespace(type="cpu"))
    speed = Throughput(1000, True, team, peak_flops=6e6, began=100.0)
    speed.add(300)
    speed.add(700)
    now[0] = 102.0
    assert speed.line() == {"tokens_per_second": 500.0, "mfu": 500 * 6000 / 12e6}
    now[0] = 103.0
    assert speed.line()["tokens_per_second"] == 0.0, "of what came since"
    frozen = Throughput(1000, False, team)
    assert frozen.flops_a_token == 4000, "the gradients of frozen weights are not made"
    assert "mfu" not in frozen.line()


@pytest.mark.parametrize(
    ("name", "peak"),
    [("NVIDIA H200", 989e12), ("NVIDIA L40S", 362e12), ("NVIDIA L40", 181e12), ("GTX 960", None)],
)
def test_the_peak_is_known_by_the_name(name: str, peak: float | None) -> None:
    assert peak_of(name) == peak


def test_a_run_logs_its_speed_and_compiles_when_asked(
    make_recipe: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    compiled: list[Any] = []
    monkeypatch.setattr(torch.nn.Module, "compile", lambda self: compiled.append(self))
    recipe = make_recipe(compile=True, max_steps=2)
    train(recipe)
    assert len(compiled) == 1
    lines = [json.loads(line) for line in (Path(recipe.output) / "metrics.jsonl").open()]
    assert all(line["tokens_per_second"] > 0 for line in lines)
