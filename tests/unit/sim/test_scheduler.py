"""Jobs run once, in any worker, whatever dies; outcomes come in the order given."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from sim.errors import InputError
from sim.jobs import Failed
from sim.performing import perform
from sim.scheduler import Scheduler, batches, interrupt_on_sigterm, shares
from sim.store import Store

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[2]


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(HERE))
    import fake_jobs

    return fake_jobs


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log"
    path.touch()
    return path


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "results.sqlite")
    yield opened
    opened.close()


def runs(log: Path) -> Counter[str]:
    return Counter(log.read_text().split())


def outcomes(store: Store, procedures: Any, workers: int = 2) -> tuple[list[Any], Scheduler]:
    with Scheduler(store, workers) as scheduler:
        return list(scheduler.run(procedures)), scheduler


def test_outcomes_come_in_the_order_given_though_later_ones_are_done_first(
    fake: Any, log: Path, store: Store
) -> None:
    procedures = [
        fake.asking([fake.FakeJob(f"job-{n}", log, seconds=0.3 if n == 0 else 0.0)])
        for n in range(40)
    ]
    found, scheduler = outcomes(store, procedures)
    assert found == [[f"result of job-{n}"] for n in range(40)]
    assert scheduler.tally.run == {"fake": 40}


def test_a_procedure_goes_on_with_the_results_it_asked_for_in_its_own_order(
    fake: Any, log: Path, store: Store
) -> None:
    def job(name: str, seconds: float = 0.0) -> Any:
        return fake.FakeJob(name, log, seconds=seconds)

    found, _ = outcomes(store, [fake.asking([job("slow", 0.3), job("quick")], [], [job("last")])])
    assert found == [["result of slow", "result of quick", "result of last"]]


def test_equal_jobs_run_once_within_a_procedure_and_across_them(
    fake: Any, log: Path, store: Store
) -> None:
    same = fake.FakeJob("same", log, seconds=0.1)
    found, scheduler = outcomes(store, [fake.asking([same, same], [same]) for _ in range(10)])
    assert found == [["result of same"] * 3] * 10
    assert runs(log) == {"same": 1}
    assert scheduler.tally.run == {"fake": 1}


def test_what_the_store_holds_is_not_run_again(fake: Any, log: Path, store: Store) -> None:
    def procedures() -> list[Any]:
        return [fake.asking([fake.FakeJob(f"job-{n}", log)]) for n in range(5)]

    first, _ = outcomes(store, procedures())
    second, scheduler = outcomes(store, procedures())
    assert first == second
    assert set(runs(log).values()) == {1}
    assert (scheduler.tally.run, scheduler.tally.reused) == ({}, {"fake": 5})


def test_a_job_whose_worker_was_killed_is_run_again(fake: Any, log: Path, store: Store) -> None:
    deadly = fake.FakeJob("deadly", log, "die", times=1)
    found, scheduler = outcomes(store, [fake.asking([deadly])])
    assert found == [["result of deadly"]]
    assert runs(log)["deadly"] == 2
    assert scheduler.tally.failed == 0


def test_a_job_that_kills_its_worker_each_time_is_given_up_and_not_kept(
    fake: Any, log: Path, store: Store
) -> None:
    found, scheduler = outcomes(store, [fake.asking([fake.FakeJob("deadly", log, "die")])])
    assert isinstance(found[0][0], Failed)
    assert "died" in found[0][0].reason
    assert runs(log)["deadly"] >= 3
    assert scheduler.tally.failed == 1
    assert store.counts() == {}


def test_a_job_that_kills_its_worker_each_time_takes_no_other_job_with_it(
    fake: Any, log: Path, store: Store
) -> None:
    others = [fake.asking([fake.FakeJob(f"job-{n}", log, seconds=0.02)]) for n in range(12)]
    deadly = fake.asking([fake.FakeJob("deadly", log, "die")])
    found, scheduler = outcomes(store, [*others[:4], deadly, *others[4:]])
    assert isinstance(found.pop(4)[0], Failed)
    assert found == [[f"result of job-{n}"] for n in range(12)]
    assert scheduler.tally.failed == 1


@pytest.mark.parametrize(
    ("act", "attempts", "reason"),
    [
        ("fail", 2, "the machine broke"),
        ("fail for good", 1, "the machine cannot; use another"),
    ],
)
def test_our_own_failure_is_tried_again_where_that_may_help_and_never_kept(
    fake: Any, log: Path, store: Store, act: str, attempts: int, reason: str
) -> None:
    found, scheduler = outcomes(store, [fake.asking([fake.FakeJob("job", log, act)])], 1)
    assert found == [[Failed(reason)]]
    assert runs(log)["job"] == attempts
    assert scheduler.tally.failed == 1
    assert store.counts() == {}


def test_a_full_disk_ends_the_run_and_is_kept_for_no_program(
    fake: Any, log: Path, store: Store
) -> None:
    with pytest.raises(InputError, match="the disk is full"):
        outcomes(store, [fake.asking([fake.FakeJob("job", log, "no space")])], 1)
    assert store.counts() == {}


def test_a_failure_that_does_not_last_is_no_failure(fake: Any, log: Path) -> None:
    result, seconds = perform(fake.FakeJob("job", log, "fail", times=1))
    assert result == "result of job"
    assert seconds >= 0.2


def test_procedures_are_taken_up_as_they_are_needed_not_all_at_once(
    fake: Any, log: Path, store: Store
) -> None:
    begun = 0

    def procedures() -> Iterator[Any]:
        nonlocal begun
        for n in range(500):
            begun += 1
            yield fake.asking([fake.FakeJob(f"job-{n}", log)])

    with Scheduler(store, 1) as scheduler:
        ahead = max(begun - done for done, _ in enumerate(scheduler.run(procedures())))
    assert ahead < 100


def test_nothing_to_do_starts_no_worker(fake: Any, store: Store) -> None:
    found, scheduler = outcomes(store, [fake.asking([]), fake.asking()])
    assert found == [[], []]
    assert scheduler._executor is None


def test_any_executor_can_be_given_and_progress_is_told(fake: Any, log: Path, store: Store) -> None:
    ticks = 0

    def tick() -> None:
        nonlocal ticks
        ticks += 1

    procedures = [fake.asking([fake.FakeJob(f"job-{n}", log)]) for n in range(30)]
    with Scheduler(store, 1, lambda: ThreadPoolExecutor(2)) as scheduler:
        assert len(list(scheduler.run(procedures, tick))) == 30
    assert ticks > 0


def test_where_another_process_was_first_its_result_stands_and_is_the_one_that_is_seen(
    fake: Any, log: Path, store: Store
) -> None:
    """Two native runs differ in time and memory; one that is resumed must see the first again."""

    class Overtaken(fake.FakeJob):  # type: ignore[misc, name-defined]
        def run(self) -> str:
            other = Store(store.path)
            other.put(self.key, self.kind, {"text": "of the other process"})
            other.close()
            return str(super().run())

    procedures = [fake.asking([Overtaken("job", log)])]
    with Scheduler(store, 1, lambda: ThreadPoolExecutor(1)) as scheduler:
        assert list(scheduler.run(procedures)) == [["of the other process"]]
    assert runs(log) == {"job": 1}


DRIVER = """
import sys
import threading
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import fake_jobs
from sim.scheduler import Scheduler, interrupt_on_sigterm
from sim.store import Store
if __name__ == "__main__":
    log = Path(sys.argv[2])
    quick = [fake_jobs.asking([fake_jobs.FakeJob(f"job-{n}", log)]) for n in range(3)]
    slow = [fake_jobs.asking([fake_jobs.FakeJob(f"slow-{n}", log, "sleep")]) for n in range(4)]
    store = Store(Path(sys.argv[3]))
    try:
        with interrupt_on_sigterm(), Scheduler(store, 2) as scheduler:
            for outcome in scheduler.run([*quick, *slow]):
                print(outcome, flush=True)
    except KeyboardInterrupt:
        store.close()
        print(threading.active_count(), flush=True)
        sys.exit(130)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_driver_leaves_no_worker_and_keeps_what_was_done(
    tmp_path: Path, log: Path, number: signal.Signals
) -> None:
    script = tmp_path / "driver.py"
    script.write_text(DRIVER)
    database = tmp_path / "kept.sqlite"
    driver = subprocess.Popen(
        [sys.executable, str(script), str(HERE), str(log), str(database)],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert driver.stdout is not None
        assert len([driver.stdout.readline() for _ in range(3)]) == 3
        wait_for(lambda: sum("slow" in key for key in runs(log)) == 2)
        driver.send_signal(number)
        assert driver.wait(timeout=600) == (-9 if number == signal.SIGKILL else 130)
        # A thread of the pool that outlives it fails while Python ends, and says so.
        assert driver.stdout.read() == ("" if number == signal.SIGKILL else "1\n")
        wait_for(lambda: session_is_empty(driver.pid))
    finally:
        driver.kill()
        driver.wait()
    kept = Store(database)
    assert kept.counts() == {"fake": 3}
    kept.close()


def wait_for(condition: Any, seconds: float = 200.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def session_is_empty(session: int) -> bool:
    """Whether no living process belongs to the session."""
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            return False
    return True


def test_sigterm_is_an_interrupt_only_while_asked_for() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with interrupt_on_sigterm(), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize(
    ("length", "parts", "lengths"),
    [(0, 3, []), (1, 4, [1]), (5, 2, [2, 3]), (6, 3, [2, 2, 2]), (3, 1, [3]), (2, 5, [1, 1])],
)
def test_what_is_left_of_a_program_is_shared_among_idle_workers(
    length: int, parts: int, lengths: list[int]
) -> None:
    batch: Any = [(str(number), None) for number in range(length)]
    cut = shares(batch, parts)
    assert [len(part) for part in cut] == lengths
    assert [one for part in cut for one in part] == batch


def test_jobs_of_one_group_go_together_and_others_alone() -> None:
    class Grouped:
        def __init__(self, group: object) -> None:
            self.group = group

    one, two, alone = Grouped("one"), Grouped("two"), Grouped(None)
    wanted: Any = [("a", one), ("b", alone), ("c", two), ("d", one), ("e", alone)]
    keys = [[key for key, _job in batch] for batch in batches(wanted)]
    assert keys == [["a", "d"], ["b"], ["c"], ["e"]]
