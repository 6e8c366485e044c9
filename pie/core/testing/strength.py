"""How strong tests are: which broken versions of an accepted program they notice."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from pie.core.report.startup import startup_procedure
from pie.core.testing.fuzzing import quick
from pie.core.testing.mutants import mutants
from sim.jobs import Answer, Job
from sim.procedure import Outcome, examine, judged
from sim.program import Program, TestCase
from sim.setting import Setting
from sim.verdict import Verdict

_UNKNOWN = (Verdict.COMPILE_ERROR, Verdict.NOT_MEASURED)


@dataclass(frozen=True)
class Survivor:
    """A mutant that all tests accept: perhaps it does what the program does."""

    kind: str
    line: int
    source: str


@dataclass(frozen=True)
class Strength(Outcome):
    """What was found of one problem; `detail` says why nothing was."""

    mutants: int = 0
    """Those that compile to something else than the program."""
    killed: int = 0
    """By the given tests."""
    killed_with_made: int = 0
    """By these or the made ones."""
    survivors: tuple[Survivor, ...] = ()
    given: tuple[int, ...] = ()
    """Cycles of the program on each given test."""
    made: tuple[int, ...] = ()
    start: int | None = None
    """Cycles of an empty program."""


def strength(
    programs: Sequence[Program],
    given: Sequence[TestCase],
    made: Sequence[TestCase],
    wanted: int,
    seed: int,
    setting: Setting,
) -> Generator[Sequence[Job], Sequence[Answer], list[Outcome]]:
    """Judge mutants of the first accepted program; a procedure with one `Strength`."""
    seen: list[Outcome] = yield from judged(programs, given, setting)
    accepted = [
        one for one, found in zip(programs, seen, strict=True) if found.verdict is Verdict.ACCEPTED
    ]
    if not accepted:
        return [Strength(Verdict.ACCEPTED, "no_accepted_program")]
    program = accepted[0]
    own = next(one for one in seen if one.verdict is Verdict.ACCEPTED).build
    broken = mutants(program, wanted, seed)
    short = quick(setting)
    before: list[Outcome] = yield from judged([one.program for one in broken], given, short)
    counted = [
        (one, found)
        for one, found in zip(broken, before, strict=True)
        if found.verdict not in _UNKNOWN
        and not (own and found.build and own.digest == found.build.digest)
    ]
    alive = [one for one, found in counted if found.verdict is Verdict.ACCEPTED]
    killed = len(counted) - len(alive)
    if made and alive:
        after: list[Outcome] = yield from judged([one.program for one in alive], made, short)
        alive = [
            one for one, found in zip(alive, after, strict=True)
            if found.verdict is Verdict.ACCEPTED
        ]  # fmt: skip
    (start,) = yield from startup_procedure(program.language, setting)
    (on_given,) = yield from examine([program], given, setting)
    on_made: tuple[int, ...] = ()
    if made:
        (outcome,) = yield from examine([program], made, short)
        on_made = _cycles(outcome)
    return [
        Strength(
            Verdict.ACCEPTED,
            mutants=len(counted),
            killed=killed,
            killed_with_made=len(counted) - len(alive),
            survivors=tuple(Survivor(one.kind, one.line, one.program.source) for one in alive),
            given=_cycles(on_given),
            made=on_made,
            start=start.cycles,
        )
    ]


def _cycles(outcome: Outcome) -> tuple[int, ...]:
    runs = [one.run for one in outcome.tests]
    return tuple(run.cycles for run in runs if run is not None and run.cycles is not None)
