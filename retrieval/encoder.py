"""What every encoder is: texts in, one vector a text out, and a fingerprint of all that shapes it.

A text of any length gives one vector. How texts longer than a model's window are read is the
encoder's matter (`retrieval.windows`) and part of its fingerprint.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

Metric = Literal["l2", "ip"]
"""How vectors are compared: squared Euclidean distance, or inner product."""


@dataclass(frozen=True)
class EncoderConfig:
    """How to get the same encoder again: what an index saves of it besides fitted numbers."""

    kind: str
    """`tokens`, `transformer` or `sentence-transformers`."""
    name: str
    """What a person calls it: `tokens`, `codebert-cpp`, a model's name or path."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """JSON values, by the kind's own names."""


class Encoder(Protocol):
    """Turns programs into vectors; the same text gives the same vector in every process."""

    @property
    def config(self) -> EncoderConfig:
        """How to get it again."""

    @property
    def dimension(self) -> int:
        """Numbers in a vector."""

    @property
    def metric(self) -> Metric:
        """How its vectors are compared."""

    @property
    def normalised(self) -> bool:
        """Whether every vector has length 1 (the vector of a text without content is 0)."""

    def fingerprint(self) -> str:
        """Return a digest of everything that could change a vector."""

    def encode(self, texts: Sequence[str]) -> Any:
        """Return the vectors: float32, (number of texts, dimension), C order."""

    def state(self) -> bytes:
        """Return what was fitted to the indexed texts and cannot be had otherwise; often empty."""


@runtime_checkable
class ToFit(Protocol):
    """An encoder whose vectors depend on what is indexed; a pretrained model is none."""

    def fitted(self, texts: Sequence[str], progress: Callable[[int], None]) -> tuple[Encoder, Any]:
        """Return the encoder fitted to the texts that are to be indexed, and their vectors.

        `progress` is told how many more texts are done.
        """
