"""What a calibration was asked for, checked, and what there is to do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pie.core.calibration.cost_fit import FOLDS
from pie.core.calibration.reference_results import (
    ReferenceResults,
    read_reference,
    refuse_other_flags,
)
from pie.core.problem import InputError
from pie.flows.calibration.work import Selection, select
from sim.errors import MissingTool
from sim.program import digest_of
from sim.setting import Setting


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
    limit: int | None = None
    """Only the first rows of each file."""


@dataclass(frozen=True)
class Planned:
    """What there is to do."""

    selection: Selection
    recorded: ReferenceResults | None
    reference: dict[str, Any]
    machine: dict[str, Any]
    identity: str
    asked: dict[str, Any]
    """What the identity is made of."""


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
        limit=request.limit,
    )
    reference = _reference(request, recorded, selection)
    machine = _described(setting, selection)
    everything = [one.fingerprint(selection.languages) for one in settings]
    identity = digest_of(reference, everything, selection.digests, request.folds)[:8]
    asked = {
        "reference": reference,
        "settings": {str(number): one for number, one in enumerate(everything)},
        "files": {str(number): one for number, one in enumerate(selection.digests)},
        "folds": request.folds,
    }
    return Planned(selection, recorded, reference, machine, identity, asked)


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
