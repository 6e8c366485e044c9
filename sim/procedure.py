"""The way of one group of programs through the jobs: build, judge, measure.

A procedure is a generator: it yields the jobs it needs next and is sent their results. It knows
nothing of processes, stores or other procedures.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace

from sim.budget import ReferenceBudget
from sim.jobs import BuildJob, Failed, Job, JudgeJob, MeasuredRun, MeasureJob, Result
from sim.judge import Judgement
from sim.program import Build, Program, TestCase
from sim.setting import Setting
from sim.verdict import Verdict, worst

Procedure = Generator[Sequence[Job], Sequence[Result | Failed], list["Outcome"]]

# Native CPU time (in user mode) beyond which work was hidden from the simulated run: so much, and
# so many times the simulated cost, and so much for each counted instruction. Over 2,735 runs of
# real programs no native run of more than 20 ms took longer than 0.87 of its simulated time; the
# slowest honest instructions (x87 remainders, denormals) need up to 100 ns.
_HIDDEN_SECONDS = 0.02
_HIDDEN_RATIO = 4.0
_HIDDEN_SECONDS_PER_INSTRUCTION = 500e-9


@dataclass(frozen=True)
class TestOutcome:
    """One program on one test."""

    __test__ = False

    test: str
    verdict: Verdict
    detail: str = ""
    run: MeasuredRun | None = None
    native_seconds: float = 0.0
    peak_bytes: int = 0
    """Most memory resident at once in the native run; 0 where its end was not reported."""


@dataclass(frozen=True)
class Outcome:
    """One program on all its tests."""

    verdict: Verdict
    detail: str = ""
    tests: tuple[TestOutcome, ...] = ()
    build: Build | None = None
    program_digest: str = ""

    @property
    def seconds(self) -> float | None:
        """Sum of the cost over all tests, in seconds; None unless accepted on all."""
        if self.verdict is not Verdict.ACCEPTED:
            return None
        runs = [one.run for one in self.tests if one.run is not None]
        cycles = self.cycles
        if cycles is not None:
            from sim.machine import CLOCK_HZ

            return cycles / CLOCK_HZ
        return sum(run.seconds for run in runs)

    @property
    def cycles(self) -> int | None:
        """Sum of the cycles over all tests; None unless accepted, on a machine with cycles."""
        runs = [one.run for one in self.tests if one.run is not None]
        counted = [run.cycles for run in runs if run.cycles is not None]
        if self.verdict is not Verdict.ACCEPTED or len(counted) != len(runs):
            return None
        return sum(counted)


@dataclass
class _Candidate:
    """A distinct program on its way."""

    program: Program
    build: Build | None = None
    failure: str = ""
    judgements: list[Judgement] = field(default_factory=list)
    measured: list[MeasuredRun | Failed] = field(default_factory=list)
    budgets: list[str] = field(default_factory=list)
    """Where the budget of each test comes from, if from the reference."""


def examine(programs: Sequence[Program], tests: Sequence[TestCase], setting: Setting) -> Procedure:
    """Build, judge and measure the programs of one row; return their outcomes in the same order.

    Equal programs are one. A program that fails a test is not measured. The first program is the
    row's reference: where the setting says so, its counts bound the others.
    """
    distinct = {program.digest: _Candidate(program) for program in programs}
    everyone = list(distinct.values())
    cases = tuple(tests)
    built = yield from _judge(everyone, cases, setting)
    accepted = [
        one
        for one in built
        if not one.failure and all(j.verdict is Verdict.ACCEPTED for j in one.judgements)
    ]
    budget = setting.reference_budget
    if budget is not None and accepted and accepted[0] is everyone[0]:
        yield from _measure_by_reference(accepted, cases, setting, budget)
    else:
        yield from _measure(accepted, cases, [setting] * len(cases))
    return [_outcome(distinct[program.digest], cases) for program in programs]


def judged(programs: Sequence[Program], tests: Sequence[TestCase], setting: Setting) -> Procedure:
    """Build and judge programs, and measure nothing; return their outcomes in the same order."""
    distinct = {program.digest: _Candidate(program) for program in programs}
    cases = tuple(tests)
    yield from _judge(list(distinct.values()), cases, setting)
    return [_outcome(distinct[program.digest], cases) for program in programs]


def _judge(
    everyone: Sequence[_Candidate], cases: tuple[TestCase, ...], setting: Setting
) -> Generator[Sequence[Job], Sequence[Result | Failed], list[_Candidate]]:
    """Build and judge programs; return those that compiled."""
    results = yield [
        BuildJob(one.program, setting, setting.build_context(one.program.language))
        for one in everyone
    ]
    for one, result in zip(everyone, results, strict=True):
        if isinstance(result, Failed):
            one.failure = result.reason
        else:
            assert isinstance(result, Build)
            one.build = result

    built = [one for one in everyone if one.build is not None and one.build.verdict is None]
    context = setting.judge_context()
    results = yield [JudgeJob(one.program, _build(one), cases, setting, context) for one in built]
    for one, result in zip(built, results, strict=True):
        if isinstance(result, Failed):
            one.failure = result.reason
        else:
            one.judgements = [item for item in result if isinstance(item, Judgement)]  # type: ignore[union-attr]
    return built


def _measure(
    accepted: list[_Candidate], cases: Sequence[TestCase], settings: Sequence[Setting]
) -> Generator[Sequence[Job], Sequence[Result | Failed], None]:
    """Cost the accepted programs, each test in its setting.

    Each program alone, or all together where the machine compares.
    """
    together = bool(settings) and settings[0].machine.interleaved
    groups = [accepted] if together and accepted else [[one] for one in accepted]
    contexts = {setting: setting.measure_context() for setting in set(settings)}
    jobs = [
        MeasureJob(
            tuple(one.program for one in group),
            tuple(_build(one) for one in group),
            test,
            setting,
            contexts[setting],
        )
        for group in groups
        for test, setting in zip(cases, settings, strict=True)
    ]
    results = iter((yield jobs))
    for group in groups:
        for _test in cases:
            result = next(results)
            for index, one in enumerate(group):
                if isinstance(result, Failed):
                    one.measured.append(result)
                else:
                    run = result[index]  # type: ignore[index]
                    assert isinstance(run, MeasuredRun)
                    one.measured.append(run)


def _measure_by_reference(
    accepted: list[_Candidate],
    cases: tuple[TestCase, ...],
    setting: Setting,
    budget: ReferenceBudget,
) -> Generator[Sequence[Job], Sequence[Result | Failed], None]:
    """Cost the first program, then the others within the budgets that its counts give."""
    reference, *others = accepted
    limit = setting.limits.max_instructions
    reached: dict[int, MeasuredRun | Failed] = {}
    left = list(range(len(cases)))
    # From the lowest budget up, not with the highest at once: so its runs are those of any other
    # row in which the same program is no reference.
    for rung in budget.rungs(limit):
        climber = _Candidate(reference.program, reference.build)
        settings = [setting.bounded(rung)] * len(left)
        yield from _measure([climber], [cases[index] for index in left], settings)
        reached.update(zip(left, climber.measured, strict=True))
        left = [index for index in left if _verdict(reached[index]) is Verdict.TIME_LIMIT]
        if not left:
            break
    reference.measured = [reached[index] for index in range(len(cases))]
    settings, origins = [], []
    for run in reference.measured:
        count = run.instructions if isinstance(run, MeasuredRun) else None
        if count is None or _verdict(run) is not Verdict.ACCEPTED:
            settings.append(setting)
            origins.append("")
        else:
            settings.append(setting.bounded(budget.after(count, limit)))
            origins.append(budget.origin(count))
    for one in others:
        one.budgets = origins
    yield from _measure(others, cases, settings)


def _verdict(run: MeasuredRun | Failed) -> Verdict:
    return run.verdict if isinstance(run, MeasuredRun) else Verdict.NOT_MEASURED


def _build(one: _Candidate) -> Build:
    assert one.build is not None
    return one.build


def _outcome(one: _Candidate, cases: tuple[TestCase, ...]) -> Outcome:
    digest = one.program.digest
    if one.failure:
        return Outcome(Verdict.NOT_MEASURED, one.failure, (), one.build, digest)
    build = _build(one)
    if build.verdict is not None:
        return Outcome(build.verdict, build.detail, (), build, digest)
    tests = []
    for index, judgement in enumerate(one.judgements):
        measured = one.measured[index] if one.measured else None
        if one.budgets and isinstance(measured, MeasuredRun):
            measured = _with_origin(measured, one.budgets[index])
        # Kept results may come from a row that gave the same test another name.
        tests.append(_test_outcome(cases[index].name, judgement, measured))
    verdict = worst(test.verdict for test in tests)
    bad = [test for test in tests if test.verdict is verdict and verdict is not Verdict.ACCEPTED]
    detail = ""
    if bad:
        more = f" (and {len(bad) - 1} more)" if len(bad) > 1 else ""
        detail = f"test {bad[0].test}: {bad[0].detail}{more}"
    return Outcome(verdict, detail, tuple(tests), build, digest)


def _with_origin(run: MeasuredRun, origin: str) -> MeasuredRun:
    """Add to a time limit where it comes from; a kept run knows of no row."""
    if run.verdict is not Verdict.TIME_LIMIT or not origin:
        return run
    return replace(run, detail=f"{run.detail}, {origin}")


def _test_outcome(
    name: str, judgement: Judgement, measured: MeasuredRun | Failed | None
) -> TestOutcome:
    native = judgement.cpu_seconds, judgement.resident_bytes
    if measured is None:
        return TestOutcome(name, judgement.verdict, judgement.detail, None, *native)
    if isinstance(measured, Failed):
        return TestOutcome(name, Verdict.NOT_MEASURED, measured.reason, None, *native)
    if (
        measured.cycles is not None
        and measured.verdict is not Verdict.TIME_LIMIT  # its part of a run proves nothing hidden
        and judgement.user_seconds > _HIDDEN_SECONDS + _HIDDEN_RATIO * measured.seconds
        and judgement.user_seconds > _HIDDEN_SECONDS_PER_INSTRUCTION * (measured.instructions or 0)
    ):
        detail = (
            f"{judgement.user_seconds:.2f} s of native CPU time, but only "
            f"{measured.instructions} instructions in the measured run: work was hidden from it"
        )
        return TestOutcome(name, Verdict.TAMPERING, detail, measured, *native)
    return TestOutcome(name, measured.verdict, measured.detail, measured, *native)
