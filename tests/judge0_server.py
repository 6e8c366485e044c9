"""A small server with Judge0 CE's API, as its documentation and sources have it.

It runs Python programs, and can fail in the ways that such servers do: a full queue, too many
requests, internal errors, times of zero, a connection that breaks.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Record = dict[str, Any]

STATUSES = {
    1: "In Queue",
    2: "Processing",
    3: "Accepted",
    4: "Wrong Answer",
    5: "Time Limit Exceeded",
    6: "Compilation Error",
    7: "Runtime Error (SIGSEGV)",
    8: "Runtime Error (SIGXFSZ)",
    9: "Runtime Error (SIGFPE)",
    10: "Runtime Error (SIGABRT)",
    11: "Runtime Error (NZEC)",
    12: "Runtime Error (Other)",
    13: "Internal Error",
    14: "Exec Format Error",
}
LANGUAGES = [
    {"id": 48, "name": "C (GCC 7.4.0)"},
    {"id": 52, "name": "C++ (GCC 7.4.0)"},
    {"id": 54, "name": "C++ (GCC 9.2.0)"},
    {"id": 70, "name": "Python (2.7.17)"},
    {"id": 71, "name": "Python (3.8.1)"},
]
CONFIGURATION = {
    "enable_wait_result": True,
    "enable_compiler_options": True,
    "allowed_languages_for_compile_options": [],
    "enable_command_line_arguments": True,
    "enable_submission_delete": False,
    "max_queue_size": 100,
    "cpu_time_limit": 5,
    "max_cpu_time_limit": 15,
    "cpu_extra_time": 1,
    "max_cpu_extra_time": 5,
    "wall_time_limit": 10,
    "max_wall_time_limit": 20,
    "memory_limit": 128000,
    "max_memory_limit": 512000,
    "stack_limit": 64000,
    "max_stack_limit": 128000,
    "max_processes_and_or_threads": 60,
    "max_max_processes_and_or_threads": 120,
    "enable_per_process_and_thread_time_limit": False,
    "allow_enable_per_process_and_thread_time_limit": True,
    "enable_per_process_and_thread_memory_limit": False,
    "allow_enable_per_process_and_thread_memory_limit": True,
    "max_file_size": 1024,
    "max_max_file_size": 4096,
    "number_of_runs": 1,
    "max_number_of_runs": 20,
    "enable_batched_submissions": True,
    "max_submission_batch_size": 20,
}
_LIMITED = (
    "number_of_runs",
    "cpu_time_limit",
    "cpu_extra_time",
    "wall_time_limit",
    "memory_limit",
    "stack_limit",
    "max_processes_and_or_threads",
    "max_file_size",
)


def executed(submission: Record) -> Record:
    """Run a Python program as the server would; its result, texts not yet encoded."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", submission["source_code"].decode()],
        input=submission["stdin"],
        capture_output=True,
        timeout=20,
        check=False,
    )
    status = 3 if done.returncode == 0 else 11
    return result(status, done.stdout, stderr=done.stderr, exit_code=done.returncode)


def result(status: int, stdout: bytes | None = None, **more: Any) -> Record:
    """Return the fields of a submission that has come to an end."""
    return {
        "status": status,
        "stdout": stdout,
        "stderr": None,
        "compile_output": None,
        "message": None,
        "time": "0.021",
        "wall_time": "0.03",
        "memory": 3456,
        "exit_code": 0,
        **more,
    }


