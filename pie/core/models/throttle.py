"""How fast a server is asked: fewer requests at once when it complains, and pauses it asks for.

The number of requests under way grows by one for each round of good answers and shrinks with a
complaint (additive increase, multiplicative decrease), at most once for the requests that were
under way together: by a third, or by a tenth when the server says how long to wait, since then the
pause does most.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

LONGEST_WAIT_SECONDS = 600.0
"""A server that asks for a longer pause is taken to refuse."""
_LONGEST_BACKOFF_SECONDS = 60.0
_SHRINK = 2 / 3
_SHRINK_WITH_PAUSE = 0.9
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)")
_UNIT_SECONDS = {"ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


class Throttle:
    """Slots for requests; use `async with throttle:` around each attempt."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.limit = float(most)
        self._under_way = 0
        self._paused_until = 0.0
        self._shrunk_at = 0.0
        self._changed = asyncio.Condition()

    async def __aenter__(self) -> float:
        """Wait for a slot; the time at which it was given goes to `slow_down`."""
        while True:
            pause = self._paused_until - time.monotonic()
            if pause > 0:
                await asyncio.sleep(pause)
                continue
            async with self._changed:
                if self._under_way < max(1, int(self.limit)):
                    self._under_way += 1
                    return time.monotonic()
                await self._changed.wait()

    async def __aexit__(self, *_error: object) -> None:
        async with self._changed:
            self._under_way -= 1
            self._changed.notify(2)  # one for this slot, one for a limit that has grown

    def went_well(self) -> None:
        """Take note of a good answer."""
        self.limit = min(float(self.most), self.limit + 1 / self.limit)

    def slow_down(self, began: float, pause_seconds: float | None) -> None:
        """Take note that the server could not keep up with a request that began at a time."""
        if began > self._shrunk_at:
            self._shrunk_at = time.monotonic()
            shrink = _SHRINK if pause_seconds is None else _SHRINK_WITH_PAUSE
            self.limit = max(1.0, self.limit * shrink)
        self.pause(pause_seconds)

    def pause(self, seconds: float | None) -> None:
        """Begin no request for some seconds, if any are asked for."""
        if seconds is not None:
            until = time.monotonic() + min(seconds, LONGEST_WAIT_SECONDS)
            self._paused_until = max(self._paused_until, until)


def backoff_seconds(attempt: int, first: float, jitter: float) -> float:
    """Return how long to wait after the given attempt (1, 2, ...); `jitter` is within 0 and 1."""
    return min(_LONGEST_BACKOFF_SECONDS, first * 2.0 ** min(attempt - 1, 20)) * (0.5 + jitter / 2)


def asked_pause(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds after which the server wants to be asked again; None if it does not say.

    `Retry-After` as seconds or date (RFC 9110), `retry-after-ms`, else the reset of whichever
    `x-ratelimit-remaining-*` is at zero. `now` is seconds since the epoch.
    """
    milliseconds = _number(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1e3
    after = headers.get("retry-after", "").strip()
    seconds = _number(after)
    if seconds is not None:
        return seconds
    if after:
        try:
            return max(0.0, parsedate_to_datetime(after).timestamp() - now)
        except (ValueError, TypeError, OverflowError):
            return None
    return exhausted_pause(headers)


def exhausted_pause(headers: Mapping[str, str]) -> float | None:
    """Return the seconds until a used-up limit of requests or tokens is reset; None if none is."""
    pauses = []
    for what in ("requests", "tokens"):
        if headers.get(f"x-ratelimit-remaining-{what}", "").strip() == "0":
            reset = duration_seconds(headers.get(f"x-ratelimit-reset-{what}", ""))
            pauses += [] if reset is None else [reset]
    return max(pauses, default=None)


def duration_seconds(text: str) -> float | None:
    """Return the seconds of a text such as `6m0s`, `120ms` or `1.5`; None for anything else."""
    text = text.strip()
    plain = _number(text)
    if plain is not None:
        return plain
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum(float(number) * _UNIT_SECONDS[unit] for number, unit in parts)


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\d{1,12}(?:\.\d{1,9})?", text.strip()) else None
