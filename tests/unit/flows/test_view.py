"""`pie view`: the newest page of a run, for this host alone."""

import http.client
import json
import queue
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from pie.core.problem import InputError
from pie.core.report.pair_rows import ReportError
from pie.flows.view import HOST, Page, serve
from tests.page_runs import make_run


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return make_run(tmp_path / "run", 4)


@pytest.fixture
def port(run: Path) -> int:
    told: queue.Queue[str] = queue.Queue()
    thread = threading.Thread(target=serve, args=(Page(run), 0, told.put), daemon=True)
    thread.start()
    found = urlsplit(told.get(timeout=60)).port
    assert found
    return found


def get(port: int, path: str = "/", host: str | None = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(HOST, port, timeout=60)
    connection.request("GET", path, headers={"Host": host or f"{HOST}:{port}"})
    answer = connection.getresponse()
    return answer.status, answer.read()


def test_a_run_that_grows_has_a_newer_page(run: Path, port: int) -> None:
    rows = (run / "pairs.jsonl").read_bytes().splitlines(keepends=True)
    (run / "pairs.jsonl").write_bytes(rows[0])
    status, first = get(port)
    assert status == 200
    assert b"Content-Security-Policy" in first
    assert get(port) == (200, first)
    (run / "pairs.jsonl").write_bytes(b"".join(rows))
    assert get(port)[1] != first


def test_nothing_else_is_served_and_to_nobody_else(run: Path, port: int) -> None:
    assert get(port, "/manifest.json")[0] == 404
    assert get(port, "/../pairs.jsonl")[0] == 404
    assert get(port, host="evil.example:80")[0] == 403
    assert get(port, host=f"localhost:{port}")[0] == 200


def test_a_run_that_is_damaged_meanwhile_is_told(run: Path, port: int) -> None:
    (run / "manifest.json").write_text(json.dumps({"schema_version": 9}))
    status, body = get(port)
    assert status == 500
    assert b"schema_version" in body


def test_what_is_no_run_and_a_port_that_is_taken_are_one_sentence(
    tmp_path: Path, run: Path, port: int
) -> None:
    with pytest.raises(ReportError, match="not a run folder"):
        Page(tmp_path)
    with pytest.raises(InputError, match=f"port {port} cannot be used"):
        serve(Page(run), port, lambda _address: None)
