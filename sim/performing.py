"""What a worker does with jobs: it runs them, all of a program in one start where that serves.

Runs in a worker process and knows neither the store nor who waits.
"""

from __future__ import annotations

import contextlib
import errno
import tempfile
import time
from collections.abc import Sequence

from sim import kept
from sim.errors import InputError, MachineFailure
from sim.jobs import Failed, Job, MeasureJob, Result, one_start_for
from sim.machine import Measure

_PART_SECONDS = 1.0
"""So long a worker goes on before it hands over the results of the tests that it has run."""


def perform_all(jobs: Sequence[Job]) -> list[tuple[Result | Failed, float]]:
    """Run jobs of one group in a worker; return (result, seconds) of each, or of the first ones.

    What takes long is handed over in parts, so that a kill loses little. A test on which the
    program meets its limit of time is the last.
    """
    measurements = [job for job in jobs if isinstance(job, MeasureJob)]
    if len(measurements) < 2:
        return [perform(job) for job in jobs]
    done: list[tuple[Result | Failed, float]] = []
    start = time.monotonic()
    with contextlib.ExitStack() as stack:
        try:
            measure = stack.enter_context(one_start_for(measurements))
        except (MachineFailure, OSError):  # each job says for itself what is the matter
            measure = None
        for job in measurements:
            try:
                done.append(perform(job, measure))
            except InputError:
                if not done:
                    raise
                break
            if time.monotonic() - start > _PART_SECONDS or kept.ends_program(job, done[-1][0]):
                break
    return done


def perform(job: Job, measure: Measure | None = None) -> tuple[Result | Failed, float]:
    """Run one job in a worker, again if our own infrastructure failed; return (result, seconds)."""
    start = time.monotonic()
    failure = ""
    for attempt in range(2):
        if attempt:
            time.sleep(0.2)
        try:
            result = job.run(measure) if isinstance(job, MeasureJob) else job.run()
            return result, time.monotonic() - start
        except MachineFailure as error:
            failure = str(error)
            if error.remedy:  # a known limit of the machine: the same again
                break
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                place = error.filename or tempfile.gettempdir()
                raise InputError(
                    f"the disk is full ({place})",
                    "free some space and run the same command again: "
                    "whatever was measured before is kept",
                ) from error
            failure = f"{error.strerror or error} ({error.filename or 'the sandbox'})"
    return Failed(failure), time.monotonic() - start
