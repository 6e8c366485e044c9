"""A store and its workers for a caller's own script: warm from one call to the next."""

from __future__ import annotations

import functools
import logging
import os
import threading
from collections.abc import Sequence
from concurrent.futures import Future, as_completed

from pie.flows.engine import Engine
from sim import workers
from sim.errors import InputError
from sim.procedure import Outcome, Procedure
from sim.scheduler import Scheduler
from sim.store import Store

logger = logging.getLogger("pie.compat")


class Session:
    """A store and its workers. Threads may share it, and the calling thread may change."""

    def __init__(self, jobs: int, processors: frozenset[int]) -> None:
        """`jobs` worker processes, 0 for one a processor, bound to `processors` if any is named."""
        usable = len(processors) or len(os.sched_getaffinity(0))
        self.jobs = jobs if jobs > 0 else usable
        self._processors = processors
        self._lock = threading.Lock()
        self._engines: dict[bool, Engine] = {}
        self.closed = False

    def run(self, procedures: Sequence[Procedure], *, alone: bool) -> list[list[Outcome]]:
        """Run to the end; `alone`: one job at a time, since the host's own time is measured.

        Whatever interrupts it, what was measured is kept, and the next call goes on from there.
        """
        engine = self.engine(alone=alone)
        wanted: list[Future[list[Outcome]]] = []
        try:
            wanted = [engine.submit(one) for one in procedures]
            for done, _future in enumerate(as_completed(wanted), start=1):
                logger.info("%d of %d submissions", done, len(wanted))
                _future.result()
            return [one.result() for one in wanted]
        except BaseException:
            for one in wanted:
                one.cancel()
            raise

    def engine(self, *, alone: bool) -> Engine:
        """Return what runs the procedures; InputError where the session was closed."""
        with self._lock:
            if self.closed:
                raise InputError("the workers of this session were ended", "make a new one")
            if alone not in self._engines:
                self._engines[alone] = Engine(1 if alone else self.jobs, self._scheduler)
            return self._engines[alone]

    def _scheduler(self, store: Store, jobs: int) -> Scheduler:
        return Scheduler(store, jobs, functools.partial(workers.executor, jobs, self._processors))

    def close(self) -> None:
        """End the workers; a second time is as good as once."""
        with self._lock:
            self.closed = True
            engines = list(self._engines.values())
        for engine in engines:
            engine.close()


def show_progress() -> None:
    """Have the progress written on standard error, once, as PIE's `verbose` does."""
    logger.setLevel(logging.INFO)
    if not logger.hasHandlers():
        logger.addHandler(logging.StreamHandler())
