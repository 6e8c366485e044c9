"""Pretrained weights: whether they are at hand, how they are loaded, and what identifies them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from retrieval.errors import MissingModel

T = TypeVar("T")
_PATIENCE_SECONDS = 10.0
LONGEST_WINDOW = 512
"""Tokens read at once, begin and end included: what these encoders were trained with."""


def at_hand(model: str, file: str = "config.json") -> bool:
    """Say whether a model is a local folder or in Hugging Face's cache; never asks the network."""
    if Path(model).is_dir():
        return (Path(model) / file).is_file()
    try:
        from huggingface_hub import try_to_load_from_cache

        return isinstance(try_to_load_from_cache(model, file), str)
    except (ImportError, ValueError):  # hub's validation errors are ValueErrors
        return False


def place_of(
    model: str,
    option: str = "--model",
    otherwise: str = "take --encoder tokens, which needs none",
) -> str:
    """Return the folder of a model where it is at hand, else its name, once it can be downloaded.

    So a model that is at hand is read without asking the network, and one that cannot be had is
    told at once: MissingModel.
    """
    if Path(model).exists():
        return model
    from huggingface_hub import HfApi, try_to_load_from_cache

    if at_hand(model):
        return str(Path(str(try_to_load_from_cache(model, "config.json"))).parent)
    try:
        HfApi().model_info(model, timeout=_PATIENCE_SECONDS)
    except Exception as error:  # of the network's library, of the hub's, of its validators
        raise MissingModel(
            f"the model {model} is not on this machine and cannot be downloaded "
            f"({type(error).__name__})",
            f"check its name and the connection, or give the folder of its weights with {option}, "
            f"or {otherwise}",
        ) from error
    return model


def load(model: str) -> tuple[Any, Any]:
    """Return tokenizer and model, in float32, on the GPU where there is one, ready to be read.

    Code that comes with a model is never run. MissingModel when either cannot be had.
    """
    try:
        import torch
        from transformers import AutoModel, AutoTokenizer
        from transformers.utils import logging
    except ImportError as error:
        raise MissingModel(
            f"the model {model} needs torch and transformers ({error.name} is missing)",
            "install the extra `retrieval`, or take --encoder tokens, which needs no weights",
        ) from error
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    place = place_of(model)

    def both() -> tuple[Any, Any]:
        tokenizer = AutoTokenizer.from_pretrained(place, trust_remote_code=False)
        read = AutoModel.from_pretrained(place, trust_remote_code=False, dtype=torch.float32)
        return tokenizer, read.eval()

    tokenizer, weights = loading(model, both)
    return tokenizer, weights.to("cuda" if torch.cuda.is_available() else "cpu")


def loading(model: str, how: Callable[[], T]) -> T:
    """Load by `how`; MissingModel says in one sentence why it could not be, and what to do."""
    try:
        return how()
    except Exception as error:  # libraries raise a dozen unrelated types when files are missing
        if isinstance(error, MemoryError):
            raise
        raise MissingModel(
            f"{model} holds no model that can be loaded ({_first_line(error)})",
            "give a model, or a folder written by save_pretrained with its tokenizer",
        ) from error


def positions(tokenizer: Any, model: Any) -> int:
    """Return how many tokens are read at once: 512, or what the model has room for.

    RoBERTa's kind loses as many positions as its padding's number and one.
    """
    room = getattr(model.config, "max_position_embeddings", None) or LONGEST_WINDOW
    embedding = getattr(getattr(model, "embeddings", None), "position_embeddings", None)
    padding = getattr(embedding, "padding_idx", None)
    if padding is not None:
        room -= padding + 1
    return int(min(room, tokenizer.model_max_length, LONGEST_WINDOW))


def fingerprint(tokenizer: Any, weights: Any) -> str:
    """Return a digest of every weight and of the tokenizer, wherever they were loaded from."""
    digest = hashlib.blake2b(digest_size=32)
    for name, tensor in sorted(weights.state_dict().items()):
        digest.update(f"{name}{tuple(tensor.shape)}{tensor.dtype}".encode())
        digest.update(memoryview(tensor.detach().cpu().contiguous().float().numpy()).cast("B"))
    digest.update(_tokenizer(tokenizer).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _tokenizer(tokenizer: Any) -> str:
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        return json.dumps(sorted(tokenizer.get_vocab().items()))
    described = json.loads(backend.to_str())
    for name in ("truncation", "padding"):  # what the last call asked for, not what it is
        described.pop(name, None)
    return json.dumps(described, sort_keys=True)


def _first_line(error: Exception) -> str:
    text = str(error).strip().split("\n", 1)[0][:160].rstrip(".")
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
