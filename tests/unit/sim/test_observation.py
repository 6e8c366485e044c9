"""The way of a program whose outputs are wanted, with made-up results of its jobs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from sim.jobs import BuildJob, Failed, OutputsJob
from sim.limits import Limits
from sim.machines.cachegrind import Cachegrind
from sim.observation import Observation, observe
from sim.printed import Asked, Printed
from sim.program import Build, Language, Program, TestCase
from sim.setting import Setting
from sim.verdict import Verdict

PROGRAM = Program(Language.CPP, "int main() {}")
BUILT = Build(Language.CPP, digest="1" * 64)
CASES = [TestCase(str(n), Path(f"{n}.in"), None, f"digest {n}", "") for n in range(3)]
GOOD = Printed(Verdict.ACCEPTED, stdout=b"\x00\xff\n", size=3)


def setting(**limits: Any) -> Setting:
    return Setting(Cachegrind(), limits=Limits(**limits))


def observed(*results: Any, asked: Asked = Asked(2)) -> Observation:  # noqa: B008
    procedure = observe(PROGRAM, CASES, asked, setting())
    next(procedure)
    for result in results[:-1]:
        procedure.send([result])
    with pytest.raises(StopIteration) as stop:
        procedure.send([results[-1]])
    (made,) = stop.value.value
    assert isinstance(made, Observation)
    return made


def test_a_program_is_built_then_run_on_all_inputs_in_one_job() -> None:
    procedure = observe(PROGRAM, CASES, Asked(2), setting())
    (build,) = next(procedure)
    assert isinstance(build, BuildJob)
    (outputs,) = procedure.send([BUILT])
    assert isinstance(outputs, OutputsJob)
    assert outputs.inputs == tuple(CASES)


def test_what_it_printed_is_handed_on() -> None:
    made = observed(BUILT, [GOOD, GOOD, GOOD])
    assert made.verdict is Verdict.ACCEPTED
    assert made.printed == (GOOD, GOOD, GOOD)


def bad(verdict: Verdict) -> Printed:
    return Printed(verdict, "why")


@pytest.mark.parametrize(
    ("printed", "verdict"),
    [
        ([GOOD, bad(Verdict.RUNTIME_ERROR)], Verdict.RUNTIME_ERROR),
        ([GOOD, GOOD, bad(Verdict.RUNTIME_ERROR)], Verdict.ACCEPTED),
        ([GOOD, GOOD, bad(Verdict.TIME_LIMIT)], Verdict.ACCEPTED),
        ([GOOD, GOOD, bad(Verdict.NONDETERMINISTIC)], Verdict.NONDETERMINISTIC),
        ([GOOD, GOOD, bad(Verdict.TAMPERING)], Verdict.TAMPERING),
    ],
)
def test_a_further_input_costs_the_program_only_what_proves_it_bad(
    printed: Sequence[Printed], verdict: Verdict
) -> None:
    assert observed(BUILT, printed).verdict is verdict


def test_a_program_that_does_not_compile_is_not_run() -> None:
    broken = Build(Language.CPP, verdict=Verdict.COMPILE_ERROR, detail="expected ;")
    assert observed(broken).verdict is Verdict.COMPILE_ERROR


@pytest.mark.parametrize("results", [[Failed("the host")], [BUILT, Failed("the host")]])
def test_our_own_failure_is_not_the_programs(results: list[Any]) -> None:
    made = observed(*results)
    assert (made.verdict, made.detail) == (Verdict.NOT_MEASURED, "the host")


def job(asked: Asked = Asked(2), **limits: Any) -> OutputsJob:  # noqa: B008
    made = setting(**limits)
    return OutputsJob(PROGRAM, BUILT, tuple(CASES), asked, made, made.judge_context())


def test_what_is_kept_comes_back_to_the_byte() -> None:
    results = [GOOD, bad(Verdict.TIME_LIMIT), Printed(Verdict.ACCEPTED, stdout=bytes(range(256)))]
    assert OutputsJob.load(json.loads(json.dumps(OutputsJob.dump(results)))) == results


def test_another_question_another_limit_and_other_inputs_have_other_keys() -> None:
    other_inputs = OutputsJob(PROGRAM, BUILT, (CASES[1],), Asked(2), setting(), job().context)
    jobs = [job(), job(Asked(2, times=2)), job(max_instructions=5), other_inputs]
    assert len({one.key for one in jobs}) == 4
    assert job().key == job().key
