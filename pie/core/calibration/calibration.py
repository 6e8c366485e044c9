"""What comparing a machine with a reference gives: the machine as it is, and models beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from pie.core.calibration.agreement import Agreement, CommonPair, CommonRun, agreement
from pie.core.calibration.cost_fit import METHODS, Fit, best, fit
from pie.core.problem import InputError

_WORST = 10
START_UP = 20_000
"""Instructions by which two machines may differ in any run."""
OTHER_PROGRAMS = 0.2
"""Median difference in instructions from which the executables cannot have been the same."""


@dataclass(frozen=True)
class Model:
    """One way to get cycles for the runs, and how well they agree with the reference's."""

    name: str
    validation: str
    """Which of the runs its constants have seen."""
    cycles: tuple[float, ...]
    agreement: Agreement


@dataclass(frozen=True)
class Calibration:
    """A machine against a reference."""

    reference: Mapping[str, Any]
    machine: Mapping[str, Any]
    runs: tuple[CommonRun, ...]
    pairs: tuple[CommonPair, ...]
    left_out: Mapping[str, int]
    """How many, by what and why."""
    models: tuple[Model, ...]
    """The machine as it is first."""
    fits: tuple[Fit, ...] = ()
    """By each method, where the machine has a linear cost."""
    chosen: Fit | None = None
    notice: str = ""
    """Why there are no fitted models."""
    inputs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_refit_better(self) -> bool:
        """Whether the refit is nearer than the machine as it is, on problems that it has not seen.

        By the median error of runs and of speedups on a test; a machine whose constants were fitted
        to these very runs has an advantage here.
        """
        if self.chosen is None:
            return False
        name = f"refit, {self.chosen.method}"
        held_out = next(m for m in self.models if m.name == name and m.validation != "in sample")
        now, then = self.models[0].agreement, held_out.agreement
        return (then.runs.median or 0) <= (now.runs.median or 0) and (
            then.speedups_on_a_test.median or 0
        ) <= (now.speedups_on_a_test.median or 0)

    @property
    def problems(self) -> int:
        """Problems with a common run."""
        return len({run.problem_id for run in self.runs})

    @property
    def programs(self) -> int:
        """Programs, by problem, with a common run."""
        return len({(run.program, run.problem_id) for run in self.runs})

    def worst(self) -> list[dict[str, Any]]:
        """Return the runs on which the machine as it is errs most."""
        ranked = sorted(
            (run for run in self.runs),
            key=lambda run: (-abs(run.cycles / run.reference_cycles - 1), run.key),
        )
        return [
            {
                "problem_id": run.problem_id,
                "program": run.program,
                "test": run.test,
                "reference_cycles": run.reference_cycles,
                "cycles": run.cycles,
                "error": run.cycles / run.reference_cycles - 1,
                "instructions": run.instructions,
            }
            for run in ranked[:_WORST]
        ]

    def as_dict(self) -> dict[str, Any]:
        """Return the document of `--json` and calibration.json."""
        return {
            "schema_version": 1,
            "reference": dict(self.reference),
            "machine": dict(self.machine),
            "inputs": dict(self.inputs),
            "n": {
                "runs": len(self.runs),
                "programs": self.programs,
                "problems": self.problems,
                "pairs": len(self.pairs),
            },
            "left_out": dict(self.left_out),
            "models": [
                {
                    "name": one.name,
                    "validation": one.validation,
                    "agreement": asdict(one.agreement),
                }
                for one in self.models
            ],
            "refit": None if self.chosen is None else self.chosen.as_dict(),
            "notice": self.notice,
            "worst_runs": self.worst(),
        }


def as_it_is(
    name: str, seen: bool, runs: Sequence[CommonRun], pairs: Sequence[CommonPair]
) -> Model:
    """Return the machine's own cycles as a model; `seen`: its constants come from these runs."""
    validation = "in sample: fitted to these very runs" if seen else "not fitted to these runs"
    cycles = tuple(run.cycles for run in runs)
    return Model(name, validation, cycles, agreement(runs, pairs, cycles))


def fitted(
    runs: Sequence[CommonRun],
    pairs: Sequence[CommonPair],
    features: Sequence[str],
    folds: int,
) -> tuple[list[Model], list[Fit], Fit]:
    """Fit by each method, and give the baselines beside the chosen one.

    InputError when there are too few problems or runs.
    """
    fits = [fit(runs, features, method, folds) for method in METHODS]
    chosen = best(fits, runs)
    baseline = fit(runs, ["instructions"], chosen.method, folds)
    outside = f"cross-validated by problem, {folds} folds"

    def model(name: str, validation: str, cycles: Sequence[float]) -> Model:
        return Model(name, validation, tuple(cycles), agreement(runs, pairs, cycles))

    models = [model("instructions x constant", outside, baseline.held_out)]
    models += [model(f"refit, {one.method}", outside, one.held_out) for one in fits]
    models.append(model(f"refit, {chosen.method}", "in sample", chosen.cycles))
    return models, fits, chosen


def refuse_other_programs(machine: Sequence[int], reference: Sequence[int], where: str) -> None:
    """InputError when the instructions of most runs differ too much for equal executables.

    The start of a process differs between machines by some thousand instructions.
    """
    differences = sorted(
        max(0, abs(ours - theirs) - START_UP) / theirs
        for ours, theirs in zip(machine, reference, strict=True)
    )
    if differences and differences[len(differences) // 2] > OTHER_PROGRAMS:
        raise InputError(
            f"most runs of {where} have other instruction counts than here (median difference "
            f"{differences[len(differences) // 2]:.0%}): they were built with another compiler "
            "or other flags",
            "give the flags of the reference with --cxxflags and --link",
        )
