"""Recorded answers instead of a model: for tests, and to go over released answers again.

A line of the file is one of

    {"prompt_sha": ..., "sample": 0, "text": ..., ...}      a line of a run's `answers.jsonl`
    {"src_id": ..., "tgt_id": ..., "problem_id": ..., "generated_answers": [...]}      a row

Rows of one pair that several models answered name their `model`; a row that asks and names one,
too, gets that model's answers. Where two lines answer the same otherwise, nobody can say which is
meant: the request fails, and the row is named.

Self-play asks its proposer in calls 0, 1, ..., and its optimiser about programs; their answers
are rows too (a call whose prompt came before goes on in the list of the first one with it):

    {"problem_id": "selfplay", "src_id": "propose", "tgt_id": "0", "src_code": "",
     "generated_answers": [...]}
    {"problem_id": the base, "src_code": the program, "generated_answers": [...]}
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pie.core.models.model import (
    Answer,
    Event,
    Failure,
    ModelError,
    ModelOptions,
    Request,
    Sampling,
)
from pie.core.problem import RowProblem
from pie.core.prompting.prompts import Form, Prompt
from pie.core.prompting.token_budget import BYTES_PER_TOKEN, estimate_tokens
from pie.core.rows import Row, parse_answers, read_lines
from pie.core.wording import one_line
from sim.program import digest_of

_AT_ONCE = 256
_SEVERAL: dict[str, Any] = {"text": None}
"""In the place of an answer: the lines differ."""


def row_identity(problem_id: object, src_id: object, tgt_id: object, src_code: str) -> str:
    """Return what names a row in recorded answers: its ids, or its source where it has none."""
    if src_id is None and tgt_id is None:
        return digest_of("row", str(problem_id), src_code)
    return digest_of("row", str(problem_id), str(src_id), str(tgt_id))


def identity_of(row: Row) -> str:
    """Return what names a checked row; behind a slash its `model`, where it names one."""
    identity = row_identity(row.problem_id, row.src_id, row.tgt_id, row.src_code)
    return _by_model(identity, row.fields.get("model"))


def _by_model(identity: str, model: object) -> str:
    return f"{identity}/{digest_of('model', model)}" if isinstance(model, str) else identity


class ReplayModel:
    """Answers from a file, at once and for nothing."""

    counts = f"estimated: UTF-8 bytes / {BYTES_PER_TOKEN}"
    parallel = "all at once"
    by_row = True
    only_form = True

    def __init__(self, name: str, options: ModelOptions) -> None:
        self.name = f"replay:{name}"
        self.context = options.context
        self._path = Path(name)
        self._read: tuple[dict[tuple[str, int], dict[str, Any]], str] | None = None

    def best_form(self) -> Form:
        return Form.PLAIN

    def trained_form(self) -> Form | None:
        return None

    def fingerprint(self) -> dict[str, Any]:
        return {"backend": "replay", "sha256": self._recorded()[1]}

    def count_tokens(self, prompt: Prompt) -> int:
        return estimate_tokens(prompt)

    def answers(self, requests: Iterable[Request], sampling: Sampling) -> Iterator[Sequence[Event]]:
        recorded, _digest = self._recorded()
        batch: list[Event] = []
        for one in requests:
            digest = one.prompt.digest
            pair = one.row.partition("/")[0]
            names = (_of_row(digest, one.row), _of_row(digest, pair), digest, one.row, pair)
            line = next(
                (found for name in names if (found := recorded.get((name, one.sample)))), None
            )
            if line is None:
                batch.append(Failure(one.key, "the file has no recorded answer to it"))
            elif line is _SEVERAL:
                batch.append(Failure(one.key, "the file has several different answers to it"))
            else:
                batch.append(
                    Answer(
                        one.key,
                        line["text"],
                        line.get("finish_reason") or "stop",
                        line.get("tokens_in"),
                        line.get("tokens_out"),
                        model=line.get("model") or "",
                    )
                )
            if len(batch) == _AT_ONCE:
                yield batch
                batch = []
        if batch:
            yield batch

    def _recorded(self) -> tuple[dict[tuple[str, int], dict[str, Any]], str]:
        """Read the file once: the answers by (prompt or row, sample), and the file's digest."""
        if self._read is None:
            found: dict[tuple[str, int], dict[str, Any]] = {}
            whole = hashlib.sha256()
            for line in read_lines(self._path, option="--model replay:"):
                whole.update(line.data)
                for key, record in self._records(line.number, line.data):
                    if _told(found.setdefault(key, record)) != _told(record):
                        found[key] = _SEVERAL
            self._read = found, whole.hexdigest()
        return self._read

    def _records(
        self, number: int, data: bytes
    ) -> Iterator[tuple[tuple[str, int], dict[str, Any]]]:
        try:
            line = json.loads(data)
            if "generated_answers" in line:
                identity = row_identity(
                    line["problem_id"], line.get("src_id"), line.get("tgt_id"), line["src_code"]
                )
                names = {identity, _by_model(identity, line.get("model"))}
                for sample, text in enumerate(parse_answers(line["generated_answers"])):
                    for name in names:
                        yield (name, sample), {"text": text}
            else:
                (digest, sample), record = _recorded_answer(line)
                yield (digest, sample), record
                if line.get("row"):  # of rows with one prompt, each has its own
                    yield (_of_row(digest, line["row"]), sample), record
        except (
            ValueError,
            KeyError,
            TypeError,
            AttributeError,
            RecursionError,
            RowProblem,
        ) as error:
            raise ModelError(
                f"{self._path}:{number}: not a line of recorded answers ({_why(error)})",
                "give rows with generated_answers, or the answers.jsonl of an earlier run",
            ) from error


def _recorded_answer(line: dict[str, Any]) -> tuple[tuple[str, int], dict[str, Any]]:
    """Return (prompt, sample) and the answer of a run's line; ValueError when it is none."""
    texts = [line["prompt_sha"], line["text"]]
    optional = ("finish_reason", "model", "row")
    texts += [line[name] for name in optional if line.get(name) is not None]
    if not all(isinstance(one, str) for one in texts):
        raise ValueError("its text is none")
    counts = [line.get(name) for name in ("tokens_in", "tokens_out")]
    if not all(one is None or (type(one) is int and one >= 0) for one in counts):
        raise ValueError("its tokens are no numbers")
    return (line["prompt_sha"], int(line["sample"])), line


def _of_row(digest: str, row: str) -> str:
    return f"{digest}/{row}"


def _told(record: dict[str, Any]) -> tuple[object, object]:
    """Return what makes two answers different ones."""
    return record["text"], record.get("finish_reason") or "stop"


def _why(error: Exception) -> str:
    return f"it has no {error.args[0]}" if isinstance(error, KeyError) else one_line(str(error), 80)
