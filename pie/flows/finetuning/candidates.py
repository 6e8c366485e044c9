"""What training rows are asked for, a row before it is rendered, and how others are told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pie.core.dataset.high_quality import PER_PROBLEM
from pie.core.dataset.manifest import Counts
from pie.core.dataset.table import Writer
from pie.core.problem import InputError
from pie.core.prompting.prompts import Form
from pie.core.training import execution
from pie.core.training.formats import Format, Shown


@dataclass(frozen=True)
class Request:
    """Which pairs, and what becomes of them."""

    pairs: Path | None
    out: Path
    format: Format = Format.PLAIN
    tags: tuple[int, ...] = ()
    """Training: only targets with one of these; sampling: a prompt for each (none given: 10)."""
    sampling: bool = False
    """Prompts only, as a trained model is asked."""
    hq: bool = False
    per_problem: int = PER_PROBLEM
    size: int | None = None
    self_play: Path | None = None
    run: Path | None = None
    """Of `pie simulate`, for `ecco-execution`."""
    refined: Path | None = None
    """A run of `pie refine`, whose programs are the pairs."""
    tests_shown: int = execution.PUBLIC_TESTS
    form: Form | None = None
    """Plain text, or messages for the model's chat template; None: what the rest implies."""
    openai: bool = False
    """Chat rows as a hosted service takes them."""
    tokenizer: str = ""
    max_tokens: int | None = None
    strict: bool = False
    limit: int | None = None
    """Only the first rows of the pairs."""


@dataclass(frozen=True)
class Candidate:
    """A row before it is rendered: what is shown, what is to be learned, and whose it is."""

    place: str
    shown: Shown
    completion: str
    about: Mapping[str, Any] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)
    """The pair itself, which `pie generate` passes on and `pie simulate` measures."""


def leave_out(counts: Counts, listed: Writer, place: str, reason: str, strict: bool) -> None:
    """Count and list a row that cannot be used; InputError under `--strict`."""
    if strict:
        raise InputError(f"{place} cannot be used ({reason})", "mend it, or leave --strict out")
    counts.left_out[reason] += 1
    listed.write({"place": place, "reason": reason})
