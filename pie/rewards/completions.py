"""What a trainer hands to a reward: completions and columns in, programs and rows out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pie.core.answers.extraction import extract
from pie.core.problem import InputError, RowProblem
from pie.core.rows import Row, parse_row
from pie.core.run_folder import encode
from sim.program import Language, Program

COLUMNS = ("problem_id", "src_code", "tests")
"""What the data set must have besides `prompt`; `language` is known too (default cpp).

`tgt_code`, a pair's better program, is a second witness of made inputs where it is given.
"""


def keys_of(count: int, columns: Mapping[str, Any]) -> list[bytes]:
    """Return for each completion its row as one line, so that equal rows are found."""
    for name in COLUMNS:
        if columns.get(name) is None:
            raise InputError(
                f"the reward needs the column {name}, and the data set has none",
                f"keep {', '.join(COLUMNS)} in the training data",
            )
    names = [*COLUMNS, *(["language"] if columns.get("language") is not None else [])]
    for name in names:
        if len(columns[name]) != count:
            raise InputError(
                f"the column {name} has {len(columns[name])} values for {count} completions",
                "give one for each completion",
            )
    targets = columns.get("tgt_code")
    if targets is None or len(targets) != count:
        targets = [None] * count
    try:
        return [
            encode({**{name: columns[name][at] for name in names}, "tgt_code": targets[at] or ""})
            for at in range(count)
        ]
    except (TypeError, ValueError) as error:
        raise InputError(
            f"a column of the data set is no plain value ({error})", "give texts and numbers"
        ) from error


def row_of(key: bytes) -> Row:
    """Return the row of a key."""
    try:
        return parse_row(key)
    except RowProblem as problem:
        raise InputError(
            f"a row of the training data cannot be used: {problem}", "mend or remove it"
        ) from problem


def program_of(completion: str | Sequence[Mapping[str, Any]], language: Language) -> Program | None:
    """Return the program of a completion, or None."""
    code = extract(_text(completion), language).code
    return None if code is None else Program(language, code)


def _text(completion: object) -> str:
    """Return the text of a completion: its last message's, whose content may come in parts."""
    if isinstance(completion, list | tuple):
        completion = completion[-1].get("content") if completion else None
        if isinstance(completion, list | tuple):
            parts = [part.get("text") for part in completion if isinstance(part, Mapping)]
            return "".join(part for part in parts if isinstance(part, str))
    if completion is None or isinstance(completion, str):
        return completion or ""
    raise InputError(
        f"a completion is no text but {type(completion).__name__}", "give texts or messages"
    )
