"""Encoders by name, the default, and what is said where weights are missing."""

import sys

import pytest

from retrieval.encoder import EncoderConfig
from retrieval.encoders import weights
from retrieval.encoders.catalogue import open_encoder, restore
from retrieval.encoders.tokens import TokenEncoder
from retrieval.errors import IndexRefused, MissingModel, RetrievalError


def test_without_weights_the_default_is_the_embedded_encoder_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(weights, "at_hand", lambda *_: False)
    told: list[str] = []
    assert isinstance(open_encoder(notice=told.append), TokenEncoder)
    assert told == [
        "no model is at hand: the embedded encoder `tokens` is used, which needs no weights "
        "(--encoder codebert-cpp is PIE's)"
    ]


@pytest.mark.parametrize("name", ["codebert-cpp", "codebertscore", "somebody/some-model"])
def test_weights_that_cannot_be_had_are_told_at_once(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub

    def unreachable(*_: object, **__: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(weights, "at_hand", lambda *_: False)
    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", unreachable)
    with pytest.raises(MissingModel, match="not on this machine and cannot be downloaded") as told:
        open_encoder(name)
    assert "--encoder tokens" in told.value.remedy


@pytest.mark.parametrize("name", ["", "a/b/c", "../x", "--x"])
def test_a_name_that_is_none_is_one_sentence(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    def unknown(*_: object, **__: object) -> None:
        raise ValueError("no such name")

    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", unknown)
    with pytest.raises(RetrievalError):
        open_encoder(name)


def test_options_that_the_embedded_encoder_has_not_are_refused() -> None:
    with pytest.raises(RetrievalError, match="reads whole programs and has no weights"):
        open_encoder("tokens", truncate=True)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingModel, match="needs torch and transformers"):
        weights.load("x")


@pytest.mark.parametrize(
    "config",
    [
        EncoderConfig("tokens", "tokens", {}),
        EncoderConfig("transformer", "x", {}),
        EncoderConfig("from the future", "x", {"model": "x"}),
    ],
)
def test_an_encoder_that_cannot_be_had_again_is_refused(config: EncoderConfig) -> None:
    with pytest.raises(IndexRefused):
        restore(config, b"")


def test_sentence_transformers_need_their_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(MissingModel, match="needs the package sentence-transformers") as told:
        open_encoder("sentence-transformers/all-MiniLM-L6-v2")
    assert "pip install sentence-transformers" in told.value.remedy
