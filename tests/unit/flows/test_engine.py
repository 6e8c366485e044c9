"""Many clients, one thread of workers: turns, deadlines, cancellation, faults, forks."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError, Executor, Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pie.flows.engine import DeadlineMissed, Engine
from sim.errors import InputError
from sim.scheduler import Scheduler
from sim.store import Store


@dataclass(frozen=True)
class Job:
    """A job whose end the test decides."""

    key: str
    kind: str = "fake"

    def run(self) -> str:
        return self.key

    @staticmethod
    def dump(result: str) -> Any:
        return result

    @staticmethod
    def load(data: Any) -> str:
        return str(data)


class ByHand(Executor):
    """Runs nothing until the test says so, one job at a time, in the order of submission."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Future[Any], Any, Any]] = []
        self.arrived = threading.Condition()

    def submit(self, work: Any, /, *given: Any, **_: Any) -> Future[Any]:
        future: Future[Any] = Future()
        with self.arrived:
            self.waiting.append((future, work, given[0]))
            self.arrived.notify_all()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        for future, _work, _jobs in self.waiting:
            future.cancel()

    def hold(self, number: int) -> None:
        """Wait until so many jobs wait."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.live()) >= number, 20)

    def live(self) -> list[str]:
        return [jobs[0].key for future, _w, jobs in self.waiting if not future.cancelled()]

    def run_next(self) -> str:
        with self.arrived:
            future, work, jobs = self.waiting.pop(0)
        if future.set_running_or_notify_cancel():
            future.set_result(work(jobs))
            return str(jobs[0].key)
        return self.run_next()


def asking(*keys: str, error: type[BaseException] | None = None) -> Any:
    answers = []
    for key in keys:
        results: Sequence[Any] = yield [Job(key)]
        answers += list(results)
    if error is not None:
        raise error("broken")
    return answers


def told(future: Future[Any]) -> Any:
    return future.result(20)


@pytest.fixture
def hand() -> ByHand:
    return ByHand()


@pytest.fixture
def engine(hand: ByHand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setenv("PIE_CACHE", str(tmp_path))
    made = Engine(1, lambda store, jobs: Scheduler(store, jobs, lambda: hand))
    yield made
    made.close()


def test_clients_take_turns_however_much_one_of_them_submits(engine: Engine, hand: ByHand) -> None:
    many = [engine.submit(asking(f"many {n}"), "many") for n in range(40)]
    hand.hold(8)
    one = engine.submit(asking("one"), "one")
    order = []
    while not one.done():
        hand.hold(1)
        order.append(hand.run_next())
        for _ in range(200):
            if one.done() or len(hand.live()) >= 8:
                break
            time.sleep(0.01)
    assert order.index("one") <= 9
    assert sum(future.done() for future in many) <= 10


def test_what_a_client_cancels_is_not_run_unless_another_wants_it(
    engine: Engine, hand: ByHand
) -> None:
    first = engine.submit(asking("running"))
    gone = engine.submit(asking("alone", "never"))
    left = engine.submit(asking("shared"))
    stays = engine.submit(asking("shared"))
    hand.hold(3)
    assert gone.cancel()
    assert left.cancel()
    for _ in range(500):
        if hand.live() == ["running", "shared"]:
            break
        time.sleep(0.01)
    assert hand.live() == ["running", "shared"]
    assert [hand.run_next(), hand.run_next()] == ["running", "shared"]
    assert told(first) == ["running"]
    assert told(stays) == ["shared"]
    with pytest.raises(CancelledError):
        left.result(0)


def test_a_deadline_ends_the_wait_and_leaves_the_others(engine: Engine, hand: ByHand) -> None:
    late = engine.submit(asking("late"), seconds=0.0)
    with pytest.raises(DeadlineMissed):
        late.result(20)
    fine = engine.submit(asking("fine"), seconds=3600)
    hand.hold(1)
    hand.run_next()
    assert told(fine) == ["fine"]


def test_a_fault_is_told_to_those_it_touches_and_the_next_find_workers(
    engine: Engine, hand: ByHand
) -> None:
    broken = engine.submit(asking("a", error=ValueError))
    hand.hold(1)
    hand.run_next()
    with pytest.raises(ValueError, match="broken"):
        broken.result(20)
    again = engine.submit(asking("a"))
    assert told(again) == ["a"]  # kept: no job is run for it
    assert hand.live() == []


def test_any_thread_may_ask_and_may_end(engine: Engine, hand: ByHand) -> None:
    futures: list[Future[Any]] = []
    for number in range(3):
        thread = threading.Thread(
            target=lambda n=number: futures.append(engine.submit(asking(f"{n}")))
        )
        thread.start()
        thread.join()
    hand.hold(3)
    for _ in range(3):
        hand.run_next()
    assert [told(future) for future in futures] == [["0"], ["1"], ["2"]]


def test_a_closed_engine_takes_nothing_and_cancels_what_waits(engine: Engine, hand: ByHand) -> None:
    waiting = engine.submit(asking("never"))
    hand.hold(1)
    engine.close()
    engine.close()
    assert waiting.cancelled()
    with pytest.raises(InputError, match="ended"):
        engine.submit(asking("more"))


def test_an_engine_that_came_by_fork_makes_workers_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIE_CACHE", str(tmp_path))
    engine = Engine(1)
    assert engine.submit(asking()).result(60) == []
    child = os.fork()
    if not child:
        good = engine.submit(asking()).result(60) == []
        os._exit(0 if good else 1)
    _pid, status = os.waitpid(child, 0)
    engine.close()
    assert os.waitstatus_to_exitcode(status) == 0


def test_the_store_is_opened_in_the_thread_that_uses_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIE_CACHE", str(tmp_path))
    seen: list[str] = []

    def make(store: Store, jobs: int) -> Scheduler:
        seen.append(threading.current_thread().name)
        return Scheduler(store, jobs, ByHand)

    engine = Engine(1, make)
    engine.submit(asking()).result(20)
    engine.close()
    assert seen == ["pie-engine"]
