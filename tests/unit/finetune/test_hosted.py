"""Hosted fine-tuning against a small server of our own."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from finetune.errors import FinetuneError
from finetune.hosted import Asked, Service, state_of, submit, wait

KEY = "sk-very-secret"


class Server:
    """Takes files and one job, answers as told, and remembers every request."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, bytes, str]] = []
        self.statuses = ["queued", "running", "succeeded"]
        self.failures: list[tuple[str, int]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.answer("POST")

            def do_GET(self) -> None:
                self.answer("GET")

            def answer(self, method: str) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                outer.requests.append((method, self.path, body, self.headers["authorization"]))
                status, reply = outer.reply(method, self.path)
                content = json.dumps(reply).encode()
                if status == 0:
                    self.close_connection = True
                    return
                self.send_response(status)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.service = Service(f"http://127.0.0.1:{self._server.server_port}/v1", KEY, 0.01)

    def reply(self, method: str, path: str) -> tuple[int, dict[str, Any]]:
        for failure in self.failures:
            if path.endswith(failure[0]):
                self.failures.remove(failure)
                return failure[1], {"error": {"message": f"no: {KEY}\nis bad"}}
        if path == "/v1/files":
            return 200, {"id": f"file-{len(self.paths('POST', '/v1/files'))}"}
        if method == "POST":
            return 200, {"id": "job-1", "status": self.statuses[0]}
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        ended = {"fine_tuned_model": "ft:new"} if status == "succeeded" else {}
        error = {"error": {"message": "bad rows"}} if status == "failed" else {}
        return 200, {"id": "job-1", "status": status, **ended, **error}

    def paths(self, method: str, path: str) -> list[bytes]:
        return [one[2] for one in self.requests if one[:2] == (method, path)]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "chat.jsonl"
    path.write_text('{"messages": []}\n')
    return path


ASKED = Asked("gpt-3.5-turbo", 1, "pie", 7)
JOBS = "/v1/fine_tuning/jobs"


def test_a_job_is_started_and_waited_for(server: Server, rows: Path) -> None:
    said: list[str] = []
    job = submit(server.service, ASKED, rows, rows, said.append)
    job = wait(server.service, rows, job, 0.01, said.append)
    assert job.model == "ft:new"
    assert b'name="purpose"\r\n\r\nfine-tune' in server.paths("POST", "/v1/files")[0]
    assert rows.read_bytes() in server.paths("POST", "/v1/files")[0]
    (body,) = server.paths("POST", JOBS)
    assert json.loads(body) == {
        "model": "gpt-3.5-turbo",
        "training_file": "file-1",
        "validation_file": "file-2",
        "suffix": "pie",
        "seed": 7,
        "method": {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 1}}},
    }
    assert {one[3] for one in server.requests} == {f"Bearer {KEY}"}
    assert "job job-1: succeeded" in said


def test_the_key_is_in_no_file_and_no_message(server: Server, rows: Path) -> None:
    said: list[str] = []
    server.failures = [("/jobs", 401)]
    with pytest.raises(FinetuneError) as raised:
        submit(server.service, ASKED, rows, None, said.append)
    told = [str(raised.value), repr(server.service), *said]
    told += [one.read_text() for one in rows.parent.iterdir()]
    assert not any(KEY in one for one in told)
    assert "401: no: [key] is bad" in str(raised.value)
    assert "check OPENAI_API_KEY" in str(raised.value)


def test_the_same_call_again_pays_for_no_second_job(server: Server, rows: Path) -> None:
    first = submit(server.service, ASKED, rows)
    again = submit(server.service, ASKED, rows)
    assert again.id == first.id == "job-1"
    assert len(server.paths("POST", JOBS)) == len(server.paths("POST", "/v1/files")) == 1


def test_an_upload_is_not_repeated_when_the_start_was_refused(server: Server, rows: Path) -> None:
    server.failures = [("/jobs", 429)]
    with pytest.raises(FinetuneError, match="429"):
        submit(server.service, ASKED, rows)
    assert submit(server.service, ASKED, rows).id == "job-1"
    assert len(server.paths("POST", "/v1/files")) == 1


def test_a_start_whose_answer_was_lost_is_not_repeated(server: Server, rows: Path) -> None:
    server.failures = [("/jobs", 0)]
    with pytest.raises(FinetuneError, match="refused"):
        submit(server.service, ASKED, rows)
    with pytest.raises(FinetuneError, match="no answer came"):
        submit(server.service, ASKED, rows)
    assert len(server.paths("POST", JOBS)) == 1


def test_what_may_pass_is_tried_again(server: Server, rows: Path) -> None:
    server.failures = [("/files", 503), ("/files", 0), ("/job-1", 500)]
    job = submit(server.service, ASKED, rows)
    assert wait(server.service, rows, job, 0.01).model == "ft:new"
    assert len(server.paths("POST", "/v1/files")) == 3


def test_another_job_for_the_same_rows_waits_for_the_first(server: Server, rows: Path) -> None:
    submit(server.service, ASKED, rows)
    with pytest.raises(FinetuneError, match="belongs to another job, job-1, which is queued"):
        submit(server.service, Asked("other"), rows)


def test_a_failed_job_says_why(server: Server, rows: Path) -> None:
    server.statuses = ["queued", "failed"]
    job = submit(server.service, ASKED, rows)
    with pytest.raises(FinetuneError, match=r"job-1 failed \(bad rows\)"):
        wait(server.service, rows, job, 0.01)


def test_nothing_that_a_server_says_reaches_the_terminal_or_the_file_as_it_is(
    server: Server, rows: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replies = [
        {"id": "file-1"},
        {"id": "job/../1", "status": "queued"},
        {"status": "fai\x1b[31mled"},
        {"status": "failed", "error": {"message": f"\x1b]0;title\x07 {KEY}"}},
    ]
    monkeypatch.setattr(server, "reply", lambda *_: (200, replies.pop(0)))
    said: list[str] = []
    job = submit(server.service, Asked("m"), rows, say=said.append)
    with pytest.raises(FinetuneError) as raised:
        wait(server.service, rows, job, 0.0, said.append)
    assert "?]0;title? [key]" in str(raised.value)
    assert all(one.isprintable() for one in [*said, str(raised.value)])
    assert KEY not in state_of(rows).read_text()
    assert server.requests[-1][1] == "/v1/fine_tuning/jobs/job%2F..%2F1"


def test_an_id_of_control_characters_is_none(
    server: Server, rows: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "reply", lambda *_: (200, {"id": "file-\x1b[31m"}))
    with pytest.raises(FinetuneError, match="the server's reply has no id"):
        submit(server.service, Asked("m"), rows)


def test_a_state_file_that_is_none_is_told(server: Server, rows: Path) -> None:
    state_of(rows).write_text("{}")
    with pytest.raises(FinetuneError, match="does not tell of a job"):
        submit(server.service, ASKED, rows)


def test_the_first_rows_are_a_job_of_their_own(server: Server, rows: Path) -> None:
    rows.write_bytes(b"".join(b'{"messages": %d}\n' % n for n in range(4)))
    submit(server.service, ASKED, rows, limit=2)
    (body,) = [one[2] for one in server.requests if one[1] == "/v1/files"]
    assert b'{"messages": 1}\n' in body
    assert b'{"messages": 2}\n' not in body
    with pytest.raises(FinetuneError, match="belongs to another job"):
        submit(server.service, ASKED, rows)
    assert submit(server.service, ASKED, rows, limit=2).id == "job-1"
