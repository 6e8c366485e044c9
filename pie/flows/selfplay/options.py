"""From names and numbers of the command line to the two models and how they are asked."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pie.core.models import Model, ModelOptions, Sampling, form_of, open_model
from pie.core.problem import InputError
from pie.core.prompting.prompts import Strategy
from pie.flows.selfplay.request import STRATEGIES, Asking


@dataclass(frozen=True)
class Chosen:
    """How one of the models is asked, as the user says it."""

    model: str
    base_url: str
    temperature: float
    top_p: float
    max_new_tokens: int
    samples: int
    seed: int
    form: str
    prompt_tokens: int | None = None
    """The longest prompt; None: what the context leaves."""


def open_asking(chosen: Chosen, options: ModelOptions) -> Asking:
    """Return a model, opened, and how it is asked; InputError for what does not fit together."""
    if chosen.top_p == 0:
        raise InputError("a top-p of 0 leaves no token to draw", "give a temperature of 0")
    model = open_model(chosen.model, replace(options, base_url=chosen.base_url))
    sampling = Sampling(chosen.temperature, chosen.top_p, chosen.max_new_tokens, chosen.seed)
    return Asking(
        model, sampling, chosen.samples, form_of(chosen.form, model), _room(chosen, model)
    )


def strategy_of(name: str) -> Strategy:
    """Return a strategy that an optimiser can be asked by; InputError for another."""
    try:
        return Strategy(name)
    except ValueError as error:
        raise InputError(
            f"unknown strategy {name!r}", f"choose one of {', '.join(STRATEGIES)}"
        ) from error


def _room(chosen: Chosen, model: Model) -> int | None:
    if model.context is None:
        return chosen.prompt_tokens
    room = model.context - chosen.max_new_tokens
    if room < 1:
        raise InputError(
            f"a context of {model.context} tokens has no room for an answer of "
            f"{chosen.max_new_tokens}",
            "give a smaller --max-new-tokens, or the right --context",
        )
    return room if chosen.prompt_tokens is None else min(room, chosen.prompt_tokens)
