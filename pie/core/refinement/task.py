"""What is refined: a program or the words of a problem, with the tests that may be shown."""

from __future__ import annotations

from dataclasses import dataclass

from pie.core.refinement.evidence import PublicTest
from sim.program import Language


@dataclass(frozen=True)
class RefinementTask:
    """One task as the loop sees it; its private tests are not part of it."""

    name: str
    """Identity among the tasks of a run."""
    language: Language
    problem: str = ""
    """The words of the problem; empty where the data set has none."""
    program: str | None = None
    """The program to start from; None: the model writes the first one."""
    tests: tuple[PublicTest, ...] = ()
    recorded: str = ""
    """Identity of its row for a model whose answers are kept by row."""
    opening: tuple[str, str] | None = None
    """Prompt and whole answer of an earlier run that the program is from, for a conversation."""
    entry_point: str = ""
    """The function that is asked for; empty: a program."""

    @property
    def mode(self) -> str:
        """`edit` a given program, or `generate` one."""
        return "generate" if self.program is None else "edit"
