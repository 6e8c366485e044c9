"""`pie calibrate`: the same runs on a reference and on another machine, and how well they agree."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pie.core import calibration, cost_file
from pie.core.agreement import CommonPair, CommonRun
from pie.core.calibration import Calibration
from pie.core.cost_fit import FOLDS
from pie.core.problem import InputError
from pie.core.reference_results import (
    Recorded,
    ReferenceResults,
    RunKey,
    read_reference,
    refuse_other_flags,
    runs_digest,
)
from pie.flows.calibration_folder import CalibrationFolder
from pie.flows.calibration_runs import Measured, measure
from pie.flows.calibration_work import Selection, select
from pie.flows.simulate import Progress
from sim.errors import MissingTool
from sim.jobs import MeasuredRun
from sim.machines import cachegrind
from sim.paths import cache_directory
from sim.program import digest_of
from sim.scheduler import Tally
from sim.setting import Setting
from sim.store import Store

_MOST_REASONS = 30


@dataclass(frozen=True)
class Request:
    """What the user asked for."""

    pairs: tuple[Path, ...]
    setting: Setting
    """Of the machine that is calibrated."""
    reference: Setting | None = None
    """Of a reference that is measured here; else `reference_results`."""
    reference_results: Path | None = None
    reference_name: str = ""
    testcases: Path | None = None
    out: Path | None = None
    jobs: int = 0
    use_cache: bool = True
    strict: bool = False
    refit: bool = False
    folds: int = FOLDS


@dataclass(frozen=True)
class Planned:
    """What there is to do."""

    selection: Selection
    recorded: ReferenceResults | None
    reference: dict[str, Any]
    machine: dict[str, Any]
    identity: str


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


def plan(request: Request) -> Planned:
    """Read everything and see what there is to do; InputError or MissingTool when it cannot be."""
    setting = request.setting
    for one in (setting, request.reference):
        if one is not None:
            check = one.machine.check()
            if not check.ok:
                raise MissingTool(check.problem, check.remedy)
            if not one.machine.deterministic:
                raise InputError(
                    f"the machine {one.machine.name} counts no cycles",
                    "calibrate a simulated machine",
                )
    if request.refit and setting.machine.name != "cachegrind":
        raise InputError(
            f"the machine {setting.machine.name} has no linear cost to fit",
            "use --refit with --machine cachegrind",
        )
    recorded = None
    if request.reference_results is not None:
        recorded = read_reference(request.reference_results, strict=request.strict)
        refuse_other_flags(recorded, setting.toolchain)
    settings = [one for one in (setting, request.reference) if one is not None]
    selection = select(
        request.pairs,
        request.testcases,
        recorded,
        strict=request.strict,
        python=all(one.machine.name != "gem5" for one in settings),
    )
    reference = _reference(request, recorded, selection)
    machine = _described(setting, selection)
    everything = [one.fingerprint(selection.languages) for one in settings]
    identity = digest_of(reference, everything, selection.digests, request.folds)[:8]
    return Planned(selection, recorded, reference, machine, identity)


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
    with CalibrationFolder(path, planned.identity) as folder:
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
        made = _compare(request, planned, measured)
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
        tally=measured.tally,
        seconds=time.monotonic() - begin,
    )


def _compare(request: Request, planned: Planned, measured: Measured) -> Calibration:
    ours = measured.runs[0]
    left_out = Counter(planned.selection.left_out)
    left_out.update(measured.left_out)
    recorded = planned.recorded
    reference = recorded.runs if recorded is not None else _as_recorded(measured.runs[1])
    runs = _common(ours, reference)
    if not runs:
        why = "; ".join(f"{number} {what}" for what, number in left_out.most_common(3))
        raise InputError(
            f"no run was measured on both machines ({why or 'nothing was accepted'})",
            "give pairs whose programs are accepted on both",
        )
    if recorded is not None:
        both = [one for one in runs if reference[one.key].instructions is not None]
        calibration.refuse_other_programs(
            [ours[one.key].instructions or 0 for one in both],
            [reference[one.key].instructions or 1 for one in both],
            str(recorded.path),
        )
    pairs = list(_pairs(planned.selection, runs, left_out))
    machine = request.setting.machine.name
    digest = runs_digest({run.key: run.reference_cycles for run in runs})
    linear = machine == "cachegrind"
    seen = linear and cost_file.seen(cachegrind.cost_model(), digest)
    made = Calibration(
        reference=planned.reference,
        machine=planned.machine,
        runs=tuple(runs),
        pairs=tuple(pairs),
        left_out=_shortened(left_out),
        models=(calibration.as_it_is(machine, seen, runs, pairs),),
        inputs={"pairs": [str(one) for one in request.pairs], "folds": request.folds},
    )
    if not linear:
        return made
    try:
        models, fits, chosen = calibration.fitted(
            runs, pairs, list(cachegrind.cost_model()["cost"]), request.folds
        )
    except InputError as problem:
        if request.refit:
            raise
        return replace(made, notice=f"no fitted models beside it: {problem}")
    return replace(made, models=(*made.models, *models), fits=tuple(fits), chosen=chosen)


def _common(
    ours: Mapping[RunKey, MeasuredRun], reference: Mapping[RunKey, Recorded]
) -> list[CommonRun]:
    runs = []
    for key in sorted(ours.keys() & reference.keys()):
        one, truth = ours[key], reference[key]
        if not one.cycles or not truth.cycles:
            continue
        instructions = one.instructions or 0
        runs.append(
            CommonRun(
                *key,
                reference_cycles=truth.cycles,
                cycles=one.cycles,
                instructions=truth.instructions or instructions,
                counters={**one.counters, "instructions": instructions},
            )
        )
    return runs


def _as_recorded(measured: Mapping[RunKey, MeasuredRun]) -> dict[RunKey, Recorded]:
    return {key: Recorded(one.cycles or 0, one.instructions) for key, one in measured.items()}


def _pairs(
    selection: Selection, runs: list[CommonRun], left_out: Counter[str]
) -> Iterator[CommonPair]:
    """Yield the pairs with a common test; the others are counted."""
    tests: dict[tuple[str, str], dict[str, int]] = {}
    for at, run in enumerate(runs):
        tests.setdefault((run.problem_id, run.program), {})[run.test] = at
    for (problem, src, tgt), ids in selection.pairs.items():
        left, right = tests.get((problem, src), {}), tests.get((problem, tgt), {})
        both = [(left[test], right[test]) for test in left if test in right]
        alone = len(left) + len(right) - 2 * len(both)
        if alone:
            left_out["tests of a pair: only one of the two programs has them"] += alone
        if both:
            yield CommonPair(problem, *ids, tuple(both))
        else:
            left_out["pairs: no test that both programs have"] += 1


def _shortened(left_out: Counter[str]) -> dict[str, int]:
    """Return the most common reasons, and how many items the others are."""
    ranked = sorted(left_out.items(), key=lambda one: (-one[1], one[0]))
    shown = dict(ranked[:_MOST_REASONS])
    rest = sum(number for _reason, number in ranked[_MOST_REASONS:])
    return shown | ({"for other reasons": rest} if rest else {})


def _reference(
    request: Request, recorded: ReferenceResults | None, selection: Selection
) -> dict[str, Any]:
    if recorded is None:
        assert request.reference is not None
        described = _described(request.reference, selection)
        configuration = described.get("configuration")
        name = " ".join(
            part
            for part in (
                request.reference.machine.name,
                described.get("gem5", ""),
                f"({configuration})" if configuration else "",
            )
            if part
        )
        return {**described, "name": request.reference_name or name, "measured": "here"}
    told = recorded.described.get("machine", "")
    return {
        "name": request.reference_name or told or "recorded, machine not told",
        "measured": "recorded",
        "sha256": recorded.sha256,
        "rows": recorded.rows,
        **recorded.described,
    }


def _described(setting: Setting, selection: Selection) -> dict[str, Any]:
    """Return machine, compiler and flags as plain values."""
    toolchain = [setting.toolchain.fingerprint(one) for one in selection.languages]
    made: dict[str, Any] = {}
    for one in (*toolchain, setting.machine.fingerprint()):
        made.update(one)
    return made
