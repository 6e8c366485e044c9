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
    speed = Throughput(1000, True, team, peak_flops=6e6)
    for seconds, tokens in ((0.5, 300), (1.5, 700)):
        speed.begin()
        now[0] += seconds
        speed.end(tokens)
        now[0] += 99  # an evaluation, which is no training
    line = speed.line()
    assert (line["tokens_per_second"], line["mfu"]) == (500.0, 500 * 6000 / 12e6)
    speed.begin()
    now[0] += 1
    speed.end(0)
    assert speed.line()["tokens_per_second"] == 0.0, "of what came since"
    frozen = Throughput(1000, False, team)
    assert frozen.flops_a_token == 4000, "the gradients of frozen weights are not made"
    assert frozen.line() == {"tokens_per_second": 0.0, "mfu": None, "peak_memory_bytes": None}


def test_weights_of_four_bits_are_counted_as_weights() -> None:
    import torch

    class Params4bit(torch.nn.Parameter):
        """As bitsandbytes has it: two numbers in a byte."""

    class Model(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.low = Params4bit(torch.zeros(50, dtype=torch.uint8), requires_grad=False)
            self.adapter = torch.nn.Parameter(torch.zeros(7))

    team: Any = SimpleNamespace(world=1, device=SimpleNamespace(type="cpu"))
    speed = throughput.start(Model(), team)
    assert (speed.parameters, speed.whole, speed.peak_flops) == (107, False, None)


@pytest.mark.parametrize(
    ("name", "peak"),
    [
        ("NVIDIA H200", 989e12),
        ("NVIDIA L40S", 362e12),
        ("NVIDIA L40", 181e12),
        ("GTX 960", None),
        ("NVIDIA L4", 121e12),
        ("NVIDIA A10G", 125e12),
        ("NVIDIA A100-SXM4-80GB", 312e12),
        ("NVIDIA H100 PCIe", 756e12),
        ("NVIDIA H100 80GB HBM3", 989e12),
        ("NVIDIA RTX A6000", 155e12),
    ],
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
    assert all((line["mfu"], line["peak_memory_bytes"]) == (None, None) for line in lines)
