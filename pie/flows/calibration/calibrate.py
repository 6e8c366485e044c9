"""`pie calibrate`: the same runs on a reference and on another machine, and how well they agree."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pie.core.calibration import cost_file
from pie.core.calibration.calibration import Calibration
from pie.flows.calibration.folder import CalibrationFolder
from pie.flows.calibration.join import join
from pie.flows.calibration.plan import Planned, Request, plan
from pie.flows.calibration.runs import measure
from pie.flows.simulate import Progress
from sim.machines import cachegrind
from sim.paths import cache_directory
from sim.scheduler import Tally
from sim.store import Store

__all__ = ["Finished", "Planned", "Request", "calibrate", "folder_for", "plan"]


@dataclass(frozen=True)
class Finished:
    """A calibration that came to its end."""

    folder: Path
    made: Calibration
    constants: Path | None
    notices: tuple[str, ...]
    not_measured: Mapping[str, int]
    """Runs that our own infrastructure failed to measure, by reason."""
    tally: Tally
    seconds: float
    unsupported: Mapping[str, int] = field(default_factory=dict)
    """Runs that a machine cannot measure, by machine and reason; final."""


def folder_for(request: Request, planned: Planned) -> Path:
    """Return the folder of the results: as given, else named after what is compared."""
    if request.out is not None:
        return request.out
    name = f"{request.pairs[0].stem}-calibrate-{request.setting.machine.name}-{planned.identity}"
    return Path("runs") / name


def calibrate(
    request: Request,
    planned: Planned,
    started: Callable[[Path], None],
    show: Callable[[Progress], None],
) -> Finished:
    """Measure what is not known yet, compare, and write the folder.

    KeyboardInterrupt passes through with everything measured so far kept. InputError when there is
    nothing to compare, or too little for a refit that was asked for.
    """
    begin = time.monotonic()
    path = folder_for(request, planned)
    with CalibrationFolder(path, planned.identity, planned.asked) as folder:
        started(path)
        jobs = request.jobs or len(os.sched_getaffinity(0))
        store = Store(
            (cache_directory() if request.use_cache else path / "store") / "results.sqlite"
        )
        settings = [one for one in (request.setting, request.reference) if one is not None]
        try:
            measured = measure(planned.selection.work, settings, store, jobs, show)
        finally:
            store.close()
        made = join(request, planned, measured)
        constants = None
        if request.refit:
            constants = folder.write_constants(cost_file.cost_file(made, cachegrind.cost_model()))
        notices = folder.write(made, recorded_here=request.reference is not None)
    return Finished(
        folder=path,
        made=made,
        constants=constants,
        notices=notices,
        not_measured=measured.failures,
        unsupported=measured.unsupported,
        tally=measured.tally,
        seconds=time.monotonic() - begin,
    )
