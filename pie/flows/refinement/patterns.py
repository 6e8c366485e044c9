"""Edits of other problems' programs, from an index, for strategies that show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pie.core.refinement.patterns import CANDIDATES, KnownEdit, Nearest
from pie.core.refinement.rows import Divided
from pie.core.refinement.tasks import DividedTask
from sim.errors import MissingTool

if TYPE_CHECKING:
    from pie.flows.examples import Examples


@dataclass(frozen=True)
class Patterns:
    """An index, opened."""

    examples: Examples
    fingerprint: str

    def nearest_for(self, one: Divided | DividedTask) -> Nearest:
        """Return how edits are found for a task: never of its own problem, and of its language."""
        problem = one.row.problem_id if isinstance(one, Divided) else one.whole.task_id
        language = one.task.language

        def nearest(program: str) -> Sequence[KnownEdit]:
            if not program.strip():
                return ()
            return [
                KnownEdit(hit.example.src_code, hit.example.tgt_code, hit.score)
                for hit in self.examples.nearest(program, CANDIDATES, problem)
                if hit.example.language is language
            ]

        return nearest


def open_patterns(index: Path) -> Patterns:
    """Open an index; its module comes with the retrieval extra."""
    from pie.flows.examples import open_examples

    try:
        opened = open_examples(index)
    except ImportError as error:
        raise MissingTool(
            f"the index cannot be opened: {error.name} is not installed",
            "pip install 'pie-perf-toolkit[retrieval]'",
        ) from error
    return Patterns(opened, opened.fingerprint)
