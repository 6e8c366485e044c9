"""What a loader is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pie.core.problem import RowProblem
from sim.toolchain import Toolchain


@dataclass(frozen=True)
class Context:
    """The options of `pie dataset tasks`."""

    toolchain: Toolchain = field(default_factory=Toolchain)
    largest: int = 1_000_000
    """Characters of a test; larger ones are left out and counted."""
    references: int = 3
    """Reference solutions that are kept of each task."""
    public: Path | None = None
    """Folder of public tests in PIE's layout, for sources that come without."""
    private: Path | None = None
    helpers: str = ""
    """Python text that input generators need (ENAMEL's `enam/datautils.py`)."""
    base: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Tasks by id that give prompt and tests to a source without (EvalPerf)."""
    stress: bool = True
    """Make the tests that input generators give."""


@dataclass
class Loaded:
    """One row of a source: a task, the pairs it holds, and what was left out of it."""

    task: dict[str, Any] | None = None
    pairs: list[dict[str, Any]] = field(default_factory=list)
    too_large: int = 0
    """Tests with more characters than wanted."""
    without_value: int = 0
    """Tests whose input or expected value could not be made."""


def text_of(row: Mapping[str, Any], *names: str) -> str:
    """Return the first of several fields that is a text; RowProblem when none is."""
    for name in names:
        if isinstance(row.get(name), str):
            return str(row[name])
    raise RowProblem(f"the field {' or '.join(names)} is missing or no text")


def list_of(row: Mapping[str, Any], name: str) -> list[Any]:
    """Return a field that is a list, or the JSON text of one; RowProblem for anything else."""
    import json

    value: Any = row.get(name)
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise RowProblem(f"{name} is no list, nor the JSON of one") from error
    if hasattr(value, "tolist"):
        value = value.tolist()
    if not isinstance(value, list | tuple):
        raise RowProblem(f"the field {name} is missing or no list")
    return list(value)


def within(tests: list[dict[str, Any]], context: Context, loaded: Loaded) -> list[dict[str, Any]]:
    """Return the tests that are not too large; count the others."""
    import json

    kept = [one for one in tests if len(json.dumps(one, ensure_ascii=False)) <= context.largest]
    loaded.too_large += len(tests) - len(kept)
    return kept
