"""ECCO's trajectories: a user's programs for a problem, from the slowest to the fastest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sim.program import Language

STEPS = (0.0, 0.33, 0.66)
"""How far along the way the programs stand that are shown; the target is the end (ECCO 4.3)."""
LEAST = 3
"""Programs that a user needs for a problem."""


@dataclass(frozen=True, slots=True)
class Solution:
    """One program of a user."""

    id: str
    language: Language
    code: str
    seconds: float


@dataclass(frozen=True)
class Trajectory:
    """What is shown, slowest first, and the fastest program, which is to be written."""

    shown: tuple[Solution, ...]
    target: Solution


def trajectory(solutions: Iterable[Solution]) -> Trajectory | None:
    """Return a user's trajectory for one problem; None with fewer than three distinct programs.

    The programs are ordered by their time (ECCO's Figure 11), equal times by name, and the same
    text counts once. Of n programs the shown ones are number round(p * (n - 1)) for p of 0, 0.33
    and 0.66, each once: of three programs there are only two besides the fastest.
    """
    by_code: dict[str, Solution] = {}
    for one in sorted(solutions, key=lambda one: (one.seconds, one.id)):
        by_code.setdefault(one.code, one)
    ordered = sorted(by_code.values(), key=lambda one: (-one.seconds, one.id))
    if len(ordered) < LEAST:
        return None
    last = len(ordered) - 1
    numbers = sorted({round(part * last) for part in STEPS} - {last})
    return Trajectory(tuple(ordered[number] for number in numbers), ordered[last])
