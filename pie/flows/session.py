"""A store and its workers for a caller's own script: warm from one call to the next."""

from __future__ import annotations

import functools
import logging
import os
import threading
from collections.abc import Sequence

from sim import workers
from sim.errors import InputError
from sim.paths import cache_directory
from sim.procedure import Outcome, Procedure
from sim.scheduler import Scheduler
from sim.store import Store

logger = logging.getLogger("pie.compat")


class Session:
    """A store and its workers. Threads may share it: they take turns."""

    def __init__(self, jobs: int, processors: frozenset[int]) -> None:
        """`jobs` worker processes, 0 for one a processor, bound to `processors` if any is named."""
        usable = len(processors) or len(os.sched_getaffinity(0))
        self.jobs = jobs if jobs > 0 else usable
        self._processors = processors
        self._turn = threading.Lock()
        self._thread = 0
        self._store: Store | None = None
        self._schedulers: dict[bool, Scheduler] = {}
        self.closed = False

    def run(self, procedures: Sequence[Procedure], *, alone: bool) -> list[list[Outcome]]:
        """Run to the end; `alone`: one job at a time, since the host's own time is measured.

        Whatever interrupts it, what was measured is kept, and the next call goes on from there.
        """
        with self._turn:
            if self.closed:
                raise InputError("the workers of this session were ended", "make a new one")
            try:
                done = []
                for outcome in self._scheduler(alone).run(procedures):
                    done.append(outcome)
                    logger.info("%d of %d submissions", len(done), len(procedures))
                return done
            except BaseException as error:
                self._end(type(error))
                raise

    def _scheduler(self, alone: bool) -> Scheduler:
        # Workers die with the thread that started them.
        if self._thread != threading.get_ident():
            self._end(None)
            self._thread = threading.get_ident()
        if self._store is None:
            self._store = Store(cache_directory() / "results.sqlite")
        if alone not in self._schedulers:
            jobs = 1 if alone else self.jobs
            self._schedulers[alone] = Scheduler(
                self._store, jobs, functools.partial(workers.executor, jobs, self._processors)
            )
        return self._schedulers[alone]

    def _end(self, kind: type[BaseException] | None) -> None:
        while self._schedulers:
            _alone, scheduler = self._schedulers.popitem()
            scheduler.__exit__(kind)
        if self._store is not None:
            self._store.close()
            self._store = None

    def close(self) -> None:
        """End the workers; a second time is as good as once."""
        with self._turn:
            self._end(None)
            self.closed = True


def show_progress() -> None:
    """Have the progress written on standard error, once, as PIE's `verbose` does."""
    logger.setLevel(logging.INFO)
    if not logger.hasHandlers():
        logger.addHandler(logging.StreamHandler())
