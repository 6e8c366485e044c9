"""Cost and memory by line of a program, as SOAP's prompts show them.

They are made by the scheduler's workers, beside measurements, and kept in its store.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import Any, cast

from pie.core.refinement.evidence import Evidence
from pie.core.report.profile_text import Cut
from pie.flows.profiles import profiling, texts
from sim.procedure import Outcome
from sim.profile import Profile
from sim.program import Program, TestCase
from sim.setting import Setting
from sim.verdict import Verdict

_MOST_TOKENS = 1500
"""Of each of the two texts: a context of 4,096 tokens holds both beside the program."""

Texts = tuple[str, str, str]
"""Time profile, memory profile, and why there is none."""


def profiles_of(
    program: Program, outcome: Outcome, tests: Sequence[TestCase], setting: Setting
) -> Generator[Any, Any, Texts]:
    """Profile an accepted program on its costliest test, a part of a procedure."""
    costs = [one.run.seconds if one.run is not None else 0.0 for one in outcome.tests]
    test = tests[max(range(len(costs)), key=costs.__getitem__)]
    (found,) = yield from profiling(program, [test], setting)
    return texts(cast(Profile, found), program.source, Cut(_MOST_TOKENS))


def profiled(evidence: Evidence, found: Texts | None) -> Evidence:
    """Return evidence with the profiles that were made, or why there are none."""
    if found is None:
        ours = evidence.verdict is Verdict.NOT_MEASURED
        why = "it was not measured" if ours else "the program does not pass the public tests"
        return replace(evidence, profile_problem=why)
    time, memory, problem = found
    if problem:
        return replace(evidence, profile_problem=problem)
    return replace(evidence, profile=time.rstrip("\n"), memory_profile=memory.rstrip("\n"))
