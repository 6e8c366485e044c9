"""The way of a row with its native check: what `examine` gives, and the agreement of each answer.

Small programs cost nothing more: the times of the judge's own runs rule them out. Programs are run
again natively only where those times are near a bound.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import Any

from pie.core.report.startup import startup_procedure
from sim.agreement import (
    Agreement,
    Cost,
    Start,
    agreement,
    may_be_eligible,
    must_be_repeated,
)
from sim.jobs import Answer, Job, NativeJob
from sim.native_times import NativeTimes
from sim.procedure import Outcome, Procedure, examine
from sim.program import Language, Program, TestCase
from sim.setting import Setting
from sim.verdict import Verdict

Steps = Generator[Sequence[Job], Sequence[Answer], Any]


def examine_with_check(
    programs: Sequence[Program], tests: Sequence[TestCase], setting: Setting
) -> Procedure:
    """Examine a row's programs, and compare each answer's speedup with the processor's.

    The first program is the source. The outcome of each other one has its `Agreement` as
    `native`, where both programs were accepted and are measured on a deterministic machine.
    """
    outcomes: list[Outcome] = yield from examine(programs, tests, setting)
    if not setting.machine.deterministic:
        return outcomes
    source, *answers = outcomes
    checked: dict[str, Agreement | None] = {}
    for program, one in zip(programs[1:], answers, strict=True):
        if one.program_digest not in checked:
            checked[one.program_digest] = yield from _check(
                (programs[0], program), (source, one), tuple(tests), setting
            )
    return [source, *(replace(one, native=checked[one.program_digest]) for one in answers)]


def _check(
    programs: tuple[Program, Program],
    outcomes: tuple[Outcome, Outcome],
    tests: tuple[TestCase, ...],
    setting: Setting,
) -> Generator[Sequence[Job], Sequence[Answer], Agreement | None]:
    source, answer = outcomes
    costs = cost_of(source), cost_of(answer)
    if costs[0] is None or costs[1] is None or not tests:
        return None
    if not may_be_eligible(costs[0], costs[1]):
        return agreement(costs[0], costs[1], Start(), len(tests), 1)
    start, empty = yield from _start(programs[1].language, setting)
    first = agreement(costs[0], costs[1], start, len(tests), 1)
    if source.program_digest == answer.program_digest or not must_be_repeated(first):
        return first
    if empty is None or empty.build is None:
        return first
    context = setting.judge_context()
    jobs = [
        NativeJob(program, one.build, empty.build, tests, setting, context)
        for program, one in zip(programs, outcomes, strict=True)
        if one.build is not None
    ]
    results = yield jobs
    times = [one for one in results if isinstance(one, NativeTimes) and one.complete]
    if len(times) < len(jobs):
        return first
    start = replace(start, native_seconds=min(one.startup_seconds for one in times))
    again = [
        replace(cost, native_seconds=one.seconds)
        for cost, one in zip(costs, times, strict=True)
        if cost is not None
    ]
    return agreement(again[0], again[1], start, len(tests), times[0].repeats)


def cost_of(outcome: Outcome) -> Cost | None:
    """Return an outcome's native and simulated seconds; None unless it was accepted."""
    seconds = outcome.seconds
    if outcome.verdict is not Verdict.ACCEPTED or seconds is None:
        return None
    return Cost(sum(test.native_seconds for test in outcome.tests), seconds)


def _start(
    language: Language, setting: Setting
) -> Generator[Sequence[Job], Sequence[Answer], tuple[Start, Outcome | None]]:
    outcomes: list[Outcome] = yield from startup_procedure(language, setting)
    cost = cost_of(outcomes[0])
    if cost is None:
        return Start(), None
    return Start(cost.native_seconds, cost.simulated_seconds), outcomes[0]
