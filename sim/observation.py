"""The way of one program whose outputs are wanted and not known: build, run, keep what it prints.

A procedure as `sim.procedure` has it; its one outcome is an `Observation`.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from sim.jobs import Answer, BuildJob, Failed, Job, OutputsJob
from sim.printed import Asked, Printed
from sim.procedure import Outcome, Procedure
from sim.program import Build, Program, TestCase
from sim.setting import Setting
from sim.verdict import Verdict


@dataclass(frozen=True)
class Observation(Outcome):
    """An outcome without cost: what the program printed on each input.

    `accepted` when all required inputs ended well and no input showed it to be nondeterministic.
    """

    printed: tuple[Printed, ...] = ()
    """By input; fewer than the inputs when a required one failed, which is then the last."""


def observe(
    program: Program, inputs: Sequence[TestCase], asked: Asked, setting: Setting
) -> Procedure:
    """Build a program and run it natively on inputs; the verdict is the first that counts."""
    outcomes: list[Outcome] = []
    outcomes += yield from observe_all([program], inputs, asked, setting)
    return outcomes


def observe_all(
    programs: Sequence[Program], inputs: Sequence[TestCase], asked: Asked, setting: Setting
) -> Generator[Sequence[Job], Sequence[Answer], list[Observation]]:
    """Observe several programs on the same inputs, all at once; in the same order."""
    context = [setting.build_context(one.language) for one in programs]
    builds = yield [
        BuildJob(one, setting, known) for one, known in zip(programs, context, strict=True)
    ]
    runnable = [
        (number, one)
        for number, one in enumerate(builds)
        if isinstance(one, Build) and not one.verdict
    ]
    judging = setting.judge_context()
    jobs = [
        OutputsJob(programs[number], build, tuple(inputs), asked, setting, judging)
        for number, build in runnable
    ]
    results: Sequence[Answer] = (yield jobs) if jobs else ()
    seen = {
        number: _observation(programs[number], build, result, asked)
        for (number, build), result in zip(runnable, results, strict=True)
    }
    for number, build in enumerate(builds):
        if isinstance(build, Failed):
            digest = programs[number].digest
            seen[number] = Observation(Verdict.NOT_MEASURED, build.reason, program_digest=digest)
        elif number not in seen:
            assert isinstance(build, Build)
            assert build.verdict is not None
            seen[number] = Observation(
                build.verdict, build.detail, (), build, programs[number].digest
            )
    return [seen[number] for number in range(len(programs))]


def _observation(program: Program, build: Build, result: Answer, asked: Asked) -> Observation:
    digest = program.digest
    if isinstance(result, Failed):
        return Observation(Verdict.NOT_MEASURED, result.reason, (), build, digest)
    printed = tuple(one for one in result if isinstance(one, Printed))  # type: ignore[union-attr]
    verdict, detail = _verdict(printed, asked.required)
    return Observation(verdict, detail, (), build, digest, printed=printed)


def _verdict(printed: Sequence[Printed], required: int) -> tuple[Verdict, str]:
    for number, one in enumerate(printed):
        counts = number < required or one.verdict in (Verdict.NONDETERMINISTIC, Verdict.TAMPERING)
        if counts and one.verdict is not Verdict.ACCEPTED:
            return one.verdict, f"input {number}: {one.detail}"
    return Verdict.ACCEPTED, ""
