"""Answers are asked for once, kept as they come, and found again."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pie.core.models import Answer, Failure, ModelError, Request, Sampling
from pie.core.models.model import Event
from pie.core.prompting.prompts import Form, Prompt
from pie.flows.selfplay.asking import Answers, Question
from pie.flows.selfplay.request import Asking


@dataclass
class Model:
    """Answers with the prompt and the seed; fails on the samples it is told to."""

    failing: set[int] = field(default_factory=set)
    stops_after: int = 10**9
    by_row: bool = False
    asked: list[int] = field(default_factory=list)
    name: str = "stub"
    context: int | None = None
    counts: str = "not"
    parallel: str = "one"

    def best_form(self) -> Form:
        return Form.PLAIN

    def fingerprint(self) -> dict[str, Any]:
        return {"backend": "stub"}

    def count_tokens(self, prompt: Prompt) -> int:
        return len(prompt.text)

    def answers(self, requests: Iterable[Request], sampling: Sampling) -> Iterator[Sequence[Event]]:
        for number, one in enumerate(requests):
            if number == self.stops_after:
                raise KeyboardInterrupt
            self.asked.append(one.seed)
            if one.sample in self.failing:
                yield [Failure(one.key, "no")]
            else:
                yield [Answer(one.key, f"{one.prompt.text} {one.seed}", "stop")]


QUESTIONS = [Question(Prompt(Form.PLAIN, "a"), "", sample) for sample in range(3)]


def asking(model: Model, **sampling: Any) -> Asking:
    return Asking(model, Sampling(1.0, 0.9, 10, **sampling), 3, Form.PLAIN, None)


def texts(folder: Path, model: Model, **sampling: Any) -> list[str | None]:
    with Answers(folder / "x", asking(model, **sampling)) as answers:
        answers.ask(QUESTIONS, lambda _progress: None)
        found = [answers.get(one) for one in QUESTIONS]
    return [None if one is None else one["text"] for one in found]


def test_each_sample_has_a_seed_of_its_own(tmp_path: Path) -> None:
    assert texts(tmp_path, Model(), seed=7) == ["a 7", "a 8", "a 9"]


def test_what_is_there_is_not_asked_again_and_what_failed_is(tmp_path: Path) -> None:
    assert texts(tmp_path, Model({1})) == ["a 0", None, "a 2"]
    second = Model()
    assert texts(tmp_path, second) == ["a 0", "a 1", "a 2"]
    assert second.asked == [1]


def test_an_interruption_keeps_what_came_before_it(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        texts(tmp_path, Model(stops_after=2))
    last = Model()
    texts(tmp_path, last)
    assert last.asked == [2]


def test_another_temperature_is_another_answer(tmp_path: Path) -> None:
    texts(tmp_path, Model())
    other = Model()
    with Answers(tmp_path / "x", Asking(other, Sampling(0.5), 3, Form.PLAIN, None)) as answers:
        answers.ask(QUESTIONS, lambda _progress: None)
    assert other.asked == [0, 1, 2]


def test_a_model_that_answers_nothing_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"answered nothing \(no\)"):
        texts(tmp_path, Model({0, 1, 2}))


def test_the_prompts_are_kept_with_the_digests_that_rows_name(tmp_path: Path) -> None:
    texts(tmp_path, Model())
    lines = (tmp_path / "x" / "prompts.jsonl").read_text().splitlines()
    assert len(lines) == 1
    assert QUESTIONS[0].prompt.digest in lines[0]
