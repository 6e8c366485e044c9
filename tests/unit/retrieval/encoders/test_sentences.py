"""sentence-transformers models, on a stand-in of the package that notes what it is asked."""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy
import pytest

from retrieval.encoders.catalogue import open_encoder
from retrieval.encoders.sentences import SentenceEncoder
from retrieval.errors import RetrievalError


class Words:
    """A tokenizer of whitespace-separated words, with one token before and one after."""

    def __call__(
        self, text: str, add_special_tokens: bool = True, **options: Any
    ) -> dict[str, Any]:
        places, at = [], 0
        for word in text.split():
            at = text.index(word, at)
            places.append((at, at + len(word)))
            at += len(word)
        ids = list(range(len(places) + 2 * add_special_tokens))
        return {"input_ids": ids, "offset_mapping": places}

    def get_vocab(self) -> dict[str, int]:
        return {"word": 0}


class Model:
    max_seq_length = 10

    def __init__(self, place: str, trust_remote_code: bool) -> None:
        import torch

        assert trust_remote_code is False
        self.tokenizer = Words()
        self._weight = torch.ones(2)
        self.asked: list[list[str]] = []

    def state_dict(self) -> dict[str, Any]:
        return {"weight": self._weight}

    def __repr__(self) -> str:
        return "Model()"

    def get_sentence_embedding_dimension(self) -> int:
        return 2

    def encode(self, texts: list[str], **_: Any) -> Any:
        self.asked.append(texts)
        return numpy.array([[text.count("a"), text.count("b")] for text in texts], dtype=float)


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    package = ModuleType("sentence_transformers")
    package.SentenceTransformer = Model  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "sentence_transformers", package)
    (tmp_path / "modules.json").write_text("[]")
    return str(tmp_path)


def test_a_folder_with_modules_is_read_by_that_package(model: str) -> None:
    encoder = open_encoder(model)
    assert isinstance(encoder, SentenceEncoder)
    assert encoder.config.options == {"model": model}
    assert numpy.allclose(encoder.encode(["a a b"]), [[2 / 5**0.5, 1 / 5**0.5]])


def test_a_long_text_is_the_mean_of_its_windows_by_the_tokens_taken(model: str) -> None:
    encoder = open_encoder(model)
    vector = encoder.encode([" ".join("a" * 8 + "b" * 8)])[0]
    assert len(encoder._model.asked[0]) > 1  # type: ignore[attr-defined]
    assert vector[0] == pytest.approx(vector[1])
    assert numpy.linalg.norm(vector) == pytest.approx(1)


def test_its_fingerprint_is_of_the_model(model: str) -> None:
    one = open_encoder(model)
    assert SentenceEncoder(model).fingerprint() == one.fingerprint()
    other = SentenceEncoder(model)
    other._model._weight += 1
    assert other.fingerprint() != one.fingerprint()


def test_it_is_never_cut_so_truncating_is_refused(model: str) -> None:
    with pytest.raises(RetrievalError, match="always read in windows"):
        open_encoder(model, truncate=True)
