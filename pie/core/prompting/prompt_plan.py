"""Makes the prompt of every row before any model is asked: which rows, how long, which examples."""

from __future__ import annotations

import hashlib
import json
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO

from pie.core.plan import LeftOut
from pie.core.problem import InputError, RowProblem
from pie.core.prompting.example_pairs import ChooseExamples
from pie.core.prompting.prompt_rows import prompt_in
from pie.core.prompting.prompts import BEST_SCORE, Form, Message, Prompt, Strategy, render
from pie.core.prompting.token_budget import CountTokens, Fitted, fit
from pie.core.rows import Row, parse_row, read_lines
from pie.core.run_folder import encode


@dataclass(frozen=True)
class Prompting:
    """How a row becomes a prompt."""

    strategy: Strategy
    form: Form
    count: CountTokens
    room: int | None = None
    """Tokens that a prompt may have; None: no limit."""
    score: int = BEST_SCORE
    choose: ChooseExamples | None = None
    wanted: int = 0
    """Examples that each prompt is to show, where that many are allowed and fit."""
    from_rows: bool = False
    """The rows hold their prompts, which are asked as they are."""
    identify: Callable[[Row], str] = lambda _row: ""
    """What else than the prompt an answer belongs to: rows that differ in it share no answers."""

    def prompt_of(self, row: Row) -> Fitted:
        """Return the row's prompt with as many whole examples as fit.

        RowProblem when the rows hold their prompts and this one cannot be used.
        """
        if self.from_rows:
            own = prompt_in(row.fields)
            if own.form is not self.form:
                raise RowProblem(f"its prompt is in {own.form} form, and {self.form} is asked for")
            return fit(lambda _shown: own, (), self.count, self.room)
        examples = self.choose(row) if self.choose is not None else ()
        return fit(
            lambda shown: render(
                self.strategy, self.form, row.src_code, row.language, shown, self.score
            ),
            examples,
            self.count,
            self.room,
        )


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """One usable row, and its prompt."""

    offset: int
    """Where it begins in the pairs file."""
    prompt: int
    """Number of the prompt; -1 when it is too long even without examples."""
    tokens: int
    dropped: int
    examples: tuple[str, ...]


@dataclass
class PromptPlan:
    """The prompts of a pairs file; the texts themselves are in `prompts.jsonl`."""

    pairs: Path
    rows: list[PlannedRow] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    prompts: array[int] = field(default_factory=lambda: array("Q"))
    """Where each distinct prompt begins in `prompts.jsonl`."""
    examples_missing: int = 0
    """Rows for which there was no example to show, though the strategy shows some."""
    examples_short: int = 0
    """Rows for which there were some examples, but fewer than wanted; not for want of room."""

    @property
    def too_long(self) -> int:
        """Rows whose prompt does not fit the model's context."""
        return sum(row.prompt < 0 for row in self.rows)

    @property
    def dropped(self) -> int:
        """Examples left out for want of room, over all rows."""
        return sum(row.dropped for row in self.rows)

    def read_rows(self) -> Iterator[tuple[PlannedRow, Row]]:
        """Yield the usable rows again, in order; InputError when the file changed meanwhile."""
        try:
            with self.pairs.open("rb") as file:
                for planned in self.rows:
                    file.seek(planned.offset)
                    yield planned, parse_row(file.readline().removeprefix(b"\xef\xbb\xbf"))
        except (OSError, RowProblem) as error:
            raise InputError(
                f"the pairs file {self.pairs} changed while it was used ({error})",
                "run the command again",
            ) from error


def sha256_of(path: Path, option: str = "--pairs", limit: int | None = None) -> str:
    """Return the digest of a file's lines that are not blank, as `pie simulate` has it.

    With a limit, of the first ones only.
    """
    whole = hashlib.sha256()
    for line in islice(read_lines(path, option), limit):
        whole.update(line.data)
    return whole.hexdigest()


def plan_prompts(
    pairs: Path,
    prompting: Prompting,
    out: IO[bytes],
    show: Callable[[int], None] = lambda _rows: None,
    limit: int | None = None,
) -> PromptPlan:
    """Read the rows, write their distinct prompts; InputError when no row can be used.

    With a limit, only the first lines are read.
    """
    made = PromptPlan(pairs)
    seen: dict[str, int] = {}
    at = 0
    for line in islice(read_lines(pairs), limit):
        try:
            row = parse_row(line.data)
            fitted = prompting.prompt_of(row)
        except RowProblem as problem:
            made.left_out.append(LeftOut(line.number, str(problem)))
            continue
        chosen = len(fitted.prompt.examples) + fitted.dropped
        if prompting.choose is not None and not chosen:
            made.examples_missing += 1
        elif chosen < prompting.wanted:
            made.examples_short += 1
        number = -1
        if fitted.fits:
            row_identity = prompting.identify(row)
            name = fitted.prompt.digest + row_identity
            if name not in seen:
                seen[name] = len(seen)
                made.prompts.append(at)
                at += out.write(encode(_record(fitted.prompt, row_identity)))
            number = seen[name]
        made.rows.append(
            PlannedRow(line.offset, number, fitted.tokens, fitted.dropped, fitted.prompt.examples)
        )
        show(len(made.rows))
    if not made.rows:
        why = (
            f" (line {one.line}: {one.reason})" if (one := next(iter(made.left_out), None)) else ""
        )
        raise InputError(
            f"the pairs file {pairs} has no row that can be used{why}",
            "give rows in PIE's format (JSONL)",
        )
    return made


def _record(prompt: Prompt, row_identity: str) -> dict[str, object]:
    """Return a prompt as a line of `prompts.jsonl`."""
    return {
        "prompt_sha": prompt.digest,
        "row": row_identity,
        "form": prompt.form.value,
        "text": prompt.text,
        "messages": [[one.role, one.content] for one in prompt.messages],
        "stop": list(prompt.stop),
    }


def read_prompt(line: bytes) -> tuple[Prompt, str]:
    """Return the prompt of a line of `prompts.jsonl`, and the identity of its row if it has one."""
    record = json.loads(line)
    prompt = Prompt(
        Form(record["form"]),
        record["text"],
        tuple(Message(role, content) for role, content in record["messages"]),
        tuple(record["stop"]),
    )
    return prompt, record["row"]
