"""What a model is asked and what it answers; every backend has the methods of `Model`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from pie.core.problem import InputError
from pie.core.prompting.prompts import Form, Prompt

PROMPT_TOO_LONG = "prompt_too_long"
"""The finish reason of an answer that a server refused since the prompt exceeds the context."""


class ModelError(InputError):
    """A model cannot be used at all, or has gone; one sentence with the remedy."""


@dataclass(frozen=True)
class Sampling:
    """How answers are drawn. Sample i of every prompt has the seed `seed` + i."""

    temperature: float = 0.7
    top_p: float = 1.0
    max_new_tokens: int = 1024
    seed: int = 0


@dataclass(frozen=True)
class Request:
    """One answer that is wanted."""

    key: str
    """Digest of prompt, model, sampling and sample: one answer for each."""
    prompt: Prompt
    sample: int
    seed: int
    row: str
    """Identity of the row that asks, for a model whose answers are kept by it; else empty."""


@dataclass(frozen=True)
class Answer:
    """What the model said, whatever it is: an empty answer is an answer."""

    key: str
    text: str
    finish_reason: str
    """`stop`, `length` (cut off by the limit of tokens), or what the server says."""
    tokens_in: int | None = None
    tokens_out: int | None = None
    """None where the server does not say."""
    attempts: int = 1
    model: str = ""
    """The name under which the server answered."""


@dataclass(frozen=True)
class Failure:
    """A request that got no answer: ours or the server's failing, never counted as the model's."""

    key: str
    reason: str


Event = Answer | Failure


@dataclass(frozen=True)
class ModelOptions:
    """What the backends can be told; each takes what concerns it."""

    base_url: str = ""
    concurrency: int = 16
    max_retries: int = 6
    timeout_seconds: float = 600.0
    body: Mapping[str, Any] = field(default_factory=dict)
    """More fields of a request to a server; null leaves a field out."""
    tokenizer: Path | None = None
    context: int | None = None
    batch_size: int = 8
    dtype: str = "auto"
    device: str = ""
    tensor_parallel: int = 0
    """GPUs that share one copy of the model (vllm); 0: as few as it needs."""
    data_parallel: int = 0
    """Copies of the model (vllm); 0: as many as there are GPUs for."""
    gpu_memory: float | None = None
    """Share of each GPU's memory that is taken (vllm)."""
    backoff_seconds: float = 0.5


class Model(Protocol):
    """Answers prompts; nothing is loaded or contacted before it is needed."""

    name: str
    """`backend:name`."""
    context: int | None
    """Tokens of prompt and answer together; None where it is not known."""
    counts: str
    """How tokens are counted, in words."""
    parallel: str
    """How many requests are under way at once, in words."""
    by_row: bool
    """Answers belong to rows: rows with equal prompts do not share theirs."""

    @property
    def only_form(self) -> bool:
        """Whether it can be asked in its best form alone, so a trained one was trained on it."""

    def best_form(self) -> Form:
        """Return the form that suits the model best: the one that it was trained in, if known."""

    def trained_form(self) -> Form | None:
        """Return the form that the model was fine-tuned in; None where nothing tells."""

    def fingerprint(self) -> dict[str, Any]:
        """Return everything that could change an answer, without secrets and addresses."""

    def count_tokens(self, prompt: Prompt) -> int:
        """Return the tokens of a prompt, as the model sees it."""

    def answers(self, requests: Iterable[Request], sampling: Sampling) -> Iterator[Sequence[Event]]:
        """Yield what arrives, in any order, until every request has its answer or its failure.

        Closing the iterator gives up the requests under way. ModelError when nothing can be
        answered; what had arrived has been yielded by then.
        """


def form_of(name: str, model: Model, *, trained: bool = False) -> Form:
    """Return the form that a model is asked in: `auto`, `plain` or `chat`.

    InputError for a form that contradicts what the model says of its training. `trained`: the way
    of asking is one that models are trained for, so a guess would silently ask in another form.
    """
    known = model.trained_form()
    if name == "auto":
        if known is None and trained and not model.only_form:
            raise InputError(
                f"nothing tells in which form {model.name} was trained, plain or chat",
                "give --form with the form of its training rows (for a server also --tokenizer "
                "with the trained model's folder, which tells it)",
            )
        return known or model.best_form()
    try:
        form = Form(name)
    except ValueError as error:
        raise InputError(f"unknown form {name!r}", "choose plain, chat or auto") from error
    if known is not None and form is not known:
        raise InputError(
            f"{model.name} was trained in {known} form, and --form says {form}",
            "leave --form out, or give another model",
        )
    return form
