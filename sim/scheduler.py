"""Runs many procedures at once: jobs to an executor, results to the store, outcomes in order.

The driver owns the store; workers are stateless. Equal jobs run once. A worker that dies takes
nothing with it: its jobs are run again elsewhere.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import queue
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from typing import Any

from sim import kept, workers
from sim.jobs import Answer, Failed, Job, Result, Skipped
from sim.performing import perform, perform_all
from sim.procedure import Outcome, Procedure
from sim.store import Store

_WINDOW = 6
"""Procedures under way for each worker: enough to keep it busy behind a slow one."""
_ATTEMPTS = 3


@dataclass
class Tally:
    """What the scheduler did, for progress and totals."""

    run: dict[str, int] = field(default_factory=dict)
    reused: dict[str, int] = field(default_factory=dict)
    failed: int = 0
    host_seconds: dict[str, float] = field(default_factory=dict)
    """Host time spent in jobs, by kind."""

    def count(self, table: dict[str, int], kind: str) -> None:
        table[kind] = table.get(kind, 0) + 1


@dataclass(eq=False)
class Running:
    """A procedure under way and the results it waits for; whoever started it reads `outcome`."""

    procedure: Procedure
    jobs: Sequence[Job] = ()
    results: list[Answer | None] = field(default_factory=list)
    missing: int = 0
    outcome: list[Outcome] | None = None

    def give(self, index: int, answer: Answer) -> list[int]:
        """Note the result of a job; return the later ones that need not be run any more."""
        self.results[index] = answer
        job = self.jobs[index]
        group = _group(job)
        if group is None or not kept.ends_program(job, answer):
            return []
        over = [
            later
            for later in range(index + 1, len(self.jobs))
            if self.results[later] is None and _group(self.jobs[later]) == group
        ]
        for later in over:
            self.results[later] = Skipped()
        return over


_Keyed = tuple[str, Job]


class Scheduler:
    """Runs procedures on an executor; use it as a context manager."""

    def __init__(
        self, store: Store, jobs: int, make_executor: Callable[[], Executor] | None = None
    ) -> None:
        """`jobs` worker processes on this host, or any executor that a caller makes."""
        self._store = store
        self._jobs = jobs
        self._window = max(16, _WINDOW * jobs)
        self._make = make_executor or functools.partial(workers.executor, jobs)
        self._executor: Executor | None = None
        self._waiting: dict[str, list[tuple[Running, int]]] = {}
        self._futures: dict[Future[Any], tuple[list[_Keyed], int, Executor]] = {}
        # Ended futures, in order: waiting on thousands at once would cost as much for each result.
        self._ended: queue.SimpleQueue[Future[Any] | None] = queue.SimpleQueue()
        self.tally = Tally()

    def __enter__(self) -> Scheduler:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if self._executor is None:
            return
        if kind is not None:
            # Whoever interrupts does not want to wait for the runs under way: they are repeated
            # later.
            workers.kill_all()
        # Killed workers end at once. The pool's thread must have ended before Python does, else
        # both close one pipe, and a traceback follows the last line.
        killed = isinstance(self._executor, ProcessPoolExecutor)
        self._executor.shutdown(wait=kind is None or killed, cancel_futures=True)

    def run(
        self, procedures: Iterable[Procedure], tick: Callable[[], None] | None = None
    ) -> Iterator[list[Outcome]]:
        """Yield each procedure's outcome, in the order given; `tick` is called now and then."""
        source = iter(procedures)
        active: deque[Running] = deque()
        exhausted = False
        while True:
            while not exhausted and len(active) < self._window:
                procedure = next(source, None)
                if procedure is None:
                    exhausted = True
                    break
                active.append(self.start(procedure))
                if active[0].outcome is not None:
                    break
            while active and active[0].outcome is not None:
                yield active.popleft().outcome or []
            if exhausted and not active:
                return
            if active and (exhausted or len(active) >= self._window):
                self.collect()
            if tick is not None:
                tick()

    def start(self, procedure: Procedure) -> Running:
        """Begin a procedure; its `outcome` is there when `collect` has brought its last result."""
        one = Running(procedure)
        self._advance(one, first=True)
        return one

    def abandon(self, one: Running) -> None:
        """Want nothing more of a procedure: its jobs that have not begun are not run for it."""
        for waiters in self._waiting.values():
            waiters[:] = [(other, index) for other, index in waiters if other is not one]
        for future, (batch, _attempt, _executor) in list(self._futures.items()):
            if any(self._waiting[key] for key, _job in batch) or not future.cancel():
                continue
            del self._futures[future]
            for key, _job in batch:
                del self._waiting[key]
        one.procedure.close()

    @property
    def busy(self) -> bool:
        """Whether a job is under way, wanted or not."""
        return bool(self._futures)

    @property
    def under_way(self) -> set[str]:
        """Kinds of the jobs that workers have now."""
        return {job.kind for batch, *_rest in self._futures.values() for _key, job in batch}

    def wake(self) -> None:
        """End a `collect` that waits, from any thread."""
        self._ended.put(None)

    def _advance(self, one: Running, *, first: bool = False) -> None:
        """Send a procedure its results and start what it asks for next, until it must wait."""
        while True:
            try:
                jobs = next(one.procedure) if first else one.procedure.send(one.results)  # type: ignore[arg-type]
            except StopIteration as stop:
                one.outcome = stop.value
                return
            first = False
            one.jobs = jobs
            one.results = [None] * len(jobs)
            one.missing = 0
            known = kept.Kept(self._store, jobs)
            wanted = [
                (job.key, job)
                for index, job in enumerate(jobs)
                if self._request(one, index, job, known)
            ]
            for batch in batches(wanted):
                self._submit(batch, 1)
            if one.missing:
                return

    def _request(self, one: Running, index: int, job: Job, known: kept.Kept) -> bool:
        """Note who waits for a job, or give it what is kept; return whether it is to be run."""
        if one.results[index] is not None:
            return False
        key = job.key
        if key in self._waiting:
            self._waiting[key].append((one, index))
            one.missing += 1
            return False
        found = known.result(index)
        if found is not None:
            self.tally.count(self.tally.reused, job.kind)
            one.give(index, found)
            return False
        self._waiting[key] = [(one, index)]
        one.missing += 1
        return True

    def _submit(self, batch: list[_Keyed], attempt: int) -> None:
        """Hand over those of the jobs that anybody still waits for."""
        for key, _job in batch:
            if not self._waiting[key]:
                del self._waiting[key]
        batch = [(key, job) for key, job in batch if key in self._waiting]
        if not batch:
            return
        jobs = [job for _key, job in batch]
        if self._executor is None:
            self._executor = self._make()
        with _interrupts_held():
            try:
                future: Future[Any] = self._executor.submit(perform_all, jobs)
            except BrokenProcessPool:
                self._executor = self._make()
                future = self._executor.submit(perform_all, jobs)
        self._futures[future] = (batch, attempt, self._executor)
        future.add_done_callback(self._ended.put)

    def collect(self) -> None:
        """Wait for at least one job, or half a second; hand its result to all that wait for it."""
        for future in self._take_ended():
            if future not in self._futures:  # abandoned
                continue
            batch, attempt, executor = self._futures.pop(future)
            try:
                results = future.result()
            except BrokenProcessPool:
                if self._executor is executor:
                    self._executor = None
                if attempt < _ATTEMPTS - 1:
                    self._submit(batch, attempt + 1)
                    continue
                results = [self._run_alone(job) for _key, job in batch]
            self._finish(batch[: len(results)], results)
            # What is left takes long: workers that have nothing else to do take a part of it.
            idle = self._jobs - len(self._futures)
            for part in shares(batch[len(results) :], max(1, idle)):
                self._submit(part, 1)

    def _take_ended(self) -> Iterator[Future[Any]]:
        """Yield what has ended, waiting half a second at most for the first."""
        try:
            first = self._ended.get(timeout=0.5)
            while first is not None:
                yield first
                first = self._ended.get_nowait()
        except queue.Empty:
            return

    def _run_alone(self, job: Job) -> tuple[Any, float]:
        """Run a job with nothing beside it, so that no other can be to blame for its end."""
        executor = self._make()
        try:
            alone: tuple[Any, float] = executor.submit(perform, job).result()
        except BrokenProcessPool:
            return Failed(f"its worker process died, {_ATTEMPTS} times"), 0.0
        finally:
            executor.shutdown(wait=False)
        return alone

    def _finish(self, batch: list[_Keyed], results: list[tuple[Any, float]]) -> None:
        """Keep results, all at once, and hand each to those that wait for it."""
        good = [
            (kept.place(job, result), job.kind, job.dump(result))
            for (_key, job), (result, _seconds) in zip(batch, results, strict=True)
            if not isinstance(result, Failed)
        ]
        late = self._store.put_all(good)
        for (_key, job), (result, seconds) in zip(batch, results, strict=True):
            spent = self.tally.host_seconds
            spent[job.kind] = spent.get(job.kind, 0.0) + seconds
            if isinstance(result, Failed):
                self.tally.failed += 1
            else:
                self.tally.count(self.tally.run, job.kind)
            if late and not isinstance(result, Failed) and kept.place(job, result) in late:
                # Another process was first. What a run goes on with later is what it saw now, also
                # where two native runs of one program differ in time and memory.
                first = self._store.get(kept.place(job, result))
                result = result if first is None else job.load(first)
            self._tell(job, result)

    def _tell(self, job: Job, result: Result | Failed) -> None:
        """Hand a result to those that wait for it; run the job again for whom it says nothing."""
        key, ready, left = job.key, [], []
        for one, index in self._waiting.pop(key):
            answer = kept.answer(one.jobs[index], job, result)
            if one.results[index] is not None:
                continue  # an equal test before it has ended the program
            if answer is None:
                left.append((one, index))
                continue
            one.missing -= 1
            for over in one.give(index, answer):
                one.missing -= 1
                waiters = self._waiting.get(one.jobs[over].key, [])
                if (one, over) in waiters:
                    waiters.remove((one, over))
            if not one.missing:
                ready.append(one)
        if left:
            self._waiting[key] = left
            widest = max((one.jobs[index] for one, index in left), key=kept.budget)
            self._submit([(key, widest)], 1)
        for one in ready:
            self._advance(one)


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C back while a worker may be started: it inherits that until it is prepared."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _group(job: Job) -> object:
    return getattr(job, "group", None)


def batches(wanted: Iterable[_Keyed]) -> list[list[_Keyed]]:
    """Put together, in order, what one start of a program serves; each other job is alone."""
    together: dict[object, list[_Keyed]] = {}
    for key, job in wanted:
        group = _group(job)
        together.setdefault(key if group is None else group, []).append((key, job))
    return list(together.values())


def shares(batch: list[_Keyed], parts: int) -> list[list[_Keyed]]:
    """Cut a batch into so many parts of nearly equal length, none of them empty, in order."""
    parts = min(parts, len(batch))
    cuts = [len(batch) * part // parts for part in range(parts + 1)] if parts else []
    return [batch[start:end] for start, end in itertools.pairwise(cuts)]


def interrupt_on_sigterm() -> contextlib.ExitStack:
    """Turn SIGTERM into KeyboardInterrupt until the returned stack is closed (main thread only)."""
    stack = contextlib.ExitStack()

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGTERM, interrupt)
    stack.callback(signal.signal, signal.SIGTERM, previous)
    return stack
