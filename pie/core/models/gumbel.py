"""Sampling with noise of its own for each row of a batch: the Gumbel-max trick.

Adding independent Gumbel noise to log-probabilities and taking the largest draws exactly from
them, so each row's noise can have its own seed. A greedy search then takes what was drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pie.core.models.noise import Drawer


class GumbelSampler:
    """A logits processor of transformers; for temperature 0 it leaves the scores as they are."""

    def __init__(self, seeds: Sequence[str], temperature: float, top_p: float) -> None:
        import torch

        self._temperature = temperature
        self._top_p = top_p
        self._drawer = Drawer(seeds)
        self._position = 0
        self.broken = torch.zeros(len(seeds), dtype=torch.bool)
        """Rows with scores that are no numbers, or with infinite ones: nothing can be drawn."""

    def __call__(self, _input_ids: Any, scores: Any) -> Any:
        """Return scores (rows, vocabulary) that leave the drawn token of the next step alone."""
        import torch

        top = scores.amax(dim=-1)
        self.broken = self.broken.to(scores.device) | ~top.isfinite()
        if self._temperature == 0:
            return scores
        scores = scores.float() / self._temperature
        if self._top_p < 1:
            ordered, places = torch.log_softmax(scores, dim=-1).sort(dim=-1, descending=True)
            before = ordered.exp().cumsum(dim=-1) - ordered.exp()
            ordered = ordered.masked_fill(before >= self._top_p, float("-inf"))
            scores = torch.full_like(scores, float("-inf")).scatter(-1, places, ordered)
        drawn = self._drawer.draw(scores, self._position)
        self._position += 1
        chosen = torch.full_like(scores, float("-inf"))
        return chosen.scatter_(-1, drawn[:, None], 0.0)
