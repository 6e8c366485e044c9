"""A thread that owns the store and its workers; every other thread may submit procedures to it.

Worker processes end with the thread that started them, and SQLite wants one thread, too. So both
live in a thread of their own, and it does not matter which thread asks, or how often that changes.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import threading
import time
import weakref
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass

from sim.errors import InputError
from sim.paths import cache_directory
from sim.procedure import Outcome, Procedure
from sim.scheduler import Running, Scheduler
from sim.store import Store

_UNDER_WAY = 4
"""Procedures under way for each worker: enough to keep it busy, few enough to be fair."""


class DeadlineMissed(Exception):
    """A procedure was given up, since its time was over before its outcome was there."""


@dataclass(eq=False)
class _Wanted:
    """A procedure that somebody waits for."""

    procedure: Procedure
    future: Future[list[Outcome]]
    deadline: float | None
    running: Running | None = None

    def is_late(self) -> bool:
        return self.deadline is not None and time.monotonic() > self.deadline


@dataclass(frozen=True)
class Load:
    """What an engine has before it."""

    waiting: int
    """Procedures that have not begun."""
    under_way: int


class Engine:
    """Runs procedures for any number of clients, in turn; use it from any thread.

    Clients take turns, so that one who submits thousands does not hold up one who submits one.
    Whatever ends it, results that were measured are in the store.
    """

    def __init__(self, jobs: int, make: Callable[[Store, int], Scheduler] = Scheduler) -> None:
        """`jobs` worker processes; `make` gives the scheduler, from the store and their number."""
        self._jobs = jobs
        self._make = make
        self._window = max(8, _UNDER_WAY * jobs)
        self._begin_here()

    def _begin_here(self) -> None:
        self._process = os.getpid()
        self._changed = threading.Condition()
        self._queues: OrderedDict[str, deque[_Wanted]] = OrderedDict()
        self._under_way = 0
        self._closed = False
        self._scheduler: Scheduler | None = None
        self._thread: threading.Thread | None = None

    def submit(
        self, procedure: Procedure, client: str = "", seconds: float | None = None
    ) -> Future[list[Outcome]]:
        """Return a future of the outcomes; cancelling it ends the work that nobody else wants.

        It raises DeadlineMissed after `seconds`, and what the procedure or its jobs raise.
        InputError where the engine was closed.
        """
        if self._process != os.getpid():  # a fork: neither thread nor workers came with it
            self._begin_here()
        deadline = None if seconds is None else time.monotonic() + seconds
        wanted = _Wanted(procedure, Future(), deadline)
        with self._changed:
            if self._closed:
                raise InputError("the workers of this session were ended", "make a new one")
            if self._thread is None:
                self._thread = threading.Thread(
                    target=_serve, args=(weakref.ref(self),), name="pie-engine", daemon=True
                )
                atexit.register(_close, weakref.ref(self))
                self._thread.start()
            self._queues.setdefault(client, deque()).append(wanted)
            self._wake()
        wanted.future.add_done_callback(self._notice)
        return wanted.future

    @property
    def closed(self) -> bool:
        return self._closed

    def load(self) -> Load:
        """Return how much is before it now."""
        with self._changed:
            return Load(sum(map(len, self._queues.values())), self._under_way)

    def close(self) -> None:
        """Give up what is under way and end the workers; a second time is as good as once."""
        with self._changed:
            self._closed = True
            self._wake()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _wake(self) -> None:
        self._changed.notify_all()
        if self._scheduler is not None:
            self._scheduler.wake()

    def _notice(self, future: Future[list[Outcome]]) -> None:
        if future.cancelled():
            with self._changed:
                self._wake()

    def _take(self, most: int) -> list[_Wanted]:
        """Return what is to begin next: one of each client in turn, at most so many."""
        taken: list[_Wanted] = []
        while self._queues and len(taken) < most:
            client, queue = self._queues.popitem(last=False)
            taken.append(queue.popleft())
            if queue:
                self._queues[client] = queue  # at the end: the others come first
        return taken

    def _run(self) -> None:
        """Serve until closed; the engine's thread."""
        active: list[_Wanted] = []
        store: Store | None = None
        try:
            while True:
                with self._changed:
                    self._under_way = len(active)
                    while not self._closed and not active and not self._queues:
                        self._changed.wait()
                    if self._closed:
                        break
                    active += self._take(self._window - len(active))
                try:
                    if self._scheduler is None:
                        store = Store(cache_directory() / "results.sqlite")
                        self._scheduler = self._make(store, self._jobs)
                    active = _advance(self._scheduler, active)
                except BaseException as error:  # its clients are told; the next find a fresh start
                    for one in active:
                        _fail(one.future, error)
                    active = []
                    self._end(store, type(error))
                    store = None
        finally:
            with self._changed:
                self._closed = True
                left = [one for queue in self._queues.values() for one in queue]
                self._queues.clear()
            for one in active + left:
                one.future.cancel()
            self._end(store, None)

    def _end(self, store: Store | None, kind: type[BaseException] | None) -> None:
        with self._changed:
            scheduler, self._scheduler = self._scheduler, None
        if scheduler is not None:
            # Nobody waits for jobs that go on after their clients have left.
            scheduler.__exit__(kind or (KeyboardInterrupt if scheduler.busy else None))
        if store is not None:
            store.close()


def _advance(scheduler: Scheduler, active: list[_Wanted]) -> list[_Wanted]:
    """Begin what is new, give up what nobody waits for, collect; return what is still under way."""
    left = []
    for one in active:
        if one.future.cancelled() or one.is_late():
            if one.running is not None:
                scheduler.abandon(one.running)
            _fail(one.future, DeadlineMissed())
            continue
        if one.running is None:
            one.running = scheduler.start(one.procedure)
        if not _deliver(one):
            left.append(one)
    if left:
        scheduler.collect()
    return [one for one in left if not _deliver(one)]


def _deliver(one: _Wanted) -> bool:
    if one.running is None or one.running.outcome is None:
        return False
    with contextlib.suppress(InvalidStateError):  # cancelled at this moment
        one.future.set_result(one.running.outcome)
    return True


def _fail(future: Future[list[Outcome]], error: BaseException) -> None:
    with contextlib.suppress(InvalidStateError):
        future.set_exception(error)


def _serve(reference: weakref.ref[Engine]) -> None:
    engine = reference()
    if engine is not None:
        engine._run()


def _close(reference: weakref.ref[Engine]) -> None:
    engine = reference()
    if engine is not None:
        engine.close()
