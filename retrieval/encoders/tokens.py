"""The embedded encoder: word n-grams of the parse tree, hashed, tf-idf weighted; needs no weights.

A program becomes its words (`retrieval.abstraction`), these its runs of one, two and three. Each
run has a 64-bit hash (BLAKE2b of the words, mixed by splitmix64: the same in every process). The
hash says in which bucket its document frequency is counted, which of the vector's numbers it
adds to, and with which sign. Weight: (1 + ln count) * (1 + ln((1 + N) / (1 + programs with it))),
or 0 if no indexed program has it. The vector has length 1, so the inner product is the cosine.
There is no window: every word of a program counts, however long it is.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from typing import Any

from retrieval.abstraction import words
from retrieval.encoder import EncoderConfig, Metric
from retrieval.errors import IndexRefused
from retrieval.syntax import Language

NAME = "tokens"
DIMENSION = 1024
ORDERS = (1, 2, 3)
_SCHEME = "tokens-1"
"""Changes whenever the same text would get another vector."""
_BUCKETS = 1 << 20
_BUCKET_MASK = _BUCKETS - 1


@dataclass(frozen=True, eq=False)
class TokenEncoder:
    """Vectors whose weights were fitted to the programs of one index."""

    language: Language
    programs: int
    """How many programs it was fitted to."""
    frequencies: Any
    """uint32, one a bucket: how many of these programs have a run of words there."""

    dimension: int = DIMENSION
    metric: Metric = "ip"
    normalised: bool = True

    @property
    def config(self) -> EncoderConfig:
        """How to get it again, with `state`."""
        return EncoderConfig(NAME, NAME, {"language": self.language, "programs": self.programs})

    def fingerprint(self) -> str:
        """Return a digest of scheme, grammar, language, dimension and fitted frequencies."""
        grammar = version(f"tree-sitter-{self.language}")
        made_of = (_SCHEME, self.language, grammar, self.dimension, ORDERS, self.programs)
        digest = hashlib.sha256(repr(made_of).encode())
        digest.update(self.frequencies.astype("<u4").tobytes())
        return f"{NAME}:{digest.hexdigest()}"

    def state(self) -> bytes:
        """Return the frequencies, compressed."""
        return zlib.compress(self.frequencies.astype("<u4").tobytes(), 6)

    def encode(self, texts: Sequence[str]) -> Any:
        """Return one vector a text; 0 everywhere for a text without words."""
        known: dict[str, int] = {}
        runs = (_counted(_hashes(_codes(text, self.language, known))) for text in texts)
        return self._vectors(runs, len(texts))

    def fitted(
        self, texts: Sequence[str], progress: Callable[[int], None]
    ) -> tuple[TokenEncoder, Any]:
        """Return the encoder fitted to these programs, and their vectors; each is parsed once."""
        import numpy

        known: dict[str, int] = {}
        sequences = []
        frequencies = numpy.zeros(_BUCKETS, dtype=numpy.uint32)
        for text in texts:
            sequence = _codes(text, self.language, known)
            sequences.append(sequence)
            buckets = numpy.unique(_hashes(sequence) & _BUCKET_MASK)
            frequencies[buckets] += 1
            progress(1)
        made = TokenEncoder(self.language, len(texts), frequencies)
        runs = (_counted(_hashes(sequence)) for sequence in sequences)
        return made, made._vectors(runs, len(texts))

    @cached_property
    def _weight_of(self) -> Any:
        """The inverse document frequency of each bucket."""
        import numpy

        weights = 1 + numpy.log((1.0 + self.programs) / (1.0 + self.frequencies))
        return numpy.where(self.frequencies > 0, weights, 0.0)

    def _vectors(self, programs: Iterable[tuple[Any, Any]], number: int) -> Any:
        import numpy

        vectors = numpy.zeros((number, self.dimension), dtype=numpy.float32)
        weight_of = self._weight_of
        for row, (hashes, counts) in enumerate(programs):
            weights = (1 + numpy.log(counts)) * weight_of[hashes & _BUCKET_MASK]
            signs = numpy.where(hashes >> numpy.uint64(63), 1.0, -1.0)
            places = ((hashes >> numpy.uint64(24)) % self.dimension).astype(numpy.int64)
            vector = numpy.bincount(places, weights * signs, minlength=self.dimension)
            length = float(numpy.sqrt(numpy.square(vector).sum()))
            vectors[row] = vector / length if length else vector
        return vectors


def unfitted(language: Language) -> TokenEncoder:
    """Return the encoder that is yet to be fitted: until then every vector is 0."""
    import numpy

    return TokenEncoder(language, 0, numpy.zeros(_BUCKETS, dtype=numpy.uint32))


def restored(language: Language, programs: int, state: bytes) -> TokenEncoder:
    """Return the encoder whose `state` an index kept; IndexRefused when that is no such state."""
    import numpy

    size = 4 * _BUCKETS
    try:
        unpacked = zlib.decompressobj().decompress(state, size + 1)
    except zlib.error as error:
        raise IndexRefused("the index's word frequencies cannot be read", "build it again") from (
            error
        )
    if len(unpacked) != size:
        raise IndexRefused("the index's word frequencies are incomplete", "build it again")
    return TokenEncoder(language, programs, numpy.frombuffer(unpacked, dtype="<u4"))


def _codes(text: str, language: Language, known: dict[str, int]) -> Any:
    """Return the 64-bit hash of each word in order; `known` spares hashing a word twice."""
    import numpy

    sequence = []
    for word in words(text, language):
        code = known.get(word)
        if code is None:
            digest = hashlib.blake2b(word.encode("utf-8", "replace"), digest_size=8).digest()
            code = int.from_bytes(digest, "little")
            if len(known) < _BUCKETS:
                known[word] = code
        sequence.append(code)
    return numpy.array(sequence, dtype=numpy.uint64)


def _hashes(codes: Any) -> Any:
    """Return the hash of every run of 1, 2 and 3 words; runs of different lengths never agree."""
    import numpy

    runs = []
    mixed = numpy.zeros(len(codes), dtype=numpy.uint64)
    for order in ORDERS:
        if len(codes) < order:
            break
        shorter = mixed[: len(codes) - order + 1]
        mixed = _mix(shorter + codes[order - 1 :] + numpy.uint64(order))
        runs.append(mixed)
    return numpy.concatenate(runs) if runs else mixed


def _mix(numbers: Any) -> Any:
    """Spread each number over all 64 bits (the finaliser of splitmix64)."""
    import numpy

    numbers = (numbers ^ (numbers >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> numpy.uint64(31))


def _counted(hashes: Any) -> tuple[Any, Any]:
    import numpy

    distinct, counts = numpy.unique(hashes, return_counts=True)
    return distinct, counts
