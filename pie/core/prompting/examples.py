"""Examples for prompts: each distinct source of a data set with the best of its targets."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from pie.core.dataset.trajectory import in_range
from pie.core.problem import RowProblem
from pie.core.rows import language_of
from sim.program import Language
from sim.verdict import Verdict


@dataclass(frozen=True)
class Example:
    """A slow program and a faster one of the same problem."""

    src_id: str
    tgt_id: str
    problem_id: str
    src_code: str
    tgt_code: str
    speedup: float | None
    """How many times faster the target was measured to be; None: the data set does not say."""
    language: Language

    def payload(self) -> dict[str, Any]:
        """Return it as JSON values, for an index to keep."""
        return {
            "src_id": self.src_id,
            "tgt_id": self.tgt_id,
            "problem_id": self.problem_id,
            "src_code": self.src_code,
            "tgt_code": self.tgt_code,
            "speedup": self.speedup,
            "language": self.language.value,
        }


@dataclass(frozen=True)
class Candidate:
    """A row as an example, and what decides whether it is shown."""

    example: Example
    tgt_seconds: float | None
    fault: str | None
    """Why it is no example of a faster program; None: it is one."""


def from_payload(payload: Mapping[str, Any]) -> Example:
    """Return what an index kept; KeyError or ValueError when something else made the index."""
    speedup = payload["speedup"]
    if speedup is not None and type(speedup) not in (int, float):
        raise ValueError("its speedup is no number")
    return Example(
        src_id=str(payload["src_id"]),
        tgt_id=str(payload["tgt_id"]),
        problem_id=str(payload["problem_id"]),
        src_code=str(payload["src_code"]),
        tgt_code=str(payload["tgt_code"]),
        speedup=speedup,
        language=Language(payload["language"]),
    )


def candidate(fields: Mapping[str, Any], place: str, above: float = 1.0) -> Candidate:
    """Check one row; RowProblem says in one sentence what is wrong with it.

    Needed: `problem_id`, `src_code`, `tgt_code`. The speedup is the field `speedup`, else
    `src_agg_runtime / tgt_agg_runtime`, else unknown. No example is a row whose target was judged
    and not accepted, is the source itself, or is known not to be `above` times faster.
    """
    source, target = _text(fields, "src_code"), _text(fields, "tgt_code")
    tgt_seconds = _positive(fields, "tgt_agg_runtime")
    src_seconds = _positive(fields, "src_agg_runtime")
    speedup = _positive(fields, "speedup")
    if speedup is None and src_seconds is not None and tgt_seconds is not None:
        speedup = src_seconds / tgt_seconds
    example = Example(
        src_id=_id(fields, "src_id") or place,
        tgt_id=_id(fields, "tgt_id") or place,
        problem_id=query_problem(fields),
        src_code=source,
        tgt_code=target,
        speedup=speedup,
        language=row_language(fields),
    )
    verdict = fields.get("tgt_verdict")
    fault = None
    if verdict is not None and verdict != Verdict.ACCEPTED.value:
        fault = "its target was not accepted"
    elif source.split() == target.split():
        fault = "its target is its source"
    elif speedup is not None and speedup <= above:
        fault = f"its target is not more than {above:g} times faster"
    return Candidate(example, tgt_seconds, fault)


def better(one: Candidate, other: Candidate) -> bool:
    """Say whether the first is the better example of a source that both have.

    The larger speedup is; a known one before an unknown; with equal ones the target that ran for
    less time. If that says nothing neither is better: the first in the file stays.
    """
    return _rank(one) > _rank(other)


def _rank(candidate: Candidate) -> tuple[float, float]:
    speedup, seconds = candidate.example.speedup, candidate.tgt_seconds
    return (
        -math.inf if speedup is None else speedup,
        -math.inf if seconds is None else -seconds,
    )


def query_text(fields: Mapping[str, Any]) -> str:
    """Return the program of a row that is to be made faster; RowProblem when there is none."""
    return _text(fields, "src_code")


def query_problem(fields: Mapping[str, Any]) -> str:
    """Return a row's problem: without it, nothing could keep its own problem out of its answers."""
    problem = _id(fields, "problem_id")
    if problem is None:
        raise RowProblem("the field problem_id is missing")
    return problem


def row_language(fields: Mapping[str, Any]) -> Language:
    """Return a row's language, C++ where it names none, as in PIE."""
    name = fields.get("language")
    if name is None:
        return Language.CPP
    if not isinstance(name, str):
        raise RowProblem("language is not a string")
    return language_of(name)


def _text(fields: Mapping[str, Any], name: str) -> str:
    if name not in fields:
        raise RowProblem(f"the field {name} is missing")
    if not isinstance(fields[name], str):
        raise RowProblem(f"{name} is not a string")
    if not fields[name].strip():
        raise RowProblem(f"{name} is empty")
    return cast(str, fields[name])


def _id(fields: Mapping[str, Any], name: str) -> str | None:
    value = fields.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise RowProblem(f"{name} is neither a string nor an integer")
    return str(value)


def _positive(fields: Mapping[str, Any], name: str) -> float | None:
    value = fields.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise RowProblem(f"{name} is not a positive number")
    if value and not in_range(value):  # NaN, 1e999, 10**400: no order, or no ratio, of these
        raise RowProblem(f"{name} is too large or too small for any runtime")
    return float(value) or None
