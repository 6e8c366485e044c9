"""A pretrained transformer as an encoder: the mean of one layer's token vectors.

Reference for `codebert-cpp`: PIE's retrieval reads `neulab/codebert-cpp` by sentence-transformers,
which takes the mean over all tokens, those for begin and end included, of the last layer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from retrieval.encoder import EncoderConfig, Metric
from retrieval.encoders import weights
from retrieval.errors import RetrievalError
from retrieval.windows import windows

KIND = "transformer"
OVERLAP = 128
_TOKENS_AT_ONCE = 8192
"""Tokens in a batch, padding included."""


@dataclass(frozen=True)
class Pooling:
    """How a program's vector is made of its tokens' vectors."""

    layer: int | None = None
    """Counted from 1; None: the last."""
    normalised: bool = True
    truncate: bool = False
    """Read the first window only, as PIE does; else windows, each token once, one mean."""


class TransformerEncoder:
    """The mean of one layer's token vectors, over all windows of a program.

    A program that fits the window has the same vector with windows and without. Vectors agree
    to float rounding (about 1e-6) between machines and batches.
    """

    def __init__(self, name: str, model: str, pooling: Pooling) -> None:
        self._name, self._model_name, self._pooling = name, model, pooling
        self._tokenizer, self._model = weights.load(model)
        layers = self._model.config.num_hidden_layers
        self._layer = layers if pooling.layer is None else pooling.layer
        if not 0 < self._layer <= layers:
            raise RetrievalError(
                f"the model {model} has {layers} layers, and layer {self._layer} was asked for",
                "take another model for this encoder",
            )
        self._prefix, self._suffix = _special_tokens(self._tokenizer)
        room = weights.positions(self._tokenizer, self._model)
        self._size = room - len(self._prefix) - len(self._suffix)
        if self._size < 1:
            raise RetrievalError(f"the model {model} has no room for tokens", "take another model")
        self._overlap = min(OVERLAP, self._size // 4)

    @property
    def config(self) -> EncoderConfig:
        """How to get it again."""
        pooling = self._pooling
        options = {
            "model": self._model_name,
            "layer": pooling.layer,
            "normalised": pooling.normalised,
            "truncate": pooling.truncate,
        }
        return EncoderConfig(KIND, self._name, options)

    @property
    def dimension(self) -> int:
        """Numbers in a vector: the model's hidden size."""
        return int(self._model.config.hidden_size)

    @property
    def metric(self) -> Metric:
        """Cosine for vectors of length 1, else the squared Euclidean distance, as in PIE."""
        return "ip" if self._pooling.normalised else "l2"

    @property
    def normalised(self) -> bool:
        """Whether every vector has length 1."""
        return self._pooling.normalised

    def fingerprint(self) -> str:
        """Return a digest of weights, tokenizer, layer, normalisation and windows."""
        return self._fingerprint

    @cached_property
    def _fingerprint(self) -> str:
        read = "truncated" if self._pooling.truncate else f"windows-overlap-{self._overlap}"
        length = self._size + len(self._prefix) + len(self._suffix)
        normalised = "normalised" if self._pooling.normalised else "unnormalised"
        how = f"layer-{self._layer}-mean-{normalised}-{length}-tokens-{read}"
        digest = hashlib.sha256(weights.fingerprint(self._tokenizer, self._model).encode())
        return f"{KIND}:{how}:{digest.hexdigest()}"

    def state(self) -> bytes:
        """Return nothing: a pretrained model is not fitted."""
        return b""

    def encode(self, texts: Sequence[str]) -> Any:
        """Return one vector a text."""
        import numpy

        sums = numpy.zeros((len(texts), self.dimension), dtype=numpy.float64)
        counts = numpy.zeros(len(texts), dtype=numpy.int64)
        pieces = []
        for row, text in enumerate(texts):
            for ids, first, last in self._pieces(text):
                pieces.append((row, ids, first, last))
        pieces.sort(key=lambda piece: -len(piece[1]))
        for batch in _batches(pieces):
            for (row, _ids, first, last), vectors in zip(
                batch, self._vectors([piece[1] for piece in batch]), strict=True
            ):
                sums[row] += vectors[first:last].sum(dim=0).double().cpu().numpy()
                counts[row] += last - first
        means = sums / numpy.maximum(counts, 1)[:, None]
        if self._pooling.normalised:
            lengths = numpy.linalg.norm(means, axis=1, keepdims=True)
            means = means / numpy.where(lengths > 0, lengths, 1)
        return means.astype(numpy.float32)

    def _pieces(self, text: str) -> Iterator[tuple[list[int], int, int]]:
        """Yield (token ids with begin and end, first taken, after the last taken) of a text."""
        text = text.strip().encode("utf-8", "replace").decode()
        ids = self._tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
        if self._pooling.truncate:
            ids = ids[: self._size]
        cut = windows(len(ids), self._size, self._overlap)
        before = len(self._prefix)
        for place, window in enumerate(cut):
            tokens = [*self._prefix, *ids[window.start : window.stop], *self._suffix]
            shifted = before - window.start
            first = 0 if place == 0 else window.first + shifted
            last = len(tokens) if place == len(cut) - 1 else window.last + shifted
            yield tokens, first, last

    def _vectors(self, pieces: list[list[int]]) -> Any:
        import torch

        length = max(1, max(len(ids) for ids in pieces))
        tokens = torch.full((len(pieces), length), self._tokenizer.pad_token_id or 0)
        mask = torch.zeros((len(pieces), length), dtype=torch.long)
        for row, ids in enumerate(pieces):
            tokens[row, : len(ids)] = torch.tensor(ids, dtype=torch.long)
            mask[row, : len(ids)] = 1
        device = self._model.device
        with torch.inference_mode():
            out = self._model(
                input_ids=tokens.to(device),
                attention_mask=mask.to(device),
                output_hidden_states=True,
            )
        if self._pooling.layer is None:
            return out.last_hidden_state  # in some models it differs from the last hidden state
        return out.hidden_states[self._layer]


Piece = tuple[int, list[int], int, int]


def _batches(pieces: list[Piece]) -> Iterator[list[Piece]]:
    """Cut pieces, the longest first, into batches of about as many tokens."""
    start = 0
    while start < len(pieces):
        stop = start + max(1, _TOKENS_AT_ONCE // max(1, len(pieces[start][1])))
        yield pieces[start:stop]
        start = stop


def _special_tokens(tokenizer: Any) -> tuple[list[int], list[int]]:
    """Return what the tokenizer puts before and after a text."""
    bare = tokenizer("a", add_special_tokens=False)["input_ids"]
    full = tokenizer("a", add_special_tokens=True)["input_ids"]
    for start in range(len(full) - len(bare) + 1):
        if full[start : start + len(bare)] == bare:
            return full[:start], full[start + len(bare) :]
    return [], []
