"""The way of one group of programs through the jobs: build, judge, measure.

A procedure is a generator: it yields the jobs it needs next and is sent their results. It knows
nothing of processes, stores or other procedures.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sim.agreement import Agreement
from sim.budget import ReferenceBudget
from sim.hidden_work import hidden_work
from sim.jobs import (
    Answer,
    BuildJob,
    ConfirmJob,
    Failed,
    Job,
    JudgeJob,
    MeasuredRun,
    MeasureJob,
    Skipped,
)
from sim.judge import Judgement
from sim.program import Build, Program, TestCase
from sim.setting import Setting
from sim.verdict import Verdict, worst

Steps = Generator[Sequence[Job], Sequence[Answer], Any]
Procedure = Generator[Sequence[Job], Sequence[Answer], list["Outcome"]]


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
    """In the row's order; the last is the first that met a limit of time, if one did."""
    build: Build | None = None
    program_digest: str = ""
    native: Agreement | None = None
    """How its speedup agrees with the processor's; None where they were not compared."""

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
    """By test; it ends with the first that met its limit of time."""
    budgets: list[str] = field(default_factory=list)
    """Where the budget of each test comes from, if from the reference."""
    again: dict[int, Judgement | Failed] = field(default_factory=dict)
    """Second native runs, by test: where the measured run did not explain the first."""


