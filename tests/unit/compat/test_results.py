"""The result objects have PIE's fields, and survive a file."""

import dataclasses
import math

import pytest

from pie.compat.results import PiePairResult, PieResult, PieSingleResult

# As in PIE's gem5/simulator.py, in its order.
SINGLE = [
    *("compilation", "accs", "mean_acc", "agg_runtime", "agg_stdev"),
    *("tc2time", "tc2success", "tc2stats"),
]
PAIR = [
    *("compilation", "accs", "mean_acc", "tc2time", "agg_runtime", "agg_stdev"),
    *("tc2success", "tc2stats"),
]
BINARY = ["agg_runtime", "agg_stdev", "tc2time", "tc2success", "tc2stats"]


def single() -> PieSingleResult:
    return PieSingleResult(
        *(True, {"0": 1.0, "12": 1.0}, 1.0, math.inf, 0),
        *({0: 0.001, 12: math.inf}, {0: True, 12: False}, {0: {"sim_seconds_precise": 0.001}}),
        tc2stats_binary={0: [0.1, 0.2]},
        machine="gem5",
    )


def test_the_fields_are_pies_in_its_order_and_ours_come_after() -> None:
    names = [one.name for one in dataclasses.fields(PieSingleResult)]
    assert names == [*SINGLE, *(f"{one}_binary" for one in BINARY), "verdict", "detail", "machine"]
    names = [one.name for one in dataclasses.fields(PiePairResult)]
    theirs = [f"{one}_v{v}" for one in PAIR for v in (0, 1)]
    theirs += [f"{one}_binary_v{v}" for one in BINARY for v in (0, 1)]
    assert names[: len(theirs)] == theirs
    assert names[len(theirs) :] == [
        *("verdict_v0", "verdict_v1", "detail_v0", "detail_v1", "machine"),
    ]


def test_a_result_survives_json_with_its_numbers_of_tests_and_infinite_times() -> None:
    made = single()
    assert PieSingleResult.from_json(made.to_json()) == made
    assert made.to_dict()["compile_success"] is True
    assert PieSingleResult.from_dict(made.to_dict()) == made


def test_both_kinds_are_results() -> None:
    assert isinstance(single(), PieResult)
    assert issubclass(PiePairResult, PieResult)


def test_a_result_of_a_pair_has_no_field_without_a_program() -> None:
    with pytest.raises(TypeError):
        PiePairResult(**dataclasses.asdict(single()))
