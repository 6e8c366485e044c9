"""Refinement runs without processes: a model by script, and a machine that reads programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pie.core.models import Answer, Failure, Sampling
from pie.core.models import Request as ModelRequest
from pie.core.models.model import Event
from pie.core.prompting.prompts import Form, Prompt
from pie.core.refinement.evidence import Evidence
from pie.core.refinement.prompting import Templates
from pie.core.refinement.strategy import load
from pie.flows.refinement import chains
from pie.flows.refinement.refine import Refinement, plan, refine_all
from pie.flows.refinement.request import Request
from sim.machines.counts import Counts
from sim.procedure import Outcome, Procedure
from sim.program import Program
from sim.setting import Setting
from tests.unit.core.refinement.scripted import evidence, fenced, written

Say = Callable[[ModelRequest], str | None]


class ScriptedModel:
    """Answers as a function says; None is a request that fails."""

    name = "scripted:model"
    context: int | None = None
    counts = "words"
    parallel = "all at once"
    by_row = False
    only_form = True

    def __init__(self, say: Say) -> None:
        self.say = say
        self.asked: list[ModelRequest] = []

    def best_form(self) -> Form:
        return Form.CHAT

    def trained_form(self) -> Form | None:
        return None

    def fingerprint(self) -> dict[str, Any]:
        return {"backend": "scripted"}

    def count_tokens(self, prompt: Prompt) -> int:
        return len(prompt.text.split())

    def answers(
        self, requests: Iterable[ModelRequest], sampling: Sampling
    ) -> Iterator[Sequence[Event]]:
        for one in requests:
            self.asked.append(one)
            said = self.say(one)
            if said is None:
                yield [Failure(one.key, "the server is down")]
            else:
                yield [Answer(one.key, said, "stop", 10, 5)]


def row(number: int, words: str = "slow", tests: int = 4, **more: Any) -> dict[str, Any]:
    """A row whose tests hold words of their own, so that each can be found again."""
    return {
        "problem_id": f"p{number}",
        "src_id": f"s{number}",
        "tgt_id": f"t{number}",
        "language": "python",
        "src_code": written(words),
        "tgt_code": written("fast"),
        "tests": [
            {"input": f"given{number}x{test}\n", "output": f"wanted{number}x{test}\n"}
            for test in range(tests)
        ],
        **more,
    }


def write(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(one) + "\n" for one in rows))
    return path


def request(pairs: Path, model: Any, strategy: str = "soap", **changes: Any) -> Request:
    loaded, folder = load(strategy)
    made = Request(
        rows=pairs,
        templates=Templates(loaded, folder),
        model=model,
        form=Form.CHAT,
        sampling=Sampling(),
        setting=Setting(Counts()),
        rounds=loaded.rounds,
        public=2,
        out=pairs.parent / "run",
    )
    return replace(made, **changes)


def run(asked: Request) -> Refinement:
    return refine_all(asked, plan(asked), lambda _path: None, lambda _progress: None)


def files(folder: Path) -> dict[str, bytes]:
    """What must be the same in every run of the same answers."""
    names = ("turns.jsonl", "refined.jsonl", "iterations.jsonl", "summary.json")
    return {name: (folder / name).read_bytes() for name in names}


def always(words: str) -> Say:
    return lambda _request: fenced(written(words))


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Replace the machine by one that reads a program's words; returns what it was given."""
    seen: list[str] = []

    def gather(
        one: Any,
        programs: Sequence[Program],
        setting: Setting,
        printed: dict[str, str],
        profiles: object,
    ) -> Procedure:
        yield from ()
        seen.extend(program.source for program in programs)
        return [Outcome(None, program.source) for program in programs]  # type: ignore[arg-type]

    def read(outcome: Outcome, tests: Any, setting: Setting, printed: Any) -> Evidence:
        made = evidence(outcome.detail, shown=True)
        own = [replace(ran, test=test) for ran, test in zip(made.tests, tests, strict=False)]
        return replace(made, tests=tuple(own))

    monkeypatch.setattr(chains, "gather", gather)
    monkeypatch.setattr(chains, "evidence_of", read)
    monkeypatch.setattr(chains, "profiled", lambda made, _found: made)
    monkeypatch.setenv("PIE_CACHE", str(tmp_path / "cache"))
    return seen