def examine(programs: Sequence[Program], tests: Sequence[TestCase], setting: Setting) -> Procedure:
    """Build, judge and measure the programs of one row; return their outcomes in the same order.

    Equal programs are one. A program that fails a test is not measured. It is measured on its tests
    in their order, up to the first on which it meets its budget. The first program is the row's
    reference: where the setting says so, its counts bound the others.
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
    yield from _confirm(accepted, cases, setting)
    return [_outcome(distinct[program.digest], cases) for program in programs]


def judged(programs: Sequence[Program], tests: Sequence[TestCase], setting: Setting) -> Procedure:
    """Build and judge programs, and measure nothing; return their outcomes in the same order."""
    distinct = {program.digest: _Candidate(program) for program in programs}
    cases = tuple(tests)
    yield from _judge(list(distinct.values()), cases, setting)
    return [_outcome(distinct[program.digest], cases) for program in programs]


def _judge(
    everyone: Sequence[_Candidate], cases: tuple[TestCase, ...], setting: Setting
) -> Generator[Sequence[Job], Sequence[Answer], list[_Candidate]]:
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


def _confirm(accepted: list[_Candidate], cases: tuple[TestCase, ...], setting: Setting) -> Steps:
    """Run again natively what a measured run does not explain: a busy host may be to blame."""
    odd = [
        (one, index)
        for one in accepted
        for index, run in enumerate(one.measured)
        if isinstance(run, MeasuredRun) and hidden_work(one.judgements[index], run)
    ]
    if not odd:
        return
    context = setting.judge_context()
    results = yield [
        ConfirmJob(one.program, _build(one), (cases[index],), setting, context)
        for one, index in odd
    ]
    for (one, index), result in zip(odd, results, strict=True):
        if isinstance(result, Failed):
            one.again[index] = result
        else:
            again = result[0]  # type: ignore[index]
            assert isinstance(again, Judgement)
            one.again[index] = again


def _measure(
    accepted: list[_Candidate],
    cases: Sequence[TestCase],
    settings: Sequence[Setting],
    budgets: Sequence[int] = (),
) -> Steps:
    """Cost the accepted programs, each test in its setting; `budgets` are all that a row may have.

    Each program alone, or all together where the machine compares.
    """
    together = bool(settings) and settings[0].machine.interleaved
    groups = [accepted] if together and accepted else [[one] for one in accepted]
    # There are few settings for many tests; to compare them takes longer than all the rest.
    by_name = {id(setting): setting for setting in settings}
    contexts = {name: setting.run_context() for name, setting in by_name.items()}
    wider = {
        name: tuple(one for one in budgets if one > setting.limits.max_instructions)
        for name, setting in by_name.items()
    }
    jobs = [
        MeasureJob(
            tuple(one.program for one in group),
            tuple(_build(one) for one in group),
            test,
            setting,
            contexts[id(setting)],
            wider[id(setting)],
        )
        for group in groups
        for test, setting in zip(cases, settings, strict=True)
    ]
    results = iter((yield jobs))
    for group in groups:
        by_test = [next(results) for _test in cases]
        for index, one in enumerate(group):
            one.measured = _up_to_a_limit(by_test, index)


def _up_to_a_limit(by_test: Sequence[Answer], index: int) -> list[MeasuredRun | Failed]:
    """Return a program's runs, up to the first that met its limit of time.

    So they are the same whether later tests were run, beside it or for another row, or not.
    """
    measured: list[MeasuredRun | Failed] = []
    for result in by_test:
        assert not isinstance(result, Skipped), "a test was skipped, and none before it was over"
        run = result if isinstance(result, Failed) else result[index]  # type: ignore[index]
        assert isinstance(run, MeasuredRun | Failed)
        measured.append(run)
        if _verdict(run) is Verdict.TIME_LIMIT:
            break
    return measured


def _measure_by_reference(
    accepted: list[_Candidate],
    cases: tuple[TestCase, ...],
    setting: Setting,
    budget: ReferenceBudget,
) -> Steps:
    """Cost the first program, then the others within the budgets that its counts give.

    A test on which the reference has no count bounds nobody.
    """
    reference, *others = accepted
    limit = setting.limits.max_instructions
    budgets = budget.rungs(limit)
    yield from _measure([reference], cases, [setting] * len(cases), budgets)
    bounded = {rung: setting.bounded(rung) for rung in budgets}
    settings, origins = [setting] * len(cases), [""] * len(cases)
    for index, run in enumerate(reference.measured):
        count = run.instructions if isinstance(run, MeasuredRun) else None
        if count is not None and _verdict(run) is Verdict.ACCEPTED:
            settings[index] = bounded[budget.after(count, limit)]
            origins[index] = budget.origin(count)
    for one in others:
        one.budgets = origins
    yield from _measure(others, cases, settings, budgets)


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
    # Those after a test on which it was over are not there, as they are not natively.
    for index, judgement in enumerate(one.judgements[: len(one.measured) or None]):
        measured = one.measured[index] if one.measured else None
        if one.budgets and isinstance(measured, MeasuredRun):
            measured = _with_origin(measured, one.budgets[index])
        # Kept results may come from a row that gave the same test another name.
        again = one.again.get(index)
        tests.append(_test_outcome(cases[index].name, judgement, measured, again))
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
    name: str,
    judgement: Judgement,
    measured: MeasuredRun | Failed | None,
    again: Judgement | Failed | None,
) -> TestOutcome:
    native = judgement.cpu_seconds, judgement.resident_bytes
    if measured is None:
        return TestOutcome(name, judgement.verdict, judgement.detail, None, *native)
    if isinstance(measured, Failed):
        return TestOutcome(name, Verdict.NOT_MEASURED, measured.reason, None, *native)
    if isinstance(again, Failed):
        return TestOutcome(name, Verdict.NOT_MEASURED, again.reason, None, *native)
    if again is not None:
        if again.verdict is not Verdict.ACCEPTED:
            detail = f"accepted natively, and when run again {again.verdict}: {again.detail}"
            return TestOutcome(name, Verdict.NONDETERMINISTIC, detail, measured, *native)
        if odd := hidden_work(_least(judgement, again), measured):
            return TestOutcome(name, *odd, measured, *native)
    return TestOutcome(name, measured.verdict, measured.detail, measured, *native)


def _least(first: Judgement, second: Judgement) -> Judgement:
    """Return a judgement with the smaller times of two: a busy host adds to them."""
    user = min(first.user_seconds, second.user_seconds)
    kernel = min(first.cpu_seconds - first.user_seconds, second.cpu_seconds - second.user_seconds)
    return replace(first, user_seconds=user, cpu_seconds=user + kernel)
