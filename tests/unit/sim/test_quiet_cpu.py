"""Two measurements on the real CPU never share a core."""

from __future__ import annotations

import os
import tempfile
import threading
from pathlib import Path

import pytest

from sim import quiet_cpu
from sim.quiet_cpu import quiet_cpu as held


@pytest.fixture(autouse=True)
def cores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four processors, two threads a core, and locks of this test's own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0, 1, 2, 3})
    monkeypatch.setattr(quiet_cpu, "_core", lambda cpu: str(cpu % 2))


def test_a_second_measurement_gets_another_core() -> None:
    with held() as first, held() as second:
        assert (first, second) == (3, 2)
    with held() as again:
        assert again == 3


def test_where_all_are_taken_it_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    got: list[int] = []
    begun = threading.Event()

    def third() -> None:
        begun.set()
        with held() as cpu:
            got.append(cpu)

    with held(), held():
        thread = threading.Thread(target=third)
        thread.start()
        begun.wait()
        thread.join(0.3)
        assert got == []
    thread.join()
    assert got == [3]


def test_without_a_place_for_locks_it_measures_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere/at/all")
    with held() as first, held() as second:
        assert first == second == 3
