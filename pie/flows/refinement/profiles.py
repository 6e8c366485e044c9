"""Cost and memory by line of a program, as SOAP's prompts show them."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from pie.core.refinement.evidence import Evidence
from pie.core.refinement.rows import Divided
from pie.core.refinement.tasks import DividedTask
from pie.core.report.profile_text import Cut
from pie.flows.profiles import profiling, texts
from sim.profile import Profile
from sim.program import Program
from sim.scheduler import Scheduler
from sim.setting import Setting

_MOST_TOKENS = 1500
"""Of each of the two texts: a context of 4,096 tokens holds both beside the program."""


def profile_of(
    setting: Setting,
    one: Divided | DividedTask,
    program: Program,
    evidence: Evidence,
    scheduler: Scheduler,
) -> Evidence:
    """Return evidence with the profiles of the costliest public test, or why there are none.

    They are made by the scheduler's workers, and kept in its store as all it runs.
    """
    costliest = evidence.costliest()
    if not evidence.correct or costliest is None:
        return replace(evidence, profile_problem="the program does not pass the public tests")
    names = [test.name for test in one.task.tests]
    case = one.public[names.index(costliest.test.name)]
    ((found,),) = scheduler.run([profiling(program, [case], setting)])
    time, memory, problem = texts(cast(Profile, found), program.source, Cut(_MOST_TOKENS))
    if problem:
        return replace(evidence, profile_problem=problem)
    return replace(evidence, profile=time, memory_profile=memory)
