"""`pie dataset check --tasks`: every reference solution must be accepted on its task's tests."""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

from pie.core.tasks.task_plan import PlannedTask, TaskPlan, plan_tasks
from pie.flows.dataset.check import Checked, Failure, Request, drawn_of
from pie.flows.simulate import processors
from sim.paths import cache_directory
from sim.procedure import Outcome, Procedure, judged
from sim.program import Program
from sim.scheduler import Scheduler, interrupt_on_sigterm
from sim.store import Store
from sim.verdict import Verdict


def run(request: Request, show: Callable[[int, str], None]) -> Checked:
    """Judge the reference solutions of a file; `show` gets the number of tasks that are done.

    KeyboardInterrupt passes through with everything judged so far kept. InputError when no task can
    be used.
    """
    made = plan_tasks(request.pairs, request.setting.toolchain, limit=request.limit)
    drawn = drawn_of(list(made.offsets), request)
    checked = Checked(request.pairs, left_out=made.left_out)
    checked.what_is_accepted = "tasks of which every reference solution is accepted"
    checked.rows_not_drawn = made.tasks - len(drawn)
    with tempfile.TemporaryDirectory(prefix="pie-check-") as scratch:
        where = cache_directory() if request.use_cache else Path(scratch)
        store = Store(where / "results.sqlite")
        try:
            _judge_all(request, made, drawn, store, checked, show)
        finally:
            store.close()
    return checked


def _judge_all(
    request: Request,
    made: TaskPlan,
    drawn: frozenset[int],
    store: Store,
    checked: Checked,
    show: Callable[[int, str], None],
) -> None:
    pending: deque[tuple[int, PlannedTask]] = deque()

    def procedures() -> Iterator[Procedure]:
        for offset, line, planned in zip(made.offsets, made.lines, made.read(), strict=True):
            if offset in drawn:
                pending.append((line, planned))
                yield judged(_references(planned), planned.cases, request.setting)

    with interrupt_on_sigterm(), Scheduler(store, request.jobs or processors()) as scheduler:
        for number, outcomes in enumerate(scheduler.run(procedures()), start=1):
            line, planned = pending.popleft()
            _count(line, planned, outcomes, checked)
            show(number, planned.task.task_id)
    checked.jobs_reused = sum(scheduler.tally.reused.values())


def _references(planned: PlannedTask) -> list[Program]:
    return planned.programs()[: len(planned.task.references)]


def _count(line: int, planned: PlannedTask, outcomes: list[Outcome], checked: Checked) -> None:
    """Add a task's outcomes; equal programs are one."""
    task_id = planned.task.task_id
    failures = [
        Failure(line, task_id, f"reference_{number}", None, one.verdict, one.detail)
        for number, one in enumerate(outcomes)
        if one.verdict is not Verdict.ACCEPTED
    ]
    if not outcomes:
        nothing = "the task has no reference solution"
        failures.append(Failure(line, task_id, "reference", None, Verdict.NO_CODE, nothing))
    distinct = {one.program_digest: one.verdict for one in outcomes}
    checked.programs.update(distinct.values())
    checked.failures += failures
    checked.rows_failed += bool(failures)
    checked.rows_accepted += not failures
