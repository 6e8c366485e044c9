"""The client asks again where that helps, and never has anything measured twice."""

from __future__ import annotations

import asyncio
import json
import pickle
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from pie.service import client as module
from pie.service.client import AsyncClient, Client
from pie.service.trainers import AsyncRemoteReward, RemoteReward, compute_score, speed
from sim.errors import InputError, MachineFailure
from tests.service import FAST, ROW, SLOW, TESTS, WRONG, Running

DONE = {"id": "j", "status": "done", "message": "", "result": {"rewards": []}}
WAITING = {**DONE, "status": "waiting", "result": None}


class Script:
    """Answers a client's requests in the order of a script; remembers what was asked."""

    def __init__(self, *answers: httpx.Response | type[Exception]) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, httpx.Response):
            return answer
        raise answer("broken")

    def client(self, **options: Any) -> Client:
        made = Client("http://service", **options)
        made._http = httpx.Client(transport=httpx.MockTransport(self), base_url="http://service")
        return made


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that the client makes; none is really waited for."""
    made: list[float] = []
    monkeypatch.setattr(module.time, "sleep", made.append)
    return made


def again(status: int, **headers: str) -> httpx.Response:
    return httpx.Response(status, json={"error": "later"}, headers=headers)


def test_a_full_queue_and_a_broken_line_are_asked_again_under_one_key(pauses: list[float]) -> None:
    script = Script(
        again(429, **{"Retry-After": "7"}),
        httpx.ConnectError,
        again(503),
        httpx.Response(200, json=DONE),
    )
    assert script.client().reward([]) == {"rewards": []}
    keys = {one.headers["Idempotency-Key"] for one in script.asked}
    assert (len(script.asked), len(keys)) == (4, 1)
    assert 7.0 <= pauses[0] <= 8.4
    assert len(pauses) == 3


def test_a_ticket_is_followed_and_a_restart_begins_anew() -> None:
    script = Script(
        httpx.Response(202, json=WAITING),
        httpx.Response(202, json=WAITING),
        again(404),
        httpx.Response(200, json=DONE),
    )
    script.client().reward([])
    assert [one.method for one in script.asked] == ["POST", "GET", "GET", "POST"]


def test_a_refusal_is_said_and_not_repeated() -> None:
    script = Script(httpx.Response(400, json={"error": "programs: too many"}))
    with pytest.raises(InputError, match="programs: too many"):
        script.client().reward([])
    assert len(script.asked) == 1


def test_who_is_never_served_is_told_why() -> None:
    script = Script(*[again(503)] * 3)
    with pytest.raises(MachineFailure, match="later"):
        script.client(attempts=3).reward([])


@pytest.mark.parametrize("status", ["late", "failed", "cancelled"])
def test_work_that_was_not_done_is_never_a_result(status: str) -> None:
    script = Script(httpx.Response(200, json={**DONE, "status": status, "message": "why"}))
    with pytest.raises(MachineFailure, match=f"{status}: why"):
        script.client().reward([])


def test_both_clients_get_what_the_service_measures(running: Running) -> None:
    tests = [(one["input"], one["output"]) for one in TESTS]
    with Client(running.url) as one:
        found = one.measure([SLOW, FAST], tests)
        assert found["programs"][1]["speedup"] > 1.5

    async def ask() -> dict[str, Any]:
        async with AsyncClient(running.url) as other:
            return await other.measure([SLOW, {"code": FAST, "language": "cpp"}], tests)

    assert asyncio.run(ask()) == found


def test_trainers_get_the_rewards_of_the_reward_function(running: Running) -> None:
    columns: dict[str, Any] = {name: [value] * 2 for name, value in ROW.items()}
    expected = running.options.reward([FAST, WRONG], **columns)
    told: dict[str, float] = {}
    sync = pickle.loads(pickle.dumps(RemoteReward(running.url)))
    assert sync([FAST, WRONG], told.__setitem__, **columns) == expected
    assert told["speed/accepted"] == 0.5
    assert told["speed/speedup"] > 1.5
    assert asyncio.run(AsyncRemoteReward(running.url)([FAST, WRONG], **columns)) == expected
    scored = [compute_score("sums", one, json.dumps(ROW), url=running.url) for one in (FAST, WRONG)]
    assert [one["score"] for one in scored] == expected
    one = asyncio.run(speed(running.url)(completion=FAST, info=ROW, prompt=""))
    assert one == expected[0]


@pytest.mark.parametrize(
    "call",
    [
        lambda: RemoteReward("http://service")([FAST], src_code=[SLOW], tests=[TESTS]),
        lambda: compute_score("x", FAST, "{}", url="http://service"),
        lambda: compute_score("x", FAST, "not json", url="http://service"),
        lambda: RemoteReward(),
    ],
)
def test_what_a_trainer_forgets_is_one_sentence(
    call: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PIE_SERVICE_URL", raising=False)
    with pytest.raises(InputError):
        call()
