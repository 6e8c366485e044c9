"""`pie serve` as a user starts and ends it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sim.machines.counts import Counts

pytestmark = pytest.mark.skipif(not Counts().check().ok, reason="valgrind is not installed")
ROW = {"problem_id": "echo", "src_code": "print(input())", "language": "python"}
TESTS = [{"input": "1\n", "output": "1\n"}]


def started(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "from pie.cli import main; main()", "serve", *arguments]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=dict(os.environ))


@pytest.fixture
def service(cache: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    process = started("--port", "0", "-m", "counts", "-j", "1")
    assert process.stderr is not None
    line = process.stderr.readline()
    found = re.search(r"http://127\.0\.0\.1:\d+", line)
    assert found, line + process.stderr.read()
    yield process, found.group()
    process.kill()
    process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_stop_and_keeps_what_it_measured(
    service: tuple[subprocess.Popen[str], str], number: signal.Signals
) -> None:
    process, url = service
    item = {**ROW, "completion": ROW["src_code"], "tests": TESTS}
    with httpx.Client(base_url=url, timeout=300) as http:
        first = http.post("/reward", json={"items": [item]}).json()
        assert first["result"]["rewards"] == [1.0]
    process.send_signal(number)
    assert process.wait(60) in (-signal.SIGTERM, 130, 143)
    assert process.stderr is not None
    assert "Traceback" not in process.stderr.read()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--host", "0.0.0.0"], "without tokens anybody who reaches 0.0.0.0"),
        (["--token-file", "/nowhere"], "the file of tokens /nowhere cannot be read"),
        (["--scale", "cubic"], "unknown scale 'cubic'"),
        (["-m", "cachegrind"], "--trust-programs"),
        (["--tests", "/nowhere"], "/nowhere does not exist"),
    ],
)
def test_what_cannot_be_served_is_one_sentence(
    cache: Path, arguments: list[str], sentence: str
) -> None:
    process = started("--port", "0", *arguments)
    _none, told = process.communicate(timeout=120)
    assert process.returncode == 1
    assert sentence in told
    assert "Traceback" not in told


def test_a_port_in_use_is_one_sentence(cache: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = started("--port", str(port), "-m", "counts")
        _none, told = process.communicate(timeout=120)
    assert process.returncode == 1
    assert f"port {port} of 127.0.0.1 cannot be used" in told
