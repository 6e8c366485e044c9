"""The way of one program whose outputs are wanted and not known: build, run, keep what it prints.

A procedure as `sim.procedure` has it; its one outcome is an `Observation`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.jobs import BuildJob, Failed, OutputsJob
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
    digest = program.digest
    (build,) = yield [BuildJob(program, setting, setting.build_context(program.language))]
    if isinstance(build, Failed):
        return [Observation(Verdict.NOT_MEASURED, build.reason, program_digest=digest)]
    assert isinstance(build, Build)
    if build.verdict is not None:
        return [Observation(build.verdict, build.detail, (), build, digest)]
    job = OutputsJob(program, build, tuple(inputs), asked, setting, setting.judge_context())
    (result,) = yield [job]
    if isinstance(result, Failed):
        return [Observation(Verdict.NOT_MEASURED, result.reason, (), build, digest)]
    printed = tuple(one for one in result if isinstance(one, Printed))  # type: ignore[union-attr]
    verdict, detail = _verdict(printed, asked.required)
    return [Observation(verdict, detail, (), build, digest, printed=printed)]


def _verdict(printed: Sequence[Printed], required: int) -> tuple[Verdict, str]:
    for number, one in enumerate(printed):
        counts = number < required or one.verdict in (Verdict.NONDETERMINISTIC, Verdict.TAMPERING)
        if counts and one.verdict is not Verdict.ACCEPTED:
            return one.verdict, f"input {number}: {one.detail}"
    return Verdict.ACCEPTED, ""
