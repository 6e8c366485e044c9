"""PIE's Table 5 and speedups by kind of edit, counted by hand."""

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pie.core.metrics.standing import UnsupportedAs
from pie.core.report import error_formats
from pie.core.report.edit_kinds import EditKind
from pie.core.report.error_analysis import (
    ErrorAnalysis,
    Failing,
    NotCounted,
    analyse,
    of_wrong_share,
    outcome,
)
from pie.core.report.pair_rows import ReportError, pair_from_row

SLOW = "int main() { int s = 0; for (int i = 0; i < 9; i++) s += i; cout << s; }\n"
FAST = "int main() { cout << 36; }\n"

Row = dict[str, Any]


def correct(seconds: float) -> Row:
    return {"verdict": "accepted", "agg_runtime": seconds, "tests": 20, "tests_passed": 20}


def bad(verdict: str, passed: int = 0, tests: int = 20) -> Row:
    return {"verdict": verdict, "agg_runtime": None, "tests": tests, "tests_passed": passed}


def row(*generations: Row, **changes: Any) -> Row:
    return {
        "problem_id": "p1",
        "src_code": SLOW,
        "tgt_code": FAST,
        "src_verdict": "accepted",
        "tgt_verdict": "accepted",
        "src_agg_runtime": 1.0,
        "tgt_agg_runtime": 0.5,
        "generated_answers": [FAST] * len(generations),
        "generations": list(generations),
        **changes,
    }


def of(*rows: Row, threshold: float = 1.1) -> ErrorAnalysis:
    return analyse(((pair_from_row(one), one) for one in rows), threshold)


def reasons(found: ErrorAnalysis) -> dict[Failing, int]:
    return {one.reason: one.programs for one in found.failures if one.programs}


@pytest.mark.parametrize(
    ("generation", "reason"),
    [
        (bad("compile_error"), Failing.COMPILE_ERROR),
        (bad("no_code"), Failing.NO_CODE),
        (bad("wrong_answer", 0), Failing.WRONG_95),
        (bad("wrong_answer", 1), Failing.WRONG_95),
        (bad("wrong_answer", 2), Failing.WRONG_75),
        (bad("wrong_answer", 4), Failing.WRONG_75),
        (bad("wrong_answer", 5), Failing.WRONG_25),
        (bad("wrong_answer", 14), Failing.WRONG_25),
        (bad("wrong_answer", 15), Failing.WRONG_0),
        (bad("runtime_error", 19), Failing.WRONG_0),
        (bad("time_limit", 10), Failing.WRONG_25),
        (bad("memory_limit"), Failing.WRONG_95),
        (bad("output_limit"), Failing.WRONG_95),
        (bad("nondeterministic", 20), Failing.UNRELIABLE),
        (bad("tampering", 20), Failing.UNRELIABLE),
        (correct(1.01), Failing.SLOWER),
        (correct(1.0), Failing.SAME),
        (correct(1 / 1.004), Failing.SAME),
        (correct(1 / 0.996), Failing.SAME),
        (correct(1 / 1.05), Failing.BELOW_THRESHOLD),
        (correct(1 / 1.09), Failing.BELOW_THRESHOLD),
    ],
)
def test_each_failing_program_has_one_reason(generation: Row, reason: Failing) -> None:
    found = of(row(generation))
    assert reasons(found) == {reason: 1}
    assert (found.generated, found.optimised, found.failed) == (1, 0, 1)


def test_a_program_at_the_threshold_is_optimised_and_no_failure() -> None:
    found = of(row(correct(1 / 1.1), correct(0.1), correct(1 / 1.09)))
    assert (found.optimised, found.failed) == (2, 1)


def test_programs_that_cannot_be_compared_are_counted_apart() -> None:
    no_source = {"src_verdict": "wrong_answer", "src_agg_runtime": None}
    found = of(row(bad("not_measured"), correct(0.1)), row(bad("compile_error"), **no_source))
    assert {reason: number for reason, number in found.not_counted.items() if number} == {
        NotCounted.NOT_MEASURED: 1,
        NotCounted.NO_BASELINE: 1,
    }
    assert (found.generated, found.optimised, found.failed) == (3, 1, 0)


