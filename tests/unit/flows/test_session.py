"""Several threads and interruptions share one session's store and workers."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pie.flows.session import Session


@dataclass(frozen=True)
class Job:
    """Says which process ran it."""

    key: str
    kind: str = "fake"

    def run(self) -> int:
        return os.getpid()

    @staticmethod
    def dump(result: int) -> Any:
        return result

    @staticmethod
    def load(data: Any) -> int:
        return int(data)


def asking(key: str, interrupt: bool = False) -> Any:
    results: Sequence[Any] = yield [Job(key)]
    if interrupt:
        raise KeyboardInterrupt
    return list(results)


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    monkeypatch.setenv("PIE_CACHE", str(tmp_path))
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    made = Session(2, frozenset())
    yield made
    made.close()


@pytest.fixture
def job(session: Session) -> Any:
    """The job under a name by which a worker can import it."""
    import test_session

    return test_session.asking


def test_workers_stay_between_calls(session: Session, job: Any) -> None:
    first = session.run([job(f"first {n}") for n in range(4)], alone=False)
    second = session.run([job(f"second {n}") for n in range(4)], alone=False)
    assert os.getpid() not in {one for (one,) in first + second}
    assert len({one for (one,) in first + second}) <= 2


def test_what_was_measured_before_an_interruption_is_kept(session: Session, job: Any) -> None:
    ((kept,),) = session.run([job("kept")], alone=False)
    with pytest.raises(KeyboardInterrupt):
        session.run([job("other"), job("stop", True)], alone=False)
    assert session.run([job("kept")], alone=False) == [[kept]]
    ((fresh,),) = session.run([job("fresh")], alone=False)
    assert fresh != kept


def test_threads_take_turns(session: Session, job: Any) -> None:
    def work(name: str) -> int:
        done = session.run([job(f"{name} {n}") for n in range(3)], alone=False)
        assert threading.current_thread() is not threading.main_thread()
        return len(done)

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(work, "abc")) == [3, 3, 3]
    assert len(session.run([job("a 0"), job("d")], alone=True)) == 2
