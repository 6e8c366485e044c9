"""What is kept of a run answers every budget that it can, and no order of runs shows."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim import jobs, kept
from sim.budget import ReferenceBudget
from sim.jobs import Failed, MeasuredRun, MeasureJob, Skipped
from sim.limits import Limits
from sim.machine import Measurement
from sim.program import Build, Language, Program, TestCase, digest_of
from sim.scheduler import Scheduler
from sim.setting import Setting
from sim.store import Store
from sim.verdict import Verdict

PROGRAM = Program(Language.CPP, "int main() {}")
BUILD = Build(Language.CPP, "d" * 64, size=5)
RAN: list[tuple[int, int]] = []


@dataclass(frozen=True)
class Counting:
    """Runs a test as long as its input's name says; one below zero is refused there."""

    name: str = "counting"
    deterministic: bool = True
    interleaved: bool = False
    stops_at_count: bool = True
    may_compute_otherwise: bool = False

    def fingerprint(self) -> dict[str, str]:
        return {"machine": self.name}

    def measure(self, _build: Build, stdin: Path, limits: Limits, _: object) -> Measurement:
        count = int(stdin.name)
        RAN.append((count, limits.max_instructions))
        if abs(count) > limits.max_instructions:
            return Measurement(Verdict.TIME_LIMIT, limits.too_many, over_budget=True)
        if count < 0:
            return Measurement(Verdict.TAMPERING, "caught")
        return Measurement(Verdict.ACCEPTED, "", b"", 2 * count, count)


@pytest.fixture(autouse=True)
def no_builds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "ensure_kept", lambda *_: None)
    RAN.clear()


SETTING = Setting(Counting(), budget=ReferenceBudget(floor=10, step=4))  # type: ignore[arg-type]
RUNGS = (10, 40, 160, 640)


def job(count: int, budget: int, build: Build = BUILD) -> MeasureJob:
    name = str(count)
    setting = replace(SETTING, limits=Limits(max_instructions=RUNGS[-1])).bounded(budget)
    wider = tuple(one for one in RUNGS if one > budget)
    test = TestCase(name, Path("/in", name), None, name, "")
    return MeasureJob((PROGRAM,), (build,), test, setting, "c", wider)


def plain(result: Any) -> MeasuredRun:
    run: MeasuredRun = result[0]
    return replace(run, host_seconds=0.0, runs=1)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(st.sampled_from([-30, 5, 10, 11, 39, 200, 700]), st.sampled_from(RUNGS))))
def test_an_answer_is_that_of_a_run_of_its_own_whatever_ran_before(
    tmp_path: Path, asked: list[tuple[int, int]]
) -> None:
    (tmp_path / "kept").unlink(missing_ok=True)
    store = Store(tmp_path / "kept")
    for count, budget in asked:
        one = job(count, budget)
        found = kept.Kept(store, [one]).result(0)
        if found is None:
            found = one.run()
            store.put(kept.place(one, found), one.kind, json.loads(json.dumps(one.dump(found))))
        assert plain(found) == plain(one.run())
    store.close()


@pytest.mark.parametrize(
    ("first", "second", "runs"),
    [
        ((700, 640), (700, 10), 1),  # stopped, so stopped earlier, too
        ((200, 640), (200, 160), 1),  # ended beyond the other budget
        ((200, 640), (200, 640), 1),
        ((5, 10), (5, 640), 1),  # ended within both
        ((200, 10), (200, 640), 2),
        ((-30, 640), (-30, 10), 2),  # it was caught, nobody knows where
        ((-30, 640), (-30, 640), 1),
    ],
)
def test_a_run_is_made_once_for_all_the_budgets_that_it_tells_of(
    tmp_path: Path, first: tuple[int, int], second: tuple[int, int], runs: int
) -> None:
    store = Store(tmp_path / "kept")
    with Scheduler(store, 1, lambda: ThreadPoolExecutor(1)) as scheduler:
        list(scheduler.run([_asking([job(*first)]), _asking([job(*second)])]))
    assert len(RAN) == runs
    RAN.clear()
    with Scheduler(store, 1, lambda: ThreadPoolExecutor(1)) as scheduler:
        list(scheduler.run([_asking([job(*second)]), _asking([job(*first)])]))
    assert RAN == []
    store.close()


def test_an_entry_of_a_key_with_its_budget_is_not_read_as_one_without() -> None:
    setting = replace(SETTING, limits=Limits(max_instructions=640))
    assert setting.run_context() != setting.measure_context()
    assert setting.run_context() == setting.bounded(10).run_context()
    assert setting.bounded(0).measure_context() != setting.run_context()
    every = {job(5, 10).key, *(job(5, 10).key_within(budget) for budget in RUNGS)}
    assert len(every) == 5
    # Results that earlier versions kept are found.
    assert job(5, 10).key_within(10) == digest_of(job(5, 10).key, 10)


def _asking(wanted: Sequence[MeasureJob]) -> Generator[Sequence[Any], Sequence[Any], list[Any]]:
    return list((yield wanted))


def told(store: Store, asked: Sequence[Sequence[MeasureJob]], workers: int = 1) -> list[list[Any]]:
    with Scheduler(store, workers, lambda: ThreadPoolExecutor(workers)) as scheduler:
        return list(scheduler.run([_asking(one) for one in asked]))


def up_to_the_limit(results: list[Any]) -> list[Any]:
    """What a procedure sees of the results of one program's tests."""
    seen = []
    for one in results:
        assert not isinstance(one, Skipped | Failed)
        seen.append(plain(one))
        if seen[-1].verdict is Verdict.TIME_LIMIT:
            break
    return seen


def test_the_tests_behind_the_one_that_ends_a_program_are_not_run(tmp_path: Path) -> None:
    store = Store(tmp_path / "kept")
    wanted = [job(count, 40) for count in (1, 2, 700, 3, 700, 4)]
    (results,) = told(store, [wanted])
    assert [count for count, _ in RAN] == [1, 2, 700]
    assert [isinstance(one, Skipped) for one in results] == [False] * 3 + [True] * 3
    RAN.clear()
    assert up_to_the_limit(told(store, [wanted])[0]) == up_to_the_limit(results)
    assert RAN == []
    store.close()


def test_a_test_that_another_row_wants_is_run_though_it_is_behind_the_end_of_a_program(
    tmp_path: Path,
) -> None:
    store = Store(tmp_path / "kept")
    first, second = told(
        store, [[job(n, 40) for n in (1, 700, 3)], [job(n, 40) for n in (3, 1, 2)]]
    )
    assert [isinstance(one, Skipped) for one in first] == [False, False, True]
    assert [one[0].instructions for one in second] == [3, 1, 2]
    assert Counter(RAN).most_common(1)[0][1] == 1
    store.close()


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.lists(
            st.tuples(st.sampled_from([-30, 5, 11, 39, 200, 700]), st.sampled_from(RUNGS)),
            max_size=8,
        ),
        max_size=5,
    ),
    st.integers(1, 3),
)
def test_what_rows_see_is_the_same_on_any_number_of_workers(
    tmp_path: Path, rows: list[list[tuple[int, int]]], workers: int
) -> None:
    (tmp_path / "kept").unlink(missing_ok=True)
    store = Store(tmp_path / "kept")
    asked = [[job(*one) for one in row] for row in rows]
    together = told(store, asked, workers)
    alone = [[one.run() for one in row] for row in asked]
    assert [up_to_the_limit(one) for one in together] == [up_to_the_limit(one) for one in alone]
    store.close()
