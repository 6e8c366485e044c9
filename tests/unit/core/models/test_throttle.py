"""When a server is asked again, and by how many at once."""

import asyncio
from email.utils import formatdate

import pytest

from pie.core.models.throttle import Throttle, asked_pause, backoff_seconds, duration_seconds

NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.25"}, 0.25),
        ({"retry-after-ms": "1500", "retry-after": "2"}, 1.5),
        ({"retry-after": formatdate(NOW + 30, usegmt=True)}, 30.0),
        ({"retry-after": formatdate(NOW - 30, usegmt=True)}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "1e400"}, None),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "6m0s"}, 360.0),
        ({"x-ratelimit-remaining-requests": "5", "x-ratelimit-reset-requests": "6m0s"}, None),
        (
            {
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-reset-requests": "1s",
                "x-ratelimit-remaining-tokens": "0",
                "x-ratelimit-reset-tokens": "90ms",
            },
            1.0,
        ),
    ],
)
def test_the_pause_that_a_server_asks_for(headers: dict[str, str], seconds: float | None) -> None:
    assert asked_pause(headers, NOW) == seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1h2m3s", 3723.0), ("120ms", 0.12), ("1.5s", 1.5), ("7", 7.0), ("", None), ("1d", None)],
)
def test_durations(text: str, seconds: float | None) -> None:
    assert duration_seconds(text) == seconds


def test_pauses_grow_and_are_bounded() -> None:
    assert [backoff_seconds(n, 0.5, 1.0) for n in (1, 2, 3, 4)] == [0.5, 1.0, 2.0, 4.0]
    assert backoff_seconds(1, 0.5, 0.0) == 0.25
    assert backoff_seconds(10_000, 0.5, 1.0) == 60.0


def test_no_more_are_under_way_than_the_limit_and_nobody_waits_for_ever() -> None:
    throttle = Throttle(8)
    throttle.limit = 3.0
    under_way = most = 0

    async def one() -> None:
        nonlocal under_way, most
        async with throttle:
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0.001)
            under_way -= 1

    async def all_of_them() -> None:
        await asyncio.wait_for(asyncio.gather(*(one() for _ in range(50))), 20)

    asyncio.run(all_of_them())
    assert most == 3


def test_one_round_of_complaints_shrinks_the_limit_once_and_good_answers_restore_it() -> None:
    throttle = Throttle(30)
    for _ in range(30):
        throttle.slow_down(1.0, None)  # all began before the first complaint
    assert throttle.limit == pytest.approx(20)
    for _ in range(1000):
        throttle.went_well()
    assert throttle.limit == 30
    for began in range(200):
        throttle.slow_down(1e9 + began, None)
    assert throttle.limit >= 1
