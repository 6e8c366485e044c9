"""Runs procedures for a step and hands on each outcome with what it was made for."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pie.flows.simulate import Progress
from sim.errors import MissingTool
from sim.paths import cache_directory
from sim.procedure import Outcome, Procedure
from sim.program import Language
from sim.scheduler import Scheduler, interrupt_on_sigterm
from sim.setting import Setting
from sim.store import Store

T = TypeVar("T")


@dataclass(frozen=True)
class Measuring:
    """On what, and with how many workers."""

    setting: Setting
    jobs: int = 0
    """0 is one for each processor."""
    use_cache: bool = True

    def label(self, language: Language) -> str:
        """Return machine and fingerprint, as `pie simulate` writes them into `measured_on`."""
        return self.setting.label(language)


def outcomes(
    measuring: Measuring,
    work: Iterable[tuple[T, Procedure | None]],
    scratch: Path,
    show: Callable[[Progress], None],
    planned: int = 0,
) -> Iterator[tuple[T, list[Outcome]]]:
    """Yield each item with its outcomes, in order; an item without a procedure has none.

    Everything measured is kept at once, in the cache or (without it) in the folder `scratch`; the
    same work again measures only what is missing. `planned` is the number of items, 0 when nobody
    knows. MissingTool when the machine is not there.
    """
    machine = measuring.setting.machine
    missing = machine.check()
    if not missing.ok:
        raise MissingTool(missing.problem, missing.remedy)
    pending: deque[T] = deque()

    def procedures() -> Iterator[Procedure]:
        for item, procedure in work:
            pending.append(item)
            yield _nothing() if procedure is None else procedure

    where = cache_directory() if measuring.use_cache else scratch
    jobs = 1 if machine.interleaved else (measuring.jobs or len(os.sched_getaffinity(0)))
    store = Store(where / "results.sqlite")
    progress = Progress(planned=planned)
    try:
        with interrupt_on_sigterm(), Scheduler(store, jobs) as scheduler:
            progress.tally = scheduler.tally
            for results in scheduler.run(procedures(), lambda: show(progress)):
                progress.rows += 1
                yield pending.popleft(), results
    finally:
        store.close()


def _nothing() -> Procedure:
    """A procedure that needs no job."""
    yield from ()
    return []