@pytest.mark.parametrize(
    ("unsupported", "reason"),
    [
        (UnsupportedAs.FAILED, Failing.UNSUPPORTED),
        (UnsupportedAs.LEFT_OUT, NotCounted.UNSUPPORTED),
    ],
)
def test_what_the_machine_cannot_measure_has_a_line_of_its_own(
    unsupported: UnsupportedAs, reason: Failing | NotCounted
) -> None:
    pair = pair_from_row(row(bad("unsupported")))
    told = bad("unsupported")
    assert outcome(pair, pair.generations[0], told, 1.1, unsupported) is reason
    refused = {"src_verdict": "unsupported", "src_agg_runtime": None}
    found = of(row(correct(0.1), **refused))
    assert found.not_counted[NotCounted.UNSUPPORTED_SOURCE] == 1


GENERATIONS = st.one_of(
    st.floats(0.01, 100).map(correct),
    st.sampled_from(["compile_error", "no_code", "nondeterministic", "not_measured"]).map(bad),
    st.integers(0, 19).map(lambda passed: bad("wrong_answer", passed)),
)


@given(st.lists(GENERATIONS, max_size=30))
def test_every_program_is_in_one_number_and_the_shares_add_up(generations: list[Row]) -> None:
    found = of(row(*generations))
    counted = found.optimised + found.failed + sum(found.not_counted.values())
    assert counted == found.generated == len(generations)
    assert sum(one.programs for one in found.failures) == found.failed
    total = sum(one.share for one in found.failures)
    assert total == (pytest.approx(1) if found.failed else 0)


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(1, n), st.just(n))))
def test_classes_of_wrong_tests_are_pies_bounds(numbers: tuple[int, int]) -> None:
    wrong, tests = numbers
    share = 100 * wrong / tests
    expected = (
        Failing.WRONG_95
        if share >= 95
        else Failing.WRONG_75
        if share > 75
        else Failing.WRONG_25
        if share > 25
        else Failing.WRONG_0
    )
    assert of_wrong_share(wrong, tests) is expected


def test_speedups_by_kind_of_edit_are_of_accepted_programs_and_not_clamped() -> None:
    same_but_renamed = SLOW.replace("s ", "t ")
    rows = [
        row(
            correct(0.5),
            correct(2.0),
            bad("wrong_answer"),
            correct(0.25),
            generated_answers=[FAST, SLOW + "// x", FAST, FAST],
        ),
        row(correct(1.0), generated_answers=[SLOW], tgt_agg_runtime=0.125),
    ]
    assert same_but_renamed != SLOW
    found = of(*rows)
    algorithm, formatting = found.generated_by_kind
    assert (algorithm.kind, algorithm.programs, algorithm.optimised) == (EditKind.ALGORITHM, 2, 1.0)
    assert (algorithm.mean, algorithm.median) == (3.0, 3.0)
    assert algorithm.geometric_mean == pytest.approx(8**0.5)
    assert (formatting.kind, formatting.programs) == (EditKind.FORMATTING, 2)
    assert (formatting.mean, formatting.optimised) == (0.75, 0.0)
    (human,) = found.human_by_kind
    assert (human.programs, human.mean) == (2, 5.0)


@pytest.mark.parametrize(
    "changes",
    [
        {"src_code": None},
        {"generated_answers": []},
        {"generated_answers": [1]},
        {"language": "cobol"},
        {"generations": [bad("wrong_answer", 20)]},
        {"generations": [{"verdict": "wrong_answer", "agg_runtime": None}]},
    ],
    ids=str,
)
def test_a_damaged_row_is_one_sentence(changes: Row) -> None:
    with pytest.raises(ReportError, match="row"):
        of(row(correct(0.5), **changes))


def test_all_formats_hold_the_numbers() -> None:
    found = of(row(correct(0.5), bad("compile_error"), bad("no_code"), correct(1.0)))
    document = json.loads(error_formats.as_json(found))
    assert document["failed"] == 3
    assert sum(one["share"] for one in document["failures"]) == pytest.approx(1)
    lines = list(csv.DictReader(io.StringIO(error_formats.as_csv(found))))
    assert {one["table"] for one in lines} == {"failures", "generated", "human"}
    text = error_formats.as_markdown(found)
    assert "| failed to compile | 1 | 33.33% |" in text
    assert "| all | 3 | 100.00% |" in text
    assert error_formats.as_table(found) is not None


def test_a_run_without_generations_has_an_empty_table() -> None:
    found = of(row())
    assert (found.generated, found.failed, found.generated_by_kind) == (0, 0, ())
    assert "| all | 0 | 0.00% |" in error_formats.as_markdown(found)
