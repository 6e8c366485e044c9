"""How fast a training is: tokens per second, share of the GPUs' peak, and memory."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from finetune.processes import Processes

PEAK_FLOPS = {
    "A10": 125e12,
    "A30": 165e12,
    "A40": 150e12,
    "A100": 312e12,
    "A6000": 155e12,
    "B200": 2250e12,
    "H100": 989e12,
    "H100PCIe": 756e12,
    "H100NVL": 835e12,
    "H200": 989e12,
    "L4": 121e12,
    "L40": 181e12,
    "L40S": 362e12,
    "RTX3090": 71e12,
    "RTX4090": 165e12,
}
"""Dense bf16 operations a second by a part of the GPU's name, from NVIDIA's data sheets."""


@dataclass
class Throughput:
    """What has been done since the last line of the log, evaluations and checkpoints aside."""

    parameters: int
    """Of the whole model, trained or not."""
    whole: bool
    """Whether all of them are trained."""
    team: Processes
    peak_flops: float | None = None
    """Of one process's device; None where it is not known."""
    tokens: int = 0
    seconds: float = 0.0
    _began: float = 0.0

    @property
    def flops_a_token(self) -> int:
        """Operations that a token needs: 2 a parameter forward, 2 back to the activations.

        Another 2 go to the gradients of the parameters, where these are trained. Attention and
        recomputed activations are not counted, as is usual for MFU (arXiv 2204.02311).
        """
        return (6 if self.whole else 4) * self.parameters

    def begin(self) -> None:
        """Take note that a step begins."""
        self._began = time.monotonic()

    def end(self, tokens: int) -> None:
        """Take note that it ended, and of its tokens over all processes, without padding."""
        self.tokens += tokens
        self.seconds += time.monotonic() - self._began

    def line(self) -> dict[str, Any]:
        """Return the values for the log, and begin anew.

        `mfu` is tokens a second times operations a token, over the peak of all devices; None where
        the peak is not known, as on a CPU. `peak_memory_bytes` is the first process's, None there.
        """
        rate = self.tokens / max(self.seconds, 1e-9)
        self.tokens, self.seconds = 0, 0.0
        values: dict[str, Any] = {"tokens_per_second": round(rate, 1), "mfu": None}
        if self.peak_flops is not None:
            peak = self.peak_flops * self.team.world
            values["mfu"] = round(rate * self.flops_a_token / peak, 4)
        values["peak_memory_bytes"] = None
        if self.team.device.type == "cuda":
            import torch

            values["peak_memory_bytes"] = torch.cuda.max_memory_allocated(self.team.device)
        return values


def peak_of(name: str) -> float | None:
    """Return the peak of a GPU by its name; None for one that is not known."""
    known = [part for part in PEAK_FLOPS if part in name.replace(" ", "")]
    return PEAK_FLOPS[max(known, key=len)] if known else None


def start(model: Any, team: Processes, precision: str = "bf16") -> Throughput:
    """Return the measure of a model that is about to be trained."""
    parameters = list(model.parameters())
    peak = None
    if team.device.type == "cuda" and precision == "bf16":
        import torch

        peak = peak_of(torch.cuda.get_device_name(team.device))
    return Throughput(
        sum(_count(one) for one in parameters),
        all(one.requires_grad for one in parameters),
        team,
        peak,
    )


def _count(parameter: Any) -> int:
    """Return how many numbers a parameter holds; bitsandbytes keeps two of 4 bits in a byte."""
    return int(parameter.numel()) * (2 if type(parameter).__name__ == "Params4bit" else 1)
