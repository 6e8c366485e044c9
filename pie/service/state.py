"""The state behind the routes: options, engine, jobs, counts."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from fastapi import Request

from pie.core.test_cases import TestCases
from pie.rewards.speed import SpeedReward
from pie.service.book import Book, Bounds, Job
from pie.service.clients import Clients
from pie.service.counts import Counts
from pie.service.schema import LARGEST_WAIT
from pie.service.work import Work, Workshop
from sim.setting import Setting

_LOOK = 0.25
"""Seconds between two looks at whether the client still waits."""


@dataclass(frozen=True)
class Options:
    """What a service is made of."""

    setting: Setting
    tests: TestCases
    reward: SpeedReward
    tokens: dict[str, str] = field(default_factory=dict)
    bounds: Bounds = field(default_factory=Bounds)
    largest_body: int = 16 << 20
    longest: float = 600.0
    """Seconds; the deadline of requests that give none, and the latest that one may give."""


@dataclass(frozen=True)
class Caller:
    """Who asks, and under which key the same request would come again."""

    name: str
    key: str


class Service:
    """The state behind the routes."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.engine = options.reward.session.engine(alone=options.setting.machine.interleaved)
        self.counts = Counts(self.engine)
        self.clients = Clients(options.tokens)
        self.book = Book(self.engine, options.bounds, self.counts.ended)
        self.workshop = Workshop(options.setting, options.tests, options.reward)

    async def begin(
        self,
        caller: Caller,
        kind: str,
        make: Callable[[], Work],
        deadline: float | None,
        body: bytes,
    ) -> Job:
        """Admit a request, or return the job that its idempotency key has."""
        digest = hashlib.sha256(kind.encode() + b"\0" + body).hexdigest()
        if caller.key and (known := self.book.known(caller.name, caller.key, digest)):
            return known
        self.book.check(caller.name, 1)
        work = await asyncio.to_thread(make)
        if caller.key and (known := self.book.known(caller.name, caller.key, digest)):
            return known  # the same request came twice at once
        self.book.check(caller.name, len(work.procedures))
        return self.book.admit(
            caller.name,
            kind,
            work.procedures,
            work.finish,
            seconds=min(deadline or self.options.longest, self.options.longest),
            key=caller.key,
            digest=digest,
        )

    async def wait(self, job: Job, request: Request, seconds: float) -> None:
        """Wait for a job, at most so long; a client that leaves takes its work with it."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while not job.done.is_set() and (left := until - loop.time()) > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(job.done.wait(), min(left, _LOOK))
            if not job.shared and not job.done.is_set() and await request.is_disconnected():
                self.book.cancel(job)
                return

    async def wait_only(self, job: Job, seconds: float) -> None:
        """Wait for a job, at most so long, whoever leaves."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(job.done.wait(), max(0.0, min(seconds, LARGEST_WAIT)))
