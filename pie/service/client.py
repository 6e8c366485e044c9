"""Asks the service, and asks again where that helps: a full queue, a broken line, a restart.

What is asked and when it is asked again is one generator (`_asking`); `Client` and `AsyncClient`
only send what it yields. Every request has an Idempotency-Key, so none is measured twice.
"""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from pie.core.extras import require
from sim.errors import InputError, MachineFailure

httpx = require("httpx", "serve")

_AGAIN = frozenset({429, 502, 503, 504})
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 30.0
_WAIT = 60.0
"""Seconds that the service may hold a request before it answers with a ticket."""


@dataclass(frozen=True)
class _Send:
    """A request to send; the answer is a response, or None where the line broke."""

    method: str
    path: str
    body: Mapping[str, Any] | None
    headers: Mapping[str, str]


@dataclass(frozen=True)
class _Pause:
    """Seconds to wait."""

    seconds: float


_Exchange = Generator[_Send | _Pause, Any, dict[str, Any]]


@dataclass(frozen=True)
class _Manner:
    """How often and how long it is asked again."""

    attempts: int
    seconds: float


def _asking(path: str, body: Mapping[str, Any], manner: _Manner) -> _Exchange:
    """Ask until there is a result; InputError for a refusal, MachineFailure where none came."""
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    wait = min(_WAIT, manner.seconds)
    first = _Send("POST", path, {**body, "wait": wait}, headers)
    end = time.monotonic() + manner.seconds
    send, failures, reason = first, 0, "no answer came"
    while time.monotonic() < end:
        response = yield send
        status = None if response is None else response.status_code
        if status in (200, 202):
            ticket: dict[str, Any] = response.json()
            failures = 0
            if status == 200:
                return _result(ticket)
            send = _Send("GET", f"/jobs/{ticket['id']}?wait={wait}", None, {})
            continue
        if status == 404 and send is not first:  # the service was started anew: ask as at first
            send = first
            continue
        if status is not None:
            reason = _sentence(response)
        if status is not None and status not in _AGAIN:
            raise InputError(f"the service refused the request ({status}: {reason})", "mend it")
        failures += 1
        if failures >= manner.attempts:
            break
        yield _Pause(_pause(response, failures))
    raise MachineFailure(f"the service did not do the work ({reason})", "ask again later")


def _result(ticket: Mapping[str, Any]) -> dict[str, Any]:
    if ticket["status"] != "done":
        raise MachineFailure(
            f"the service did not do the work ({ticket['status']}: {ticket['message']})",
            "ask again with a longer deadline",
        )
    result: dict[str, Any] = ticket["result"]
    return result


def _pause(response: Any, failures: int) -> float:
    told = None if response is None else response.headers.get("Retry-After", "")
    if told and told.isdigit():
        return min(float(told), _LONGEST_PAUSE) * random.uniform(1.0, 1.2)
    return float(min(_FIRST_PAUSE * 2.0**failures, _LONGEST_PAUSE) * random.uniform(0.5, 1.0))


def _sentence(response: Any) -> str:
    try:
        return str(response.json()["error"])
    except (ValueError, KeyError, TypeError):
        return f"HTTP {response.status_code}"


def _tests(tests: Sequence[int | Mapping[str, Any] | tuple[str, str | None]]) -> list[Any]:
    """Return tests as the service takes them; a pair is input and expected output."""
    return [{"input": one[0], "output": one[1]} if isinstance(one, tuple) else one for one in tests]


def _measure(
    programs: Sequence[str | Mapping[str, str]],
    tests: Sequence[Any],
    problem_id: str,
    deadline: float | None,
) -> dict[str, Any]:
    told = [{"code": one} if isinstance(one, str) else dict(one) for one in programs]
    return {
        "programs": told,
        "tests": _tests(tests),
        "problem_id": problem_id,
        "deadline": deadline,
    }


class _Common:
    """What both clients are made of."""

    def __init__(
        self, url: str, token: str = "", *, seconds: float = 600.0, attempts: int = 8
    ) -> None:
        """`url` such as http://127.0.0.1:8000; `seconds` for one call in all, pauses included."""
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._manner = _Manner(attempts, seconds)
        self._timeout = _WAIT + 30.0


class Client(_Common):
    """A client of `pie serve`; threads may share it."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self._http = httpx.Client(base_url=self._url, headers=self._headers, timeout=self._timeout)

    def measure(
        self,
        programs: Sequence[str | Mapping[str, str]],
        tests: Sequence[int | Mapping[str, Any] | tuple[str, str | None]],
        *,
        problem_id: str = "",
        deadline: float | None = None,
    ) -> dict[str, Any]:
        """Measure programs (texts of C++, or `{"code", "language"}`) on the same tests.

        Returns `programs` (verdict, cycles, speedup against the first, tests) and `outputs_agree`.
        """
        return self._ask("/measure", _measure(programs, tests, problem_id, deadline))

    def reward(
        self, items: Sequence[Mapping[str, Any]], *, deadline: float | None = None
    ) -> dict[str, Any]:
        """Reward completions; each item has completion, problem_id, src_code, tests, language."""
        return self._ask("/reward", {"items": [dict(one) for one in items], "deadline": deadline})

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()

    def _ask(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        exchange = _asking(path, body, self._manner)
        answer: Any = None
        try:
            while True:
                step = exchange.send(answer)
                answer = None
                if isinstance(step, _Pause):
                    time.sleep(step.seconds)
                    continue
                try:
                    answer = self._http.request(
                        step.method, step.path, json=step.body, headers=step.headers
                    )
                except httpx.TransportError:
                    answer = None
        except StopIteration as stop:
            result: dict[str, Any] = stop.value
            return result


class AsyncClient(_Common):
    """The same for an event loop."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self._http = httpx.AsyncClient(
            base_url=self._url, headers=self._headers, timeout=self._timeout
        )

    async def measure(
        self,
        programs: Sequence[str | Mapping[str, str]],
        tests: Sequence[int | Mapping[str, Any] | tuple[str, str | None]],
        *,
        problem_id: str = "",
        deadline: float | None = None,
    ) -> dict[str, Any]:
        """As `Client.measure`."""
        return await self._ask("/measure", _measure(programs, tests, problem_id, deadline))

    async def reward(
        self, items: Sequence[Mapping[str, Any]], *, deadline: float | None = None
    ) -> dict[str, Any]:
        """As `Client.reward`."""
        body = {"items": [dict(one) for one in items], "deadline": deadline}
        return await self._ask("/reward", body)

    async def close(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def _ask(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        exchange = _asking(path, body, self._manner)
        answer: Any = None
        try:
            while True:
                step = exchange.send(answer)
                answer = None
                if isinstance(step, _Pause):
                    await asyncio.sleep(step.seconds)
                    continue
                try:
                    answer = await self._http.request(
                        step.method, step.path, json=step.body, headers=step.headers
                    )
                except httpx.TransportError:
                    answer = None
        except StopIteration as stop:
            result: dict[str, Any] = stop.value
            return result
