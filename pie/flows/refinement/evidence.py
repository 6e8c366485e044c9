"""From a task's public tests to the evidence that its loop is sent, by the jobs of `sim`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pie.core.refinement.evidence import Evidence, PublicTest, TestEvidence
from pie.core.refinement.rows import Divided
from pie.core.refinement.tasks import DividedTask
from pie.flows.refinement.profiles import Texts, profiles_of
from sim.jobs import OutputsJob
from sim.printed import Asked, Printed
from sim.procedure import Outcome, Procedure, TestOutcome, examine
from sim.program import Program, TestKind
from sim.setting import Setting
from sim.verdict import Verdict

_KEPT_BYTES = 1 << 16
_MEGABYTE = 1e6


def gather(
    one: Divided | DividedTask,
    programs: Sequence[Program],
    setting: Setting,
    printed: dict[str, str],
    profiles: dict[str, Texts] | None = None,
) -> Procedure:
    """Measure programs on the public tests, beside the reference that bounds them.

    What a program printed on the first test that it failed goes into `printed`, by its digest:
    prompts show it. Where `profiles` are wanted, those of accepted programs go there. The outcomes
    are those of the programs alone.
    """
    reference = one.reference
    if reference is None:
        setting = replace(setting, budget=None)
    before = [] if reference is None else [reference]
    outcomes: list[Outcome] = yield from examine([*before, *programs], one.public, setting)
    outcomes = outcomes[len(before) :]
    wrong = {}
    for program, outcome in zip(programs, outcomes, strict=True):
        failed = first_failed(outcome)
        reads = failed is not None and one.public[failed].kind is TestKind.STDIN
        if failed is not None and reads and outcome.build is not None:
            wrong[program.digest] = (program, outcome, failed)
    if wrong:
        context = setting.judge_context()
        jobs = [
            OutputsJob(
                program,
                outcome.build,
                (one.public[failed],),
                Asked(required=0, keep_bytes=_KEPT_BYTES),
                setting,
                context,
            )
            for program, outcome, failed in wrong.values()
            if outcome.build is not None
        ]
        results = yield jobs
        for digest, result in zip(wrong, results, strict=True):
            first = result[0] if isinstance(result, list) and result else None
            if isinstance(first, Printed) and first.stdout is not None:
                printed[digest] = first.stdout.decode("utf-8", "replace")
    if profiles is not None:
        for program, outcome in zip(programs, outcomes, strict=True):
            if outcome.verdict is Verdict.ACCEPTED:
                made = yield from profiles_of(program, outcome, one.public, setting)
                profiles[program.digest] = made
    return outcomes


def first_failed(outcome: Outcome) -> int | None:
    """Return the number of the first test with a wrong answer, if that is the first that failed."""
    for number, test in enumerate(outcome.tests):
        if test.verdict is not Verdict.ACCEPTED:
            return number if test.verdict is Verdict.WRONG_ANSWER else None
    return None


def evidence_of(
    outcome: Outcome, tests: Sequence[PublicTest], setting: Setting, printed: str | None
) -> Evidence:
    """Return an outcome as what the loop knows; costs are seconds of the machine."""
    failed = first_failed(outcome)
    shown = []
    for number, (test, one) in enumerate(zip(tests, outcome.tests, strict=False)):
        said = printed if number == failed else None
        shown.append(_test(test, one, setting, said))
    accepted = outcome.verdict is Verdict.ACCEPTED
    return Evidence(
        verdict=outcome.verdict,
        detail=outcome.detail,
        tests=tuple(shown),
        cost=outcome.seconds if accepted else None,
        memory_time=_summed(shown) if accepted else None,
    )


def _summed(tests: Sequence[TestEvidence]) -> float | None:
    held = [one.memory_time for one in tests if one.memory_time is not None]
    return sum(held) if held and len(held) == len(tests) else None


def _test(
    test: PublicTest, one: TestOutcome, setting: Setting, printed: str | None
) -> TestEvidence:
    seconds = None
    if one.verdict is Verdict.ACCEPTED and one.run is not None:
        seconds = one.run.seconds
        if one.run.cycles is not None:
            from sim.machine import CLOCK_HZ

            seconds = one.run.cycles / CLOCK_HZ
    peak_bytes, memory_time = _memory(one, setting)
    return TestEvidence(test, one.verdict, one.detail, printed, seconds, peak_bytes, memory_time)


def _memory(one: TestOutcome, setting: Setting) -> tuple[int, float | None]:
    """Return the most bytes at once, and MB s, as the machine counts them.

    What the host saw of the native run is told only where the machine is the host: it differs from
    run to run, and so would every prompt that shows it.
    """
    counters = one.run.counters if one.run is not None else {}
    held = counters.get("memory_byte_seconds")
    native = 0 if setting.machine.deterministic else one.peak_bytes
    peak = int(counters.get("memory_peak_bytes", native))
    return peak, None if held is None else held / _MEGABYTE
