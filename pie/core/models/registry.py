"""The backends by name."""

from __future__ import annotations

from collections.abc import Callable

from pie.core.models.model import Model, ModelError, ModelOptions

Opener = Callable[[str, ModelOptions], Model]


def _openai(name: str, options: ModelOptions) -> Model:
    from pie.core.models.openai import OpenAIModel

    return OpenAIModel(name, options)


def _huggingface(name: str, options: ModelOptions) -> Model:
    from pie.core.models.huggingface import HuggingFaceModel

    return HuggingFaceModel(name, options)


def _vllm(name: str, options: ModelOptions) -> Model:
    from pie.core.models.vllm import VllmModel

    return VllmModel(name, options)


def _replay(name: str, options: ModelOptions) -> Model:
    from pie.core.models.replay import ReplayModel

    return ReplayModel(name, options)


BACKENDS: dict[str, Opener] = {
    "openai": _openai,
    "hf": _huggingface,
    "vllm": _vllm,
    "replay": _replay,
}


def open_model(spec: str, options: ModelOptions) -> Model:
    """Return the model that `backend:name` names; ModelError when there is no such backend."""
    backend, colon, name = spec.partition(":")
    if not colon or not name or backend not in BACKENDS:
        raise ModelError(
            f"the model {spec!r} is not of the form backend:name",
            f"give one of {', '.join(f'{one}:NAME' for one in BACKENDS)}",
        )
    return BACKENDS[backend](name, options)
