"""The file of a machine's constants, with where they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pie.core.calibration.agreement import errors
from pie.core.calibration.calibration import Calibration
from pie.core.calibration.cost_fit import Fit
from pie.core.calibration.reference_results import runs_digest

_WORDS = {
    "squares": "least squares of the relative error",
    "absolute": "least absolute relative error (reweighted least squares)",
}


def cost_file(made: Calibration, earlier: Mapping[str, Any]) -> dict[str, Any]:
    """Return the constants of a refit in the form of the file that they replace."""
    assert made.chosen is not None
    chosen = made.chosen
    return {
        "name": earlier["name"],
        "version": earlier["version"] + (dict(chosen.cost) != earlier["cost"]),
        "unit": earlier["unit"],
        "target": made.reference["name"],
        "fit": (
            f"{_WORDS[chosen.method]}, no constant below 0, over {len(made.runs)} runs of "
            f"{made.programs} programs of {made.problems} problems, each run weighing the same"
        ),
        "geometry": earlier["geometry"],
        "cost": dict(chosen.cost),
        "provenance": _provenance(made, chosen),
    }


def seen(model: Mapping[str, Any], made_of: str) -> bool:
    """Tell whether a file's constants were fitted to the runs of this digest."""
    return bool(model.get("provenance", {}).get("runs_digest") == made_of)


def _provenance(made: Calibration, chosen: Fit) -> dict[str, Any]:
    return {
        "made_by": "pie calibrate --refit",
        "reference": dict(made.reference),
        "machine": {
            name: value
            for name, value in made.machine.items()
            if name not in ("cost", "geometry")  # the constants that are replaced; told above
        },
        "runs": len(made.runs),
        "programs": made.programs,
        "problems": made.problems,
        "runs_digest": runs_digest({run.key: run.reference_cycles for run in made.runs}),
        "features": list(chosen.cost),
        "method": chosen.method,
        "why_this_method": "least median error on problems not seen, and no other beats it at p90"
        if len(made.fits) > 1
        else "the only one tried",
        "errors_in_sample": _of(made, chosen.cycles),
        "errors_cross_validated": {one.method: _of(made, one.held_out) for one in made.fits},
        "folds": [
            {
                "problems": one.problems,
                "runs": one.errors.n,
                "median": _rounded(one.errors.median),
                "p90": _rounded(one.errors.p90),
            }
            for one in chosen.folds
        ],
        "left_out": dict(made.left_out),
    }


def _of(made: Calibration, cycles: tuple[int, ...]) -> dict[str, Any]:
    found = errors([run.reference_cycles for run in made.runs], cycles)
    return {name: _rounded(value) for name, value in asdict(found).items()}


def _rounded(value: float | None) -> float | None:
    """Six digits after the point: the rest says nothing and only makes the file long."""
    return None if value is None else round(value, 6)
