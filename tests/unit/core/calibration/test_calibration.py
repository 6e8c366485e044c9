"""A calibration's document, its models and the file of constants."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pie.core.calibration import calibration, cost_file
from pie.core.calibration.agreement import CommonPair, CommonRun
from pie.core.calibration.calibration import Calibration
from pie.core.calibration.reference_results import runs_digest
from pie.core.problem import InputError
from sim.machines import cachegrind

COST = {"instructions": 154, "ll_misses": 14_069}
EARLIER = {"name": "n", "version": 4, "unit": "u", "geometry": {"I1": "1"}, "cost": {}}


def runs() -> list[CommonRun]:
    made = []
    for at in range(24):
        counters = {"instructions": 10_000 * (at + 1), "ll_misses": 50 + 900 * (at % 5)}
        exact = cachegrind.cycles(counters, COST)
        made.append(CommonRun(f"{at:016x}", f"p{at // 2}", "0", exact, exact + 90, 9, counters))
    return made


def calibrated(**changes: Any) -> Calibration:
    common = runs()
    pairs = [CommonPair(f"p{k}", "s", "t", ((2 * k, 2 * k + 1),)) for k in range(12)]
    models, fits, chosen = calibration.fitted(common, pairs, list(COST), 10)
    made = {
        "reference": {"name": "gem5 Verbatim"},
        "machine": {"machine": "cachegrind", "cost": "{}", "geometry": "{}", "valgrind": "3"},
        "runs": tuple(common),
        "pairs": tuple(pairs),
        "left_out": {"pairs: no test that both programs have": 2},
        "models": (calibration.as_it_is("cachegrind", False, common, pairs), *models),
        "fits": tuple(fits),
        "chosen": chosen,
        **changes,
    }
    return Calibration(**made)


def test_beside_the_machine_stand_the_baseline_each_refit_held_out_and_one_in_sample() -> None:
    made = calibrated()
    assert [(one.name, one.validation) for one in made.models] == [
        ("cachegrind", "not fitted to these runs"),
        ("instructions x constant", "cross-validated by problem, 10 folds"),
        ("refit, squares", "cross-validated by problem, 10 folds"),
        ("refit, absolute", "cross-validated by problem, 10 folds"),
        ("refit, squares", "in sample"),
    ]
    assert made.models[-1].agreement.runs.worst == 0
    assert made.models[1].agreement.runs.worst > 0


def test_constants_that_were_fitted_to_these_runs_are_said_to_be() -> None:
    model = calibration.as_it_is("cachegrind", True, runs(), [])
    assert model.validation == "in sample: fitted to these very runs"


def test_the_document_is_json_with_the_n_of_everything() -> None:
    document = json.loads(json.dumps(calibrated().as_dict(), allow_nan=False))
    assert document["n"] == {"runs": 24, "programs": 24, "problems": 12, "pairs": 12}
    assert document["left_out"] == {"pairs: no test that both programs have": 2}
    assert document["refit"]["cost"] == COST
    assert len(document["worst_runs"]) == 10
    worst = [abs(one["error"]) for one in document["worst_runs"]]
    assert worst == sorted(worst, reverse=True)


def test_the_file_of_constants_has_the_form_of_the_one_it_replaces_and_its_provenance() -> None:
    made = calibrated()
    written = cost_file.cost_file(made, EARLIER)
    assert set(EARLIER) <= set(written)
    assert (written["version"], written["cost"], written["target"]) == (5, COST, "gem5 Verbatim")
    provenance = written["provenance"]
    assert (provenance["runs"], provenance["problems"]) == (24, 12)
    assert provenance["features"] == list(COST)
    assert set(provenance["errors_cross_validated"]) == {"squares", "absolute"}
    assert sum(one["runs"] for one in provenance["folds"]) == 24
    assert provenance["left_out"] == made.left_out
    assert "cost" not in provenance["machine"], "the constants that were replaced"
    assert json.dumps(written) == json.dumps(cost_file.cost_file(calibrated(), EARLIER))


def test_the_version_rises_only_with_other_constants() -> None:
    assert cost_file.cost_file(calibrated(), {**EARLIER, "cost": COST})["version"] == 4


def test_constants_know_the_runs_that_they_were_fitted_to() -> None:
    made = calibrated()
    written = cost_file.cost_file(made, EARLIER)
    digest = runs_digest({run.key: run.reference_cycles for run in made.runs})
    assert cost_file.seen(written, digest)
    assert not cost_file.seen(written, "another")
    assert not cost_file.seen(EARLIER, digest)


@pytest.mark.parametrize(
    ("ours", "refused"),
    [
        ([1_000_000, 1_000_000, 9_000_000], False),
        ([1_200_000] * 3, False),
        ([1_320_000] * 3, True),
    ],
)
def test_a_reference_whose_runs_mostly_have_other_instruction_counts_is_refused(
    ours: list[int], refused: bool
) -> None:
    if not refused:
        calibration.refuse_other_programs(ours, [1_000_000] * 3, "gem5.jsonl")
        return
    with pytest.raises(InputError, match=r"gem5.jsonl .*30%.*--cxxflags"):
        calibration.refuse_other_programs(ours, [1_000_000] * 3, "gem5.jsonl")


def test_the_start_of_a_process_may_differ_between_machines() -> None:
    calibration.refuse_other_programs([14_480, 15_272], [8_854, 9_647], "gem5.jsonl")
