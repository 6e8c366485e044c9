"""Sampling with a generator for each row of a batch: the Gumbel-max trick.

Adding independent Gumbel noise to log-probabilities and taking the largest draws exactly from
them, so a greedy search over noised scores samples, and each row's noise can have its own seed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any


class GumbelSampler:
    """A logits processor of transformers; for temperature 0 it leaves the scores as they are."""

    def __init__(self, seeds: Sequence[str], temperature: float, top_p: float) -> None:
        import torch

        self._temperature = temperature
        self._top_p = top_p
        self._generators = []
        self.broken = torch.zeros(len(seeds), dtype=torch.bool)
        """Rows that had a score that is no number, from which nothing can be drawn."""
        for seed in seeds:
            number = int.from_bytes(hashlib.blake2b(seed.encode(), digest_size=7).digest(), "big")
            # On the CPU whatever the device, so that the draws are the same on all of them.
            self._generators.append(torch.Generator("cpu").manual_seed(number))

    def __call__(self, _input_ids: Any, scores: Any) -> Any:
        """Return the scores of one step (rows, vocabulary) with temperature, top-p and noise."""
        import torch

        self.broken = self.broken.to(scores.device) | scores.isnan().any(dim=-1)
        if self._temperature == 0:
            return scores
        scores = torch.log_softmax(scores.float() / self._temperature, dim=-1)
        if self._top_p < 1:
            ordered, places = scores.sort(dim=-1, descending=True)
            before = ordered.exp().cumsum(dim=-1) - ordered.exp()
            ordered = ordered.masked_fill(before >= self._top_p, float("-inf"))
            scores = torch.full_like(scores, float("-inf")).scatter(-1, places, ordered)
        width = scores.shape[-1]
        noise = torch.stack(
            [
                torch.empty(width).exponential_(generator=one).clamp_min_(1e-30)
                for one in self._generators
            ]
        )
        return scores - noise.log().to(scores.device)
