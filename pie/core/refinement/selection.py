"""Which earlier versions the next request shows: pure functions by name."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence

from pie.core.problem import InputError
from pie.core.refinement.version import Version
from sim.verdict import Verdict

Select = Callable[[Sequence[Version], Version | None, int], tuple[Version, ...]]
"""(all versions in their order, the kept one, how many) -> what is shown."""

_ACCURACY_SLACK = 0.01
"""SBLLM's term against division by zero."""


def kept(versions: Sequence[Version], current: Version | None, beam: int) -> tuple[Version, ...]:
    """Return the kept version alone."""
    return () if current is None else (current,)


def fastest(versions: Sequence[Version], current: Version | None, beam: int) -> tuple[Version, ...]:
    """Return the `beam` fastest correct versions, the fastest first."""
    correct = [one for one in versions if one.evidence.cost is not None]
    return tuple(sorted(correct, key=lambda one: (one.evidence.cost, one.turn))[:beam])


def sbllm(versions: Sequence[Version], current: Version | None, beam: int) -> tuple[Version, ...]:
    """Return SBLLM's representative versions: fast correct ones, then distinct wrong ones.

    Versions that pass some test are ordered by (time over that of the first version) / (share of
    passed tests + 0.01); programs that are equal but for white space count once. Where there are
    fewer than `beam`, those that pass nothing fill up, the most alike to the chosen ones first.
    Source: Gao et al. 2025, evol_query.py; its abstraction of identifiers is not repeated.
    """
    given = versions[0].evidence.seconds if versions else None
    distinct: dict[str, Version] = {}
    for one in versions:
        distinct.setdefault("".join(one.program.split()), one)
    passing = [one for one in distinct.values() if _accuracy(one) > 0]
    chosen = sorted(passing, key=lambda one: (_fitness(one, given), one.turn))[:beam]
    others = [one for one in distinct.values() if _accuracy(one) == 0]
    while len(chosen) < beam and others:
        nearest = max(others, key=lambda one: (_likeness(one, chosen), -one.turn))
        others.remove(nearest)
        chosen.append(nearest)
    return tuple(chosen)


def _accuracy(one: Version) -> float:
    tests = one.evidence.tests
    passed = sum(test.verdict is Verdict.ACCEPTED for test in tests)
    return passed / len(tests) if tests else 0.0


def _fitness(one: Version, given: float | None) -> float:
    measured = [test.seconds for test in one.evidence.tests if test.seconds is not None]
    ratio = sum(measured) / given if measured and given else 1.0
    return ratio / (_accuracy(one) + _ACCURACY_SLACK)


def _likeness(one: Version, chosen: Sequence[Version]) -> float:
    return sum(
        difflib.SequenceMatcher(None, one.program, other.program, autojunk=False).quick_ratio()
        for other in chosen
    )


SELECTIONS: dict[str, Select] = {"kept": kept, "fastest": fastest, "sbllm": sbllm}


def selection(name: str) -> Select:
    """Return a selection function; InputError for a name that there is none of."""
    if name not in SELECTIONS:
        raise InputError(
            f"there is no selection {name}", f"give one of {', '.join(sorted(SELECTIONS))}"
        )
    return SELECTIONS[name]
