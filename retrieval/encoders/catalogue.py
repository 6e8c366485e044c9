"""The encoders by name, and how an index's own encoder is had again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from retrieval.encoder import Encoder, EncoderConfig
from retrieval.encoders import sentences, tokens, transformer, weights
from retrieval.encoders.transformer import Pooling, TransformerEncoder
from retrieval.errors import IndexRefused, RetrievalError
from retrieval.syntax import Language

PIE = "codebert-cpp"
SCORE = "codebertscore"
AUTO = "auto"
_SCORE_MODELS = {"cpp": ("neulab/codebert-cpp", 10), "python": ("neulab/codebert-python", 11)}
"""Model and layer that the authors of CodeBERTScore chose for each language."""


def open_encoder(
    name: str = AUTO,
    *,
    language: Language = "cpp",
    model: str | None = None,
    truncate: bool = False,
    notice: Callable[[str], None] = lambda _text: None,
) -> Encoder:
    """Return an encoder that is yet to be fitted, by its name.

    `tokens` (embedded), `codebert-cpp` (PIE's), `codebertscore` (layer 10, or 11 for Python,
    normalised), or any Hugging Face or sentence-transformers model by name or local path, whose
    last layer's mean is normalised. `auto` is PIE's where its weights are on this machine, else
    the embedded one, and says so by `notice`. `model` is the folder of the weights where they are
    not at their usual place; `truncate` reads the first 512 tokens only, as PIE did.
    """
    if model is not None:
        model = _absolute(model)
    if name == AUTO:
        usual = model or _SCORE_MODELS["cpp"][0]
        if model is not None or (language == "cpp" and weights.at_hand(usual)):
            name = PIE
        else:
            notice(
                "no model is at hand: the embedded encoder `tokens` is used, which needs no "
                "weights (--encoder codebert-cpp is PIE's)"
            )
            name = tokens.NAME
    if name == tokens.NAME:
        if model is not None or truncate:
            raise RetrievalError(
                "the encoder tokens reads whole programs and has no weights",
                "leave out --model and --truncate, or take another --encoder",
            )
        return tokens.unfitted(language)
    if name == PIE:
        pooling = Pooling(normalised=False, truncate=truncate)
        return TransformerEncoder(PIE, model or _SCORE_MODELS["cpp"][0], pooling)
    if name == SCORE:
        usual, layer = _SCORE_MODELS[language]
        return TransformerEncoder(SCORE, model or usual, Pooling(layer=layer, truncate=truncate))
    place = model or _absolute(name)
    if place.startswith("sentence-transformers/") or weights.at_hand(place, sentences.MARK):
        if truncate:
            raise RetrievalError(
                f"{place} is a sentence-transformers model, which is always read in windows",
                "leave out --truncate",
            )
        return sentences.SentenceEncoder(place)
    return TransformerEncoder(name, place, Pooling(truncate=truncate))


def _absolute(model: str) -> str:
    """Return where a local folder is, so that an index finds it from any other folder."""
    return str(Path(model).resolve()) if model and Path(model).is_dir() else model


def restore(config: EncoderConfig, state: bytes, model: str | None = None) -> Encoder:
    """Return the encoder that an index was built by; `model` where its weights have moved.

    Whether it is the same is for the caller to see by its fingerprint.
    """
    options = config.options
    try:
        if config.kind == tokens.NAME:
            language, programs = options["language"], int(options["programs"])
            if language not in _SCORE_MODELS or programs < 1:
                raise ValueError(f"{programs} programs in {language!r}")
            return tokens.restored(language, programs, state)
        place = model or str(options["model"])
        pooling = Pooling(
            options.get("layer"), bool(options.get("normalised")), bool(options.get("truncate"))
        )
    except (KeyError, TypeError, ValueError) as error:
        raise IndexRefused(
            "the index does not say how its encoder is made", "build it again"
        ) from error
    if config.kind == sentences.KIND:
        return sentences.SentenceEncoder(place)
    if config.kind == transformer.KIND:
        return TransformerEncoder(config.name, place, pooling)
    raise IndexRefused(
        f"the index was built by an encoder of the kind {config.kind!r}, unknown here",
        "use the version of this toolkit that built it",
    )
