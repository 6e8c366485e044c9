"""Asks a model, and keeps each answer before it is counted: for sampling and for self-play."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pie.core.answers.answer_store import AnswerStore
from pie.core.models import Answer, Failure, Model, ModelError, Request, Sampling


@dataclass
class Progress:
    """How far a run is; handed to whoever shows it."""

    prompts: int = 0
    """Rows whose prompt is made, before anything is asked."""
    wanted: int = 0
    answered: int = 0
    reused: int = 0
    """Of the answered: by an earlier run of the same folder."""
    failures: Counter[str] = field(default_factory=Counter)
    tokens_in: int = 0
    tokens_out: int = 0
    several_programs: int = 0
    """Answers with more than one complete program, of which one was chosen."""
    without_usage: int = 0
    """Answers whose tokens the server did not say."""

    @property
    def failed(self) -> int:
        """Requests that got no answer."""
        return sum(self.failures.values())


def ask_all(
    model: Model,
    sampling: Sampling,
    requests: Iterable[Request],
    store: AnswerStore,
    progress: Progress,
    show: Callable[[Progress], None],
) -> None:
    """Get the answers that are missing; each batch is on the disk before it is counted.

    ModelError when there is no answer at all, of an earlier run neither.
    """
    waiting: dict[str, Request] = {}

    def remembered() -> Iterator[Request]:
        for request in requests:
            waiting[request.key] = request
            yield request

    events = model.answers(remembered(), sampling)
    try:
        for batch in events:
            answers = [one for one in batch if isinstance(one, Answer)]
            store.add(record_of(one, waiting.pop(one.key)) for one in answers)
            for one in batch:
                if isinstance(one, Failure):
                    progress.failures[one.reason] += 1
                    waiting.pop(one.key, None)
            progress.answered += len(answers)
            show(progress)
    finally:
        close = getattr(events, "close", None)
        if close is not None:
            close()
    if progress.answered == 0:
        reason, _times = progress.failures.most_common(1)[0]
        raise ModelError(
            f"the model {model.name} answered nothing ({reason})",
            "check its name and whether it runs",
        )


def record_of(answer: Answer, request: Request) -> dict[str, Any]:
    """Return an answer as a line of `answers.jsonl`."""
    return {
        "key": answer.key,
        "prompt_sha": request.prompt.digest,
        **({"row": request.row} if request.row else {}),
        "sample": request.sample,
        "seed": request.seed,
        "finish_reason": answer.finish_reason,
        "tokens_in": answer.tokens_in,
        "tokens_out": answer.tokens_out,
        "attempts": answer.attempts,
        "model": answer.model,
        "text": answer.text,
    }
