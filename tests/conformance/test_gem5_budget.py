"""A real gem5: a program that would run for hours is stopped by what its row's source needs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sim.budget import ReferenceBudget
from sim.jobs import MeasureJob
from sim.machines import gem5_server
from sim.machines.gem5 import Gem5
from sim.procedure import Outcome, examine
from sim.program import Language, Program, TestCase
from sim.setting import Setting
from sim.verdict import Verdict

pytestmark = pytest.mark.gem5
QUICK = '#include <cstdio>\nint main() { puts("1"); }\n'
# Half a second natively, so that it is accepted there; half an hour in gem5.
LONG = (
    "#include <cstdio>\nint main() { volatile long n = 0; "
    'for (long i = 0; i < 100000000; i++) n = n + i; puts("1"); }\n'
)


@pytest.fixture(autouse=True)
def servers() -> Iterator[None]:
    yield
    gem5_server.close_all()


def run(programs: list[Program], case: TestCase, setting: Setting) -> tuple[list[Outcome], float]:
    """Do all jobs here; return the outcomes and the seconds spent in gem5."""
    procedure, spent = examine(programs, [case], setting), 0.0
    jobs: Any = next(procedure)
    while True:
        start = time.monotonic()
        results = [job.run() for job in jobs]
        if jobs and isinstance(jobs[0], MeasureJob):
            spent += time.monotonic() - start
        try:
            jobs = procedure.send(results)
        except StopIteration as stop:
            return stop.value, spent


def test_a_program_without_end_costs_what_its_source_allows(
    gem5: str, case: Callable[[str, str], TestCase], cache: object
) -> None:
    budget = ReferenceBudget(floor=500_000)
    setting = Setting(Gem5(gem5), budget=budget)
    programs = [Program(Language.CPP, text) for text in (QUICK, LONG)]
    (quick, long), seconds = run(programs, case("", "1\n"), setting)
    assert quick.verdict is Verdict.ACCEPTED
    assert long.verdict is Verdict.TIME_LIMIT
    count = quick.tests[0].run.instructions if quick.tests[0].run else None
    assert f"more than 500000 instructions, the budget beside the source's own {count} " in (
        long.detail
    )
    assert seconds < 60
