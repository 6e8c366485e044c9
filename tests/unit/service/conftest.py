"""A service over real workers, on the counting machine, behind a real socket."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from pie.service.app import application
from sim.machines.counts import Counts
from tests.service import TESTS, Running, make_options


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = Counts().check()
    here = Path(__file__).parent
    for item in items:
        if not missing.ok and here in item.path.parents:
            item.add_marker(pytest.mark.skip(reason=missing.problem))


@pytest.fixture(scope="session")
def serve(ready_cache: Path) -> Iterator[Callable[..., Running]]:
    """Start services; all are ended with the tests."""
    started: list[tuple[uvicorn.Server, threading.Thread]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIE_CACHE", str(ready_cache))

        def start(tests: Path | None = None, **others: Any) -> Running:
            options = make_options(tests, **others)
            listening = socket.create_server(("127.0.0.1", 0))
            config = uvicorn.Config(application(options), log_level="warning")
            server = uvicorn.Server(config)
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
            thread.start()
            started.append((server, thread))
            return Running(f"http://127.0.0.1:{listening.getsockname()[1]}", options)

        yield start
        for server, thread in started:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="session")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of test cases in PIE's layout."""
    folder = tmp_path_factory.mktemp("cases")
    (folder / "sums").mkdir()
    for number, one in enumerate(TESTS):
        (folder / "sums" / f"input.{number}.txt").write_text(one["input"])
        (folder / "sums" / f"output.{number}.txt").write_text(one["output"])
    return folder


@pytest.fixture(scope="session")
def running(serve: Callable[..., Running], cases: Path) -> Running:
    """One service for the tests that change nothing of it."""
    return serve(cases)


@pytest.fixture
def http(running: Running) -> Iterator[httpx.Client]:
    with running.client() as client:
        yield client
