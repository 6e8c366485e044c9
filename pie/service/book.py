"""The jobs of all clients: admitted within bounds, kept for a while, seen by their owner alone."""

from __future__ import annotations

import asyncio
import logging
import math
import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from typing import Any

from pie.flows.engine import DeadlineMissed, Engine
from pie.service.faults import Refused
from sim.errors import SimError
from sim.procedure import Outcome, Procedure

logger = logging.getLogger("pie.service")

_KEPT_SECONDS = 3600.0
_KEPT_JOBS = 10_000
_RATE_OVER = 64
"""So many last ends tell how fast the queue moves."""

Finish = Callable[[Sequence[Sequence[Outcome]]], dict[str, Any]]


@dataclass(eq=False)
class Job:
    """One request's work."""

    id: str
    client: str
    kind: str
    futures: list[Future[list[Outcome]]]
    finish: Finish
    shared: bool
    """Somebody may ask for it again, so it goes on when the one who waits has left."""
    started: float = field(default_factory=time.monotonic)
    status: str = "waiting"
    message: str = ""
    result: dict[str, Any] | None = None
    ended: float = 0.0
    done: asyncio.Event = field(default_factory=asyncio.Event)

    def ticket(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "status": self.status,
            "message": self.message,
            "result": self.result,
        }


@dataclass
class Bounds:
    """How much may wait."""

    client: int = 1024
    """Procedures of one client."""
    all: int = 8192
    """Procedures of all clients."""


class Book:
    """Admits, follows and keeps jobs; belongs to one event loop."""

    def __init__(
        self, engine: Engine, bounds: Bounds, ended: Callable[[Job], None] = lambda _job: None
    ) -> None:
        self._engine = engine
        self._bounds = bounds
        self._ended = ended
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._held: dict[str, int] = {}
        """Procedures under way, by client."""
        self._keys: OrderedDict[tuple[str, str], tuple[str, Job]] = OrderedDict()
        self._ends: deque[float] = deque(maxlen=_RATE_OVER)
        self._following: set[asyncio.Task[None]] = set()

    def known(self, client: str, key: str, digest: str) -> Job | None:
        """Return the job of an idempotency key; Refused where it belongs to another request."""
        found = self._keys.get((client, key))
        if found is None:
            return None
        if found[0] != digest:
            raise Refused(
                422,
                "this Idempotency-Key came with another request before; use a fresh one",
            )
        return found[1]

    def check(self, client: str, count: int) -> None:
        """Refused where so many procedures more would be too many."""
        held = self._held.get(client, 0)
        if count > self._bounds.client:
            raise Refused(
                413,
                f"the request is {count} pieces of work, and {self._bounds.client} may wait "
                "at once; send it in parts",
            )
        if held + count > self._bounds.client or self.waiting + count > self._bounds.all:
            raise Refused(
                429,
                f"{held} pieces of your work and {self.waiting} of all clients' wait already; "
                "come again later",
                self._retry_after(count),
            )

    def admit(
        self,
        client: str,
        kind: str,
        procedures: Sequence[Procedure],
        finish: Finish,
        *,
        seconds: float | None,
        key: str = "",
        digest: str = "",
    ) -> Job:
        """Begin a job; `check` has let it in. `seconds` is its deadline."""
        futures = [self._engine.submit(one, client, seconds) for one in procedures]
        job = Job(secrets.token_urlsafe(18), client, kind, futures, finish, shared=bool(key))
        self._jobs[job.id] = job
        self._held[client] = self._held.get(client, 0) + len(futures)
        if key:
            self._keys[client, key] = (digest, job)
        task = asyncio.create_task(self._follow(job))
        self._following.add(task)
        task.add_done_callback(self._following.discard)
        return job

    def of(self, client: str, name: str) -> Job:
        """Return a client's job; a job of somebody else is as unknown as one that never was."""
        job = self._jobs.get(name)
        if job is None or job.client != client:
            raise Refused(404, "no such job; results are kept for an hour")
        return job

    def cancel(self, job: Job) -> None:
        """Give up a job that is not done; what other jobs want, too, goes on."""
        for future in job.futures:
            future.cancel()

    @property
    def waiting(self) -> int:
        """Procedures of all clients that are not done."""
        return sum(self._held.values())

    async def _follow(self, job: Job) -> None:
        outcomes: list[list[Outcome]] = []
        try:
            for future in job.futures:
                outcomes.append(await asyncio.wrap_future(future))
            job.result = await asyncio.to_thread(job.finish, outcomes)
            job.status = "done"
        except (CancelledError, asyncio.CancelledError):
            job.status, job.message = "cancelled", "the job was cancelled"
        except DeadlineMissed:
            job.status = "late"
            job.message = "the deadline was over before the work was done; ask again for the rest"
        except SimError as error:
            job.status, job.message = "failed", str(error)
        except Exception:  # a fault of ours: the words stay here
            logger.exception("a job of the kind %s failed", job.kind)
            job.status, job.message = "failed", "a fault of the service; its log tells which"
        finally:
            self.cancel(job)
            job.ended = time.monotonic()
            self._ends.append(job.ended)
            self._release(job)
            job.futures = []
            job.done.set()
            self._ended(job)
            self._forget()

    def _release(self, job: Job) -> None:
        left = self._held[job.client] - len(job.futures)
        if left:
            self._held[job.client] = left
        else:
            del self._held[job.client]

    def _forget(self) -> None:
        """Drop what was kept long enough, oldest first."""
        limit = time.monotonic() - _KEPT_SECONDS
        for name, job in list(self._jobs.items()):
            old = job.done.is_set() and (job.ended < limit or len(self._jobs) > _KEPT_JOBS)
            if not old:
                break
            del self._jobs[name]
        for place, (_digest, job) in list(self._keys.items()):
            if job.id in self._jobs:
                break
            del self._keys[place]

    def _retry_after(self, count: int) -> int:
        """Seconds until so much work is probably done, by the pace of the last jobs."""
        if len(self._ends) < 2:
            return 1
        pace = (self._ends[-1] - self._ends[0]) / (len(self._ends) - 1)
        jobs = max(1, sum(not job.done.is_set() for job in self._jobs.values()))
        return max(1, min(60, math.ceil(pace * jobs * count / max(1, self.waiting))))
