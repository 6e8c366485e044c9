"""Models of the package sentence-transformers: their own pooling and normalisation, windowed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from retrieval.encoder import EncoderConfig, Metric
from retrieval.encoders import weights
from retrieval.errors import MissingModel
from retrieval.windows import windows

KIND = "sentence-transformers"
MARK = "modules.json"
"""The file that every model of this package has."""


class SentenceEncoder:
    """A sentence-transformers model; longer texts are the mean of their windows, by tokens taken.

    Vectors are brought to length 1, so that all models of this kind are compared by cosine.
    """

    normalised = True
    metric: Metric = "ip"

    def __init__(self, model: str) -> None:
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise MissingModel(
                f"the model {model} needs the package sentence-transformers",
                "run `pip install sentence-transformers`, or take another --encoder",
            ) from error
        self._model_name, place = model, weights.place_of(model)
        self._model = weights.loading(
            model, lambda: SentenceTransformer(place, trust_remote_code=False)
        )
        special = len(self._model.tokenizer("")["input_ids"])
        longest = int(self._model.max_seq_length or 512)
        self._size = max(1, longest - special)
        self._overlap = self._size // 4

    @property
    def config(self) -> EncoderConfig:
        """How to get it again."""
        name = Path(self._model_name).name
        return EncoderConfig(KIND, name, {"model": self._model_name})

    @property
    def dimension(self) -> int:
        """Numbers in a vector."""
        return int(self._model.get_sentence_embedding_dimension())

    def fingerprint(self) -> str:
        """Return a digest of weights, tokenizer, modules and windows."""
        return self._fingerprint

    @cached_property
    def _fingerprint(self) -> str:
        made_of = weights.fingerprint(self._model.tokenizer, self._model) + repr(self._model)
        digest = hashlib.sha256(made_of.encode()).hexdigest()
        return f"{KIND}:windows-{self._size}-overlap-{self._overlap}:{digest}"

    def state(self) -> bytes:
        """Return nothing: a pretrained model is not fitted."""
        return b""

    def encode(self, texts: Sequence[str]) -> Any:
        """Return one vector a text."""
        import numpy

        made = numpy.zeros((len(texts), self.dimension), dtype=numpy.float32)
        for row, text in enumerate(texts):
            parts, taken = self._parts(text)
            vectors = self._model.encode(parts, convert_to_numpy=True, show_progress_bar=False)
            mean = numpy.average(numpy.asarray(vectors, dtype=numpy.float64), 0, weights=taken)
            length = float(numpy.linalg.norm(mean))
            made[row] = mean / length if length else mean
        return made

    def _parts(self, text: str) -> tuple[list[str], list[int]]:
        """Return the windows of a text as texts, and how many tokens of each are taken."""
        text = text.strip().encode("utf-8", "replace").decode()
        places = self._model.tokenizer(
            text, add_special_tokens=False, return_offsets_mapping=True, verbose=False
        )["offset_mapping"]
        if len(places) <= self._size:
            return [text], [1]
        cut = windows(len(places), self._size, self._overlap)
        parts = [text[places[one.start][0] : places[one.stop - 1][1]] for one in cut]
        return parts, [one.last - one.first for one in cut]
