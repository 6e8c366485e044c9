"""Asks a model for every answer that is not there yet, and keeps each as it arrives."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from pie.core.answers.answer_store import AnswerStore
from pie.core.answers.extraction import Extraction, Found, extract
from pie.core.models import Request
from pie.core.models.model import PROMPT_TOO_LONG
from pie.core.prompting.prompts import Prompt
from pie.core.run_folder import encode
from pie.flows.generation.asking import Progress, ask_all
from pie.flows.selfplay.request import Asking
from sim.program import Language, digest_of


@dataclass(frozen=True)
class Question:
    """A prompt, and which of its answers is wanted."""

    prompt: Prompt
    row: str
    """What a recorded answer is found by, besides the prompt."""
    sample: int


class Answers:
    """The answers of one model in a folder of their own; use it as a context manager."""

    def __init__(self, folder: Path, asking: Asking) -> None:
        """Open `answers.jsonl`; InputError when it is damaged."""
        folder.mkdir(exist_ok=True)
        self._folder = folder
        self._asking = asking
        self._drawn = (asking.model.fingerprint(), asdict(asking.sampling))
        self._store = AnswerStore(folder / "answers.jsonl")

    def __enter__(self) -> Answers:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._store.close()

    def get(self, question: Question) -> dict[str, Any] | None:
        """Return an answer; None when there is none."""
        return self._store.get(self._key(question))

    def _key(self, one: Question) -> str:
        """Return what an answer is found by: everything that could change it."""
        row = one.row if self._asking.model.by_row else ""
        return digest_of("answer", one.prompt.digest, row, *self._drawn, one.sample)

    def _request(self, one: Question) -> Request:
        seed = self._asking.sampling.seed + one.sample
        return Request(self._key(one), one.prompt, one.sample, seed, one.row)

    def ask(self, questions: Sequence[Question], show: Callable[[Progress], None]) -> Progress:
        """Get every answer that is missing; each batch is on the disk before it is counted.

        ModelError when there is not one answer; KeyboardInterrupt passes through.
        """
        self._write_prompts(questions)
        progress = Progress(wanted=len(questions))
        missing = [one for one in questions if self._key(one) not in self._store]
        progress.reused = progress.answered = len(questions) - len(missing)
        show(progress)
        if not missing:
            return progress
        wanted = (self._request(one) for one in missing)
        ask_all(self._asking.model, self._asking.sampling, wanted, self._store, progress, show)
        return progress

    def _write_prompts(self, questions: Sequence[Question]) -> None:
        """Write each distinct prompt, so that the digests in rows can be looked up."""
        prompts = {one.prompt.digest: one.prompt for one in questions}
        scratch = self._folder / ".prompts.jsonl.part"
        with scratch.open("wb") as file:
            for digest, prompt in prompts.items():
                messages = [[one.role, one.content] for one in prompt.messages]
                record = {"prompt_sha": digest, "form": prompt.form.value, "text": prompt.text}
                file.write(encode({**record, "messages": messages, "stop": list(prompt.stop)}))
        scratch.replace(self._folder / "prompts.jsonl")


def program_in(answer: dict[str, Any], prompt: Prompt, language: Language) -> Extraction:
    """Return the program in a kept answer, or why there is none."""
    reason = answer["finish_reason"]
    if reason == PROMPT_TOO_LONG:
        return Extraction(None, Found.PROMPT_TOO_LONG, 0)
    return extract(answer["text"], language, prompt=prompt.text, cut_off=reason == "length")


def tokens_of(path: Path) -> tuple[int, int]:
    """Return the tokens in and out of all answers in a file, where the server said them."""
    tokens_in = tokens_out = 0
    with path.open("rb") as file:
        for line in file:
            answer = json.loads(line)
            tokens_in += answer["tokens_in"] or 0
            tokens_out += answer["tokens_out"] or 0
    return tokens_in, tokens_out
