"""The way of a row through its jobs, with made-up results."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from sim.budget import ReferenceBudget
from sim.jobs import BuildJob, ConfirmJob, Failed, JudgeJob, MeasuredRun, MeasureJob, Skipped
from sim.judge import Judgement
from sim.machine import CLOCK_HZ, Check, Measurement
from sim.procedure import Outcome, examine
from sim.program import Build, Language, Program, TestCase
from sim.setting import Setting
from sim.toolchain import Toolchain
from sim.verdict import Verdict

BOOM = Failed("the host broke")


@dataclass(frozen=True)
class Stub:
    """A machine that is never asked to measure."""

    name: str = "stub"
    deterministic: bool = True
    interleaved: bool = False
    stops_at_count: bool = False
    may_compute_otherwise: bool = False

    def check(self) -> Check:
        return Check(True)

    def fingerprint(self) -> dict[str, str]:
        return {"machine": self.name}

    def measure(self, *_: object) -> Measurement:
        raise AssertionError

    def measure_together(self, *_: object) -> list[Measurement]:
        raise AssertionError


def program(text: str) -> Program:
    return Program(Language.CPP, text)


def named(name: str) -> TestCase:
    digest = hashlib.sha256(name.encode()).hexdigest()
    return TestCase(name, Path("/in"), Path("/out"), digest, digest)


TESTS = (named("0"), named("1"))


def built(one: Program) -> Build:
    return Build(Language.CPP, hashlib.sha256(one.source.encode()).hexdigest(), size=1)


def judged(job: JudgeJob, *verdicts: Verdict, seconds: float = 0.001) -> list[Judgement]:
    return [
        Judgement(test.name, verdict, "" if verdict == "accepted" else "why", seconds, seconds)
        for test, verdict in zip(job.tests, verdicts, strict=False)
    ]


def run_of(cycles: int | None = 3500, verdict: Verdict = Verdict.ACCEPTED) -> MeasuredRun:
    return MeasuredRun(verdict, "", cycles, 1000, (cycles or 0) / CLOCK_HZ)


class Host:
    """Answers jobs and notes them."""

    def __init__(self, answer: Callable[[Any], Any] | None = None) -> None:
        self.answer = answer or (lambda job: None)
        self.jobs: list[Any] = []

    def examine(
        self,
        programs: Sequence[Program],
        tests: Sequence[TestCase] = TESTS,
        machine: Stub | None = None,
        budget: ReferenceBudget | None = None,
    ) -> list[Outcome]:
        setting = Setting(machine or Stub(), toolchain=FixedToolchain(), budget=budget)
        procedure = examine(programs, tests, setting)
        jobs: Any = next(procedure)
        while True:
            self.jobs += jobs
            try:
                jobs = procedure.send([self.result(job) for job in jobs])
            except StopIteration as stop:
                outcomes: list[Outcome] = stop.value
                return outcomes

    def result(self, job: Any) -> Any:
        made_up = self.answer(job)
        if made_up is not None:
            return made_up
        if isinstance(job, BuildJob):
            return built(job.program)
        if isinstance(job, JudgeJob):
            return judged(job, *[Verdict.ACCEPTED] * len(job.tests))
        return [run_of() for _ in job.builds]

    def of(self, kind: type) -> list[Any]:
        return [job for job in self.jobs if isinstance(job, kind)]


@dataclass(frozen=True)
class FixedToolchain(Toolchain):
    """Needs no compiler."""

    def fingerprint(self, language: Language) -> dict[str, str]:
        return {"compiler": "made up", "language": language.value}


def test_an_accepted_program_costs_the_sum_over_its_tests() -> None:
    outcome = Host().examine([program("a")])[0]
    assert outcome.verdict is Verdict.ACCEPTED
    assert outcome.cycles == 7000
    assert outcome.seconds == 7000 / CLOCK_HZ
    assert [test.test for test in outcome.tests] == ["0", "1"]


def test_the_memory_of_a_test_is_that_of_the_native_run() -> None:
    verdicts = Verdict.ACCEPTED, Verdict.WRONG_ANSWER

    def hungry(job: Any) -> Any:
        if not isinstance(job, JudgeJob):
            return None
        return [replace(one, resident_bytes=7 << 20) for one in judged(job, *verdicts)]

    (outcome,) = Host(hungry).examine([program("a")])
    assert [test.verdict for test in outcome.tests] == list(verdicts)
    assert [test.peak_bytes for test in outcome.tests] == [7 << 20, 7 << 20]


def test_equal_programs_are_built_judged_and_measured_once_and_get_the_same_outcome() -> None:
    host = Host()
    same, other = program("a"), program("b")
    first, second, third = host.examine([same, other, same])
    assert first == third
    assert first != second
    assert len(host.of(BuildJob)) == len(host.of(JudgeJob)) == 2
    assert len(host.of(MeasureJob)) == 4


def test_a_program_that_does_not_compile_is_neither_run_nor_measured() -> None:
    bad = Build(Language.CPP, verdict=Verdict.COMPILE_ERROR, detail="main.cpp:1: error")
    host = Host(lambda job: bad if isinstance(job, BuildJob) else None)
    outcome = host.examine([program("a")])[0]
    assert (outcome.verdict, outcome.detail) == (Verdict.COMPILE_ERROR, "main.cpp:1: error")
    assert outcome.cycles is outcome.seconds is None
    assert host.of(JudgeJob) == host.of(MeasureJob) == []


@pytest.mark.parametrize("verdict", [v for v in Verdict if v is not Verdict.ACCEPTED])
def test_a_program_that_fails_one_test_is_not_measured_and_has_no_cost(verdict: Verdict) -> None:
    def answer(job: Any) -> Any:
        return judged(job, Verdict.ACCEPTED, verdict) if isinstance(job, JudgeJob) else None

    host = Host(answer)
    outcome = host.examine([program("a")])[0]
    assert outcome.verdict is verdict
    assert outcome.detail == "test 1: why"
    assert outcome.cycles is outcome.seconds is None
    assert host.of(MeasureJob) == []


def test_of_several_verdicts_the_gravest_stands_and_the_number_of_others_is_told() -> None:
    def answer(job: Any) -> Any:
        if not isinstance(job, JudgeJob):
            return None
        return judged(job, Verdict.WRONG_ANSWER, Verdict.RUNTIME_ERROR, Verdict.RUNTIME_ERROR)

    tests = [*TESTS, named("2")]
    outcome = Host(answer).examine([program("a")], tests)[0]
    assert outcome.verdict is Verdict.RUNTIME_ERROR
    assert outcome.detail == "test 1: why (and 1 more)"


@pytest.mark.parametrize("kind", [BuildJob, JudgeJob, MeasureJob])
def test_our_failure_at_any_step_is_not_measured_and_never_the_programs_fault(kind: type) -> None:
    outcome = Host(lambda job: BOOM if isinstance(job, kind) else None).examine([program("a")])[0]
    assert outcome.verdict is Verdict.NOT_MEASURED
    assert "the host broke" in outcome.detail
    assert outcome.cycles is outcome.seconds is None


def test_our_failure_with_one_program_does_not_touch_the_others() -> None:
    def answer(job: Any) -> Any:
        return BOOM if isinstance(job, JudgeJob) and job.program.source == "a" else None

    failed, fine = Host(answer).examine([program("a"), program("b")])
    assert failed.verdict is Verdict.NOT_MEASURED
    assert fine.cycles == 7000


@pytest.mark.parametrize(
    "verdict", [Verdict.NONDETERMINISTIC, Verdict.TIME_LIMIT, Verdict.TAMPERING]
)
def test_what_the_measured_run_finds_stands_over_the_native_verdict(verdict: Verdict) -> None:
    def answer(job: Any) -> Any:
        if isinstance(job, MeasureJob) and job.test.name == "1":
            return [run_of(5, verdict)]
        return None

    outcome = Host(answer).examine([program("a")])[0]
    assert outcome.verdict is verdict
    assert outcome.cycles is outcome.seconds is None


@pytest.mark.parametrize(
    ("native_seconds", "simulated_seconds", "hidden"),
    [
        (1.0, 1e-4, True),
        (0.125, 4e-5, True),  # measured: a request made at run time, before the bound was tightened
        (0.1, 0.015, True),
        (1.0, 0.3, False),  # a host four times slower than the simulated one
        (5.0, 1.5, False),  # a chase through memory
        (0.015, 4e-5, False),  # too little to prove anything
    ],
)
def test_work_that_the_instrument_did_not_see_is_tampering(
    native_seconds: float, simulated_seconds: float, hidden: bool
) -> None:
    def answer(job: Any) -> Any:
        if isinstance(job, JudgeJob):
            return judged(job, *[Verdict.ACCEPTED] * 2, seconds=native_seconds)
        if isinstance(job, MeasureJob):
            return [MeasuredRun(Verdict.ACCEPTED, "", 100, 1000, simulated_seconds)]
        return None

    outcome = Host(answer).examine([program("a")])[0]
    assert (outcome.verdict is Verdict.TAMPERING) is hidden
    assert ("work was hidden" in outcome.detail) is hidden


def times(user: float, kernel: float = 0.0, verdict: Verdict = Verdict.ACCEPTED) -> Judgement:
    return Judgement("0", verdict, "", user, user + kernel)


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [
        (times(1.0), times(1.0), Verdict.TAMPERING),
        (times(1.0), times(0.015), Verdict.ACCEPTED),  # the host was busy
        (times(0.9, 0.4), times(0.01, 0.9), Verdict.UNSUPPORTED),
        (times(0.0, 1.0), times(0.0, 1.0), Verdict.UNSUPPORTED),
        (times(1.0), times(1.0, 0.0, Verdict.WRONG_ANSWER), Verdict.NONDETERMINISTIC),
    ],
)
def test_a_second_native_run_confirms_before_anything_is_said(
    first: Judgement, second: Judgement, verdict: Verdict
) -> None:
    def answer(job: Any) -> Any:
        if isinstance(job, ConfirmJob):
            return [second]
        if isinstance(job, JudgeJob):
            return [first, times(0.001)]
        if isinstance(job, MeasureJob):
            return [MeasuredRun(Verdict.ACCEPTED, "", 100, 1000, 1e-6)]
        return None

    host = Host(answer)
    outcome = host.examine([program("a")])[0]
    assert outcome.verdict is verdict
    (confirmed,) = host.of(ConfirmJob)
    assert [test.name for test in confirmed.tests] == ["0"]
    (judge,) = [job for job in host.of(JudgeJob) if job.kind == "judge"]
    assert judge.key != confirmed.key != replace(confirmed, tests=TESTS).key


def test_a_confirmation_that_we_failed_to_make_is_our_failure() -> None:
    def answer(job: Any) -> Any:
        if isinstance(job, ConfirmJob):
            return BOOM
        return (
            judged(job, *[Verdict.ACCEPTED] * 2, seconds=9.0) if isinstance(job, JudgeJob) else None
        )

    outcome = Host(answer).examine([program("a")])[0]
    assert (outcome.verdict, outcome.detail) == (
        Verdict.NOT_MEASURED,
        "test 0: the host broke (and 1 more)",
    )


def test_after_a_time_limit_the_tests_that_were_not_run_have_no_outcome() -> None:
    def answer(job: Any) -> Any:
        return judged(job, Verdict.TIME_LIMIT) if isinstance(job, JudgeJob) else None

    outcome = Host(answer).examine([program("a")])[0]
    assert outcome.verdict is Verdict.TIME_LIMIT
    assert [test.test for test in outcome.tests] == ["0"]


def test_a_machine_that_compares_measures_the_programs_of_a_row_together() -> None:
    host = Host()
    outcomes = host.examine([program("a"), program("b")], machine=Stub(interleaved=True))
    assert [len(job.builds) for job in host.of(MeasureJob)] == [2, 2]
    assert [outcome.cycles for outcome in outcomes] == [7000, 7000]


def test_a_machine_without_cycles_costs_in_seconds() -> None:
    def answer(job: Any) -> Any:
        timed = MeasuredRun(Verdict.ACCEPTED, "", None, None, 0.25)
        return [timed] if isinstance(job, MeasureJob) else None

    outcome = Host(answer).examine([program("a")])[0]
    assert (outcome.cycles, outcome.seconds) == (None, 0.5)


def test_no_programs_at_all_need_no_jobs() -> None:
    host = Host()
    assert host.examine([]) == []
    assert host.jobs == []


def test_results_kept_under_another_name_of_the_same_test_are_given_under_the_name_asked_for() -> (
    None
):
    def answer(job: Any) -> Any:
        if isinstance(job, JudgeJob):  # as the store would give it, from a row that named it so
            return [Judgement(f"inline.{n}", Verdict.ACCEPTED) for n in range(2)]
        return None

    outcome = Host(answer).examine([program("a")])[0]
    assert [test.test for test in outcome.tests] == ["0", "1"]


BUDGET = ReferenceBudget(multiple=10, floor=1000, step=4)
COUNTING = Stub(stops_at_count=True)
LIMIT = Setting(COUNTING).limits.max_instructions


@pytest.mark.parametrize("machine", [Stub(), COUNTING, Stub(interleaved=True)])
@pytest.mark.parametrize("skipped", [False, True])
def test_a_program_is_over_with_the_first_test_on_which_it_meets_its_limit(
    machine: Stub, skipped: bool
) -> None:
    """Whether later tests were run or not, and what they came to, nobody sees."""
    tests = [named(name) for name in "abcde"]

    def answer(job: Any) -> Any:
        if not isinstance(job, MeasureJob):
            return None
        if skipped and not machine.interleaved and job.test.name > "c":
            return Skipped()
        slow = [job.test.name in "ce" and one.source == "slow" for one in job.programs]
        return [run_of(9, Verdict.TIME_LIMIT if one else Verdict.ACCEPTED) for one in slow]

    programs = [program("slow")] if skipped else [program("slow"), program("fine")]
    slow, *rest = Host(answer).examine(programs, tests, machine)
    assert [(one.test, one.verdict) for one in slow.tests] == [
        ("a", Verdict.ACCEPTED),
        ("b", Verdict.ACCEPTED),
        ("c", Verdict.TIME_LIMIT),
    ]
    assert slow.verdict is Verdict.TIME_LIMIT
    assert slow.detail.startswith("test c: ")
    assert "more)" not in slow.detail
    for fine in rest:
        assert [one.test for one in fine.tests] == list("abcde")
        assert fine.cycles == 45


def test_tests_behind_the_one_that_ends_the_reference_bound_nobody() -> None:
    host = Counting({("ref", "1"): 10**12})
    tests = [named(name) for name in "012"]
    _, other = host.examine([program("ref"), program("b")], tests, COUNTING, BUDGET)
    assert host.budgets("b") == [("0", 1000), ("1", LIMIT), ("2", LIMIT)]
    assert other.cycles == 150


class Counting(Host):
    """Answers measurements as a machine that stops at a count."""

    def __init__(self, counts: dict[tuple[str, str], int]) -> None:
        super().__init__(self.measured)
        self.counts = counts

    def measured(self, job: Any) -> Any:
        if not isinstance(job, MeasureJob):
            return None
        count = self.counts.get((job.programs[0].source, job.test.name), 50)
        if count > job.setting.limits.max_instructions:
            return [MeasuredRun.stopped(job.setting.limits)]
        return [MeasuredRun(Verdict.ACCEPTED, "", count, count)]

    def budgets(self, source: str) -> list[tuple[str, int]]:
        return [
            (job.test.name, job.setting.limits.max_instructions)
            for job in self.of(MeasureJob)
            if job.programs[0].source == source
        ]


def test_the_reference_is_measured_first_and_its_count_bounds_the_others_test_by_test() -> None:
    host = Counting({("ref", "1"): 130, ("endless", "1"): 10**12})
    reference, endless = host.examine(
        [program("ref"), program("endless")], machine=COUNTING, budget=BUDGET
    )
    assert host.budgets("ref") == [("0", LIMIT), ("1", LIMIT)]
    assert host.budgets("endless") == [("0", 1000), ("1", 4000)]
    assert reference.verdict is Verdict.ACCEPTED
    assert endless.verdict is Verdict.TIME_LIMIT
    assert endless.cycles is None
    assert endless.detail == (
        "test 1: more than 4000 instructions, the budget beside the source's own 130 on this test "
        "(10 times, rounded up, 1000 at least; --max-instructions sets another)"
    )


def test_a_long_reference_runs_once_whatever_it_takes() -> None:
    host = Counting({("ref", "0"): 5000})
    outcomes = host.examine([program("ref"), program("b")], machine=COUNTING, budget=BUDGET)
    assert host.budgets("ref") == [("0", LIMIT), ("1", LIMIT)]
    assert host.budgets("b") == [("0", 64000), ("1", 1000)]
    assert [one.cycles for one in outcomes] == [5050, 100]


def test_an_endless_reference_is_stopped_by_the_absolute_limit_and_bounds_nobody() -> None:
    host = Counting({("ref", "1"): 10**12})
    reference, other = host.examine([program("ref"), program("b")], machine=COUNTING, budget=BUDGET)
    assert host.budgets("ref") == [("0", LIMIT), ("1", LIMIT)]
    assert host.budgets("b") == [("0", 1000), ("1", LIMIT)]
    assert reference.verdict is Verdict.TIME_LIMIT
    assert reference.detail == f"test 1: more than {LIMIT} instructions"
    assert other.verdict is Verdict.ACCEPTED


@pytest.mark.parametrize("failing", [JudgeJob, MeasureJob])
def test_without_a_count_of_the_reference_the_absolute_limit_bounds_all(failing: type) -> None:
    def answer(job: Any) -> Any:
        if isinstance(job, failing) and "ref" in repr(job):
            return BOOM
        return None

    host = Host(answer)
    failed, fine = host.examine([program("ref"), program("b")], machine=COUNTING, budget=BUDGET)
    assert (failed.verdict, fine.verdict) == (Verdict.NOT_MEASURED, Verdict.ACCEPTED)
    others = [job for job in host.of(MeasureJob) if job.programs[0].source == "b"]
    assert {job.setting for job in others} == {
        Setting(COUNTING, toolchain=FixedToolchain(), budget=BUDGET)
    }


@pytest.mark.parametrize(
    ("machine", "budget"), [(COUNTING, None), (Stub(stops_at_count=False), BUDGET)]
)
def test_no_budget_follows_the_reference_unless_asked_for_on_a_machine_that_can_stop(
    machine: Stub, budget: ReferenceBudget | None
) -> None:
    host = Host()
    host.examine([program("ref"), program("b")], machine=machine, budget=budget)
    assert {job.setting.limits.max_instructions for job in host.of(MeasureJob)} == {2_000_000_000}
    assert len(host.of(MeasureJob)) == 4


def test_a_run_has_one_key_whatever_row_and_budget_ask_for_it() -> None:
    def key(host: Counting, source: str, budget: int) -> tuple[str, str]:
        (found,) = (
            (job.key, job.key_within(budget))
            for job in host.of(MeasureJob)
            if (job.programs[0].source, job.test.name) == (source, "0")
            and job.setting.limits.max_instructions == budget
        )
        return found

    first, second, long = Counting({}), Counting({}), Counting({("long", "0"): 900})
    first.examine([program("a"), program("b")], machine=COUNTING, budget=BUDGET)
    second.examine([program("b"), program("a")], machine=COUNTING, budget=BUDGET)
    long.examine([program("long"), program("b")], machine=COUNTING, budget=BUDGET)
    assert key(first, "b", 1000)[0] == key(second, "b", LIMIT)[0] == key(long, "b", 16000)[0]
    assert len({key(first, "b", 1000)[1], key(long, "b", 16000)[1], key(first, "b", 1000)[0]}) == 3


def test_the_part_of_a_run_that_met_its_budget_is_no_proof_of_hidden_work() -> None:
    def answer(job: Any) -> Any:
        if isinstance(job, JudgeJob):
            return judged(job, *[Verdict.ACCEPTED] * 2, seconds=0.9)
        if isinstance(job, MeasureJob):
            return [MeasuredRun(Verdict.TIME_LIMIT, "more than 1000000", 100, 1000000, 1e-4)]
        return None

    assert Host(answer).examine([program("a")])[0].verdict is Verdict.TIME_LIMIT
