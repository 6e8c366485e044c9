"""Joins the runs of two machines, and compares them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from pie.core.calibration import calibration, cost_file
from pie.core.calibration.agreement import CommonPair, CommonRun
from pie.core.calibration.calibration import Calibration
from pie.core.calibration.reference_results import Recorded, RunKey, runs_digest
from pie.core.problem import InputError
from pie.flows.calibration.plan import Planned, Request
from pie.flows.calibration.runs import Measured
from pie.flows.calibration.work import Selection
from sim.jobs import MeasuredRun
from sim.machines import cachegrind

_MOST_REASONS = 30


def join(request: Request, planned: Planned, measured: Measured) -> Calibration:
    """Compare the runs that both machines accepted; everything else is counted.

    InputError without such runs, for a reference of other executables, or when a refit was asked
    for and there is too little for it.
    """
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