@dataclass
class Judge0Server:
    """Use it as a context manager; `submissions` holds what it was sent, decoded."""

    token: str = ""
    """What it asks for in X-Auth-Token; empty: it lets everybody in."""
    run: Callable[[Record], Record] = executed
    fault: Callable[[str, int], tuple[int, dict[str, str]] | None] = lambda _path, _n: None
    """From method and path and the number of earlier requests of it: a status and headers."""
    polls: int = 2
    """Looks at a submission until it has its result."""
    configuration: Record = field(default_factory=lambda: dict(CONFIGURATION))
    languages: list[Record] = field(default_factory=lambda: [dict(one) for one in LANGUAGES])
    submissions: list[Record] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    tokens_seen: set[str] = field(default_factory=set)
    processor: str = "Intel(R) Xeon(R) Platinum 8259CL CPU @ 2.50GHz"

    def __enter__(self) -> Judge0Server:
        self.known: dict[str, Record] = {}
        self._counts: dict[str, int] = {}
        self._lock = threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                server.answer(self, b"")

            def do_POST(self) -> None:
                server.answer(self, self.rfile.read(int(self.headers["Content-Length"])))

            def log_message(self, *_args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def answer(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        """Answer one request."""
        address = urlsplit(handler.path)
        name = f"{handler.command} {address.path}"
        with self._lock:
            earlier = self._counts.get(name, 0)
            self._counts[name] = earlier + 1
            self.requests.append(name)
            given = handler.headers.get("X-Auth-Token", "")
            self.tokens_seen.add(given)
            if fault := self.fault(name, earlier):
                status, headers = fault
                if not status:
                    handler.close_connection = True
                    return
                told: Any = {"error": "queue is full" if status == 503 else "no"}
            elif self.token and given != self.token:
                status, headers, told = 401, {}, {"error": "Authentication failed."}
            else:
                headers = {}
                query = {key: one[0] for key, one in parse_qs(address.query).items()}
                status, told = self._told(name, query, body)
        data = json.dumps(told).encode()
        handler.send_response(status)
        for key, value in headers.items():
            handler.send_header(key, value)
        handler.send_header("Content-Type", "application/json; charset=utf-8")
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    def _told(self, name: str, query: Record, body: bytes) -> tuple[int, Any]:
        if name == "POST /submissions/batch":
            return self._create(query, json.loads(body)["submissions"])
        if name == "GET /submissions/batch":
            return self._show(query)
        told = {
            "GET /about": {"version": "1.13.1", "homepage": "https://judge0.com"},
            "GET /config_info": self.configuration,
            "GET /system_info": {"Model name": self.processor, "Mem": "7.6G"},
            "GET /languages": self.languages,
        }
        return (200, told[name]) if name in told else (404, {"error": "not found"})

    def _create(self, query: Record, given: list[Record]) -> tuple[int, Any]:
        if len(given) > self.configuration["max_submission_batch_size"]:
            return 400, {"error": "number of submissions in a batch should be less than ..."}
        self.batches.append(len(given))
        reply: list[Record] = []
        for one in given:
            if wrong := self._wrong(one):
                reply.append(wrong)
                continue
            assert query["base64_encoded"] == "true"
            texts = {name: base64.b64decode(one[name]) for name in ("source_code", "stdin")}
            token = str(uuid.uuid4())
            self.submissions.append({**one, **texts})
            self.known[token] = {"asked": 0, "submission": {**one, **texts}}
            reply.append({"token": token})
        return (201 if any("token" in one for one in reply) else 422), reply

    def _wrong(self, one: Record) -> Record:
        """Return the errors of a submission, as Rails has them; none where it is right."""
        wrong: Record = {}
        for name in _LIMITED:
            most = self.configuration[f"max_{name}"]
            if not 0 < one[name] <= most:
                wrong[name] = [f"must be less than or equal to {most}"]
        if one["language_id"] not in [language["id"] for language in self.languages]:
            wrong["language_id"] = [f"language with id {one['language_id']} doesn't exist"]
        return wrong

    def _show(self, query: Record) -> tuple[int, Any]:
        tokens = query["tokens"].split(",")
        if len(tokens) > self.configuration["max_submission_batch_size"]:
            return 400, {"error": "number of submissions in a batch should be less than ..."}
        fields = query["fields"].split(",")
        shown: list[Record | None] = []
        for token in tokens:
            known = self.known.get(token)
            shown.append(None if known is None else self._one(token, known, fields))
        return 200, {"submissions": shown}

    def _one(self, token: str, known: Record, fields: list[str]) -> Record:
        known["asked"] += 1
        if known["asked"] < self.polls:
            status = min(known["asked"], 2)
            value = {**dict.fromkeys(fields), "token": token, "status": status}
        else:
            if "result" not in known:
                known["result"] = self.run(known["submission"])
            value = {"token": token, **known["result"]}
        value["status"] = {"id": value["status"], "description": STATUSES[value["status"]]}
        for name in ("stdout", "stderr", "compile_output", "message"):
            if isinstance(value.get(name), bytes):
                # Ruby's encode64 breaks its lines.
                value[name] = base64.encodebytes(value[name]).decode()
        return {name: value[name] for name in fields}


def sleepless(_seconds: float) -> None:
    """Wait for nothing."""
    time.sleep(0)
