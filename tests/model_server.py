"""A small OpenAI-compatible server for tests, which can fail in all the ways that servers do."""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Body = dict[str, Any]


@dataclass(frozen=True)
class Fault:
    """What the server does instead of answering."""

    status: int = 0
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    cut_after: int | None = None
    """Bytes of a good reply after which the connection is cut."""
    delay_seconds: float = 0.0


@dataclass
class ModelServer:
    """Answers each request with a program that names the request; use it as a context manager."""

    fault: Callable[[Body, int], Fault | None] = lambda _body, _attempt: None
    """From a request's body and its number of earlier attempts."""
    text: Callable[[Body], str] = lambda body: f"```cpp\n// {name_of(body)}\nint main() {{}}\n```"
    answered: Counter[str] = field(default_factory=Counter)
    """Good replies sent whole, by request."""
    attempts: Counter[str] = field(default_factory=Counter)
    bodies: list[tuple[str, dict[str, str], Body]] = field(default_factory=list)
    """Path, headers and body of each request."""
    most_at_once: int = 0

    def __enter__(self) -> ModelServer:
        self._loop = asyncio.new_event_loop()
        self._at_once = 0
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        assert ready.wait(10)
        return self

    def __exit__(self, *_error: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/v1"

    def _run(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            asyncio.start_server(self._connection, "127.0.0.1", 0, backlog=512)
        )
        self._port = server.sockets[0].getsockname()[1]
        ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; false when the connection is at its end."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        request, *lines = head.split("\r\n")
        headers = {
            name.strip().lower(): value.strip()
            for name, _colon, value in (line.partition(":") for line in lines if line)
        }
        body = json.loads(await reader.readexactly(int(headers.get("content-length", 0))))
        name = name_of(body)
        fault = self.fault(body, self.attempts[name])
        self.attempts[name] += 1
        self.bodies.append((request.split()[1], headers, body))
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            if fault is not None and fault.delay_seconds:
                await asyncio.sleep(fault.delay_seconds)
        finally:
            self._at_once -= 1
        if fault is not None and fault.status:
            writer.write(_reply(fault.status, fault.body, fault.headers))
            await writer.drain()
            return True
        good = _reply(200, self._answer(body), fault.headers if fault else ())
        if fault is not None and fault.cut_after is not None:
            writer.write(good[: fault.cut_after])
            await writer.drain()
            return False
        self.answered[name] += 1
        writer.write(good)
        await writer.drain()
        return True

    def _answer(self, body: Body) -> bytes:
        text = self.text(body)
        choice: Body = {"index": 0, "finish_reason": "stop"}
        if "messages" in body:
            choice["message"] = {"role": "assistant", "content": text}
        else:
            choice["text"] = text
        usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
        return json.dumps({"choices": [choice], "usage": usage, "model": body["model"]}).encode()


def _reply(status: int, body: bytes, headers: tuple[tuple[str, str], ...]) -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def name_of(body: Body) -> str:
    """A request's own name: equal for equal prompt and seed."""
    asked = json.dumps([body.get("messages"), body.get("prompt"), body.get("seed")])
    return hashlib.sha256(asked.encode()).hexdigest()[:16]


def injected(body: Body, attempt: int) -> Fault | None:
    """A third of requests fail at first: told to wait, an error, a cut, or no answer in time."""
    kind = int(name_of(body), 16) % 30
    if attempt >= 1 + (kind == 0):
        return None
    if kind < 3:
        return Fault(status=429, headers=(("Retry-After", "0.02"),))
    if kind < 5:
        return Fault(status=500, body=b"<html>oops</html>")
    if kind < 6:
        return Fault(cut_after=0)
    if kind < 8:
        return Fault(cut_after=60)
    if kind < 9:
        return Fault(delay_seconds=30.0)
    if kind < 10:
        return Fault(status=200, body=b'{"choices": []}')
    return None
