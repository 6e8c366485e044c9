"""Which kept result answers a job, and what one job's result says for another.

A budget of instructions only decides when a run is stopped. A run that ended by itself is the run
within every budget at or above its count, and stopped within each below; it is kept under a key
without a budget. One that was stopped is stopped within every smaller budget, too. All else, such
as a run that was caught before its end, is known within its own budget only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sim.jobs import Failed, Job, MeasuredRun, MeasureJob, Result
from sim.store import Store
from sim.verdict import Verdict


class Kept:
    """What the store knows of the results of some jobs, asked for at once."""

    def __init__(self, store: Store, jobs: Sequence[Job]) -> None:
        self._store = store
        self._jobs = jobs
        self._keys = [_keys(job) for job in jobs]
        wanted = {key: None for keys in self._keys for key in keys}
        self._payloads = store.get_all(list(wanted)) if wanted else {}

    def result(self, index: int) -> Result | None:
        """Return the result of the job at this place; None: it must be run."""
        if not self._payloads:
            return None
        job = self._jobs[index]
        for key, within in self._keys[index].items():
            payload = self._payloads.get(key)
            if payload is None:
                continue
            result = job.load(self._store.read(payload))
            if not isinstance(job, MeasureJob) or not job.budgeted:
                return result
            if (answer := _within(job, result, within)) is not None:
                return answer
        return None


def _keys(job: Job) -> dict[str, int | None]:
    """Return the keys under which a job's result may be kept, with the budget of each run."""
    if not isinstance(job, MeasureJob) or not job.budgeted:
        return {job.key: None}
    budgets = (job.setting.limits.max_instructions, *job.wider)
    return {job.key: None} | {job.key_within(one): one for one in budgets}


def budget(job: Job) -> int:
    """Return how many instructions a job's run may use: the more, the more others it answers."""
    return job.setting.limits.max_instructions


def place(job: Job, result: Result) -> str:
    """Return the key under which a job's result is to be kept."""
    if isinstance(job, MeasureJob) and job.budgeted and _count(result) is None:
        return job.key_within(job.setting.limits.max_instructions)
    return job.key


def answer(job: Job, ran: Job, result: Any) -> Result | Failed | None:
    """Return what the result of a job that was run says for one of the same key, if anything."""
    if isinstance(job, MeasureJob) and isinstance(ran, MeasureJob) and job.budgeted:
        if isinstance(result, Failed):
            return result
        return _within(job, result, ran.setting.limits.max_instructions)
    return result  # type: ignore[no-any-return]


def ends_program(job: Job, result: object) -> bool:
    """Tell whether a program is over after a test: it is not measured on those that follow."""
    return (
        isinstance(job, MeasureJob)
        and isinstance(result, list)
        and any(
            isinstance(one, MeasuredRun) and one.verdict is Verdict.TIME_LIMIT for one in result
        )
    )


def _within(job: MeasureJob, result: Any, budget: int | None) -> list[MeasuredRun] | None:
    """Return a result as it is within a job's own budget; `budget` is that of the run, if known."""
    limits = job.setting.limits
    run: MeasuredRun = result[0]
    if run.over_budget is not None:
        return [MeasuredRun.stopped(limits)] if limits.max_instructions <= run.over_budget else None
    if run.instructions is not None:
        return (
            result if run.instructions <= limits.max_instructions else [MeasuredRun.stopped(limits)]
        )
    return result if budget == limits.max_instructions else None


def _count(result: Any) -> int | None:
    run: MeasuredRun = result[0]
    return None if run.over_budget is not None else run.instructions
