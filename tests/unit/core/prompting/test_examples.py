"""Which rows are examples of a faster program, and which of two is the better."""

from typing import Any

import pytest

from pie.core.problem import RowProblem
from pie.core.prompting.examples import better, candidate, from_payload, query_problem, query_text
from sim.program import Language


def row(**changes: Any) -> dict[str, Any]:
    made = {
        "src_id": "s1",
        "tgt_id": "t1",
        "problem_id": "p1",
        "src_code": "slow",
        "tgt_code": "fast",
        **changes,
    }
    return {name: value for name, value in made.items() if value is not ...}


def test_an_example_survives_being_kept() -> None:
    example = candidate(row(speedup=2.5), "line-1").example
    assert from_payload(example.payload()) == example
    assert (example.speedup, example.language) == (2.5, Language.CPP)


@pytest.mark.parametrize(
    ("changes", "speedup"),
    [
        ({"speedup": 3}, 3.0),
        ({"speedup": 3, "src_agg_runtime": 8, "tgt_agg_runtime": 2}, 3.0),
        ({"src_agg_runtime": 8, "tgt_agg_runtime": 2}, 4.0),
        ({"src_agg_runtime": 8, "tgt_agg_runtime": 0}, None),
        ({"src_agg_runtime": 8, "speedup": None}, None),
        ({}, None),
    ],
)
def test_the_speedup_is_the_rows_or_follows_from_its_times(
    changes: dict[str, Any], speedup: float | None
) -> None:
    assert candidate(row(**changes), "line-1").example.speedup == speedup


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({}, None),
        ({"speedup": 1.01}, None),
        ({"tgt_verdict": "accepted"}, None),
        ({"speedup": 1.0}, "its target is not more than 1 times faster"),
        ({"speedup": 0.5}, "its target is not more than 1 times faster"),
        ({"tgt_verdict": "wrong_answer", "speedup": 9}, "its target was not accepted"),
        ({"tgt_code": " slow\n"}, "its target is its source"),
    ],
)
def test_a_target_that_is_wrong_equal_or_no_faster_is_no_example(
    changes: dict[str, Any], fault: str | None
) -> None:
    assert candidate(row(**changes), "line-1").fault == fault


def test_the_larger_speedup_is_better_then_the_known_one_then_the_shorter_time() -> None:
    def made(**changes: Any) -> Any:
        return candidate(row(**changes), "line-1")

    assert better(made(speedup=3), made(speedup=2))
    assert not better(made(speedup=2), made(speedup=3))
    assert better(made(speedup=1.5), made())
    assert not better(made(), made(speedup=1.5))
    assert better(made(speedup=2, tgt_agg_runtime=1), made(speedup=2, tgt_agg_runtime=3))
    assert not better(made(speedup=2), made(speedup=2))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"src_code": ...}, "the field src_code is missing"),
        ({"tgt_code": ...}, "the field tgt_code is missing"),
        ({"problem_id": ...}, "the field problem_id is missing"),
        ({"problem_id": ""}, "the field problem_id is missing"),
        ({"src_code": 5}, "src_code is not a string"),
        ({"src_code": " \n"}, "src_code is empty"),
        ({"problem_id": ["p"]}, "problem_id is neither a string nor an integer"),
        ({"speedup": "fast"}, "speedup is not a positive number"),
        ({"speedup": True}, "speedup is not a positive number"),
        ({"tgt_agg_runtime": -1}, "tgt_agg_runtime is not a positive number"),
        ({"speedup": 10**400}, "speedup is too large or too small for any runtime"),
        ({"speedup": float("nan")}, "speedup is too large or too small for any runtime"),
        ({"src_agg_runtime": 1e300}, "src_agg_runtime is too large or too small for any runtime"),
        ({"language": 5}, "language is not a string"),
        ({"language": "Rust"}, "language is 'Rust'; C, C++ and Python can be measured"),
    ],
)
def test_a_row_without_its_columns_is_told_by_name(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(RowProblem) as told:
        candidate(row(**changes), "line-1")
    assert str(told.value) == reason


def test_what_names_a_row_may_be_a_number_or_its_line() -> None:
    example = candidate(row(problem_id=7, src_id=8, tgt_id=...), "line-3").example
    assert (example.problem_id, example.src_id, example.tgt_id) == ("7", "8", "line-3")


def test_a_query_needs_its_text_and_its_problem() -> None:
    assert (query_text(row()), query_problem(row())) == ("slow", "p1")
    with pytest.raises(RowProblem, match="problem_id is missing"):
        query_problem(row(problem_id=...))
