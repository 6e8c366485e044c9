"""What is written for a row: its results beside its own fields, and a line for each run."""

import json
from dataclasses import replace
from typing import Any

import pytest

from pie.core.native_lines import native_lines
from pie.core.report.pair_rows import pair_from_row
from pie.core.report.startup import Startup
from pie.core.result_rows import measurement_lines, result_row
from pie.core.rows import Row, parse_row
from sim.agreement import Cost, Start, agreement
from sim.jobs import MeasuredRun
from sim.machine import CLOCK_HZ
from sim.procedure import Outcome, TestOutcome
from sim.program import Build, Language
from sim.verdict import Verdict

START = 1000


def row(**changes: Any) -> Row:
    fields: dict[str, Any] = {
        "src_id": "s1",
        "tgt_id": "s2",
        "problem_id": "p1",
        "src_code": "slow",
        "tgt_code": "fast",
        "tests": [3, 5],
        "user_id": "u1",
        **changes,
    }
    return parse_row(json.dumps(fields).encode())


def run(cycles: int | None, seconds: float = 0.0, counters: Any = None) -> MeasuredRun:
    return MeasuredRun(
        Verdict.ACCEPTED,
        cycles=cycles,
        instructions=7,
        seconds=seconds if cycles is None else cycles / CLOCK_HZ,
        counters=counters or {"branches": 2},
        output_sha256="ab",
        host_seconds=0.5,
    )


def accepted(*runs: MeasuredRun, name: str = "d1") -> Outcome:
    tests = tuple(
        TestOutcome(str(test), Verdict.ACCEPTED, run=one, native_seconds=0.25, peak_bytes=4096)
        for test, one in zip((3, 5), runs, strict=False)
    )
    build = Build(Language.CPP, digest="b1", size=9)
    return Outcome(Verdict.ACCEPTED, "", tests, build, name)


def rejected(verdict: Verdict = Verdict.WRONG_ANSWER, name: str = "d2") -> Outcome:
    tests = (
        TestOutcome("3", Verdict.ACCEPTED),
        TestOutcome("5", verdict, "token 1 is 2, not 3"),
    )
    return Outcome(verdict, "test 5: token 1 is 2, not 3", tests, None, name)


STARTUP = Startup({Language.CPP: accepted(run(START))})


def results(*outcomes: Outcome, **changes: Any) -> dict[str, Any]:
    return result_row(row(**changes), outcomes, "cachegrind:f00d", STARTUP)


def test_runtimes_are_sums_over_the_tests_in_seconds_of_the_machine() -> None:
    made = results(accepted(run(6000), run(8000)), accepted(run(3000), run(4000)))
    assert made["src_agg_runtime"] == 14_000 / CLOCK_HZ
    assert made["tgt_agg_runtime"] == 7_000 / CLOCK_HZ
    assert made["speedup"] == 2.0
    assert (made["src_verdict"], made["tgt_verdict"]) == ("accepted", "accepted")
    assert made["measured_on"] == "cachegrind:f00d"


def test_identical_programs_have_a_speedup_of_exactly_one() -> None:
    same = accepted(run(1_234_567), run(89))
    assert results(same, same)["speedup"] == 1.0


def test_the_speedup_is_of_cycles_not_of_rounded_seconds() -> None:
    made = results(accepted(run(3), run(0)), accepted(run(7), run(0)))
    assert made["speedup"] == 3 / 7


def test_on_the_real_cpu_the_speedup_is_of_seconds() -> None:
    slow, fast = (
        accepted(run(None, 0.25), run(None, 0.5)),
        accepted(run(None, 0.125), run(None, 0.25)),
    )
    assert results(slow, fast)["speedup"] == 2.0
    assert results(slow, fast)["src_agg_runtime"] == 0.75


def test_what_was_not_accepted_has_no_runtime_and_no_speedup() -> None:
    made = results(accepted(run(10), run(10)), rejected())
    assert made["tgt_agg_runtime"] is None
    assert made["speedup"] is None
    assert made["tgt_startup_share"] is None
    assert made["tgt_verdict"] == "wrong_answer"
    assert made["tgt_detail"] == "test 5: token 1 is 2, not 3"


def test_the_share_of_startup_is_that_of_all_tests_and_at_most_one() -> None:
    made = results(accepted(run(2 * START), run(2 * START)), accepted(run(1), run(1)))
    assert made["src_startup_share"] == pytest.approx(0.5)
    assert made["tgt_startup_share"] == 1.0


def test_net_costs_are_without_a_start_for_each_test() -> None:
    slow, fast = accepted(run(5 * START), run(5 * START)), accepted(run(2 * START), run(2 * START))
    empty = accepted(run(START), run(START - 1))
    made = results(slow, fast, empty, rejected())
    assert made["net_speedup"] == 4.0
    assert made["speedup"] == 2.5
    assert made["src_net_runtime"] == 8 * START / CLOCK_HZ
    assert (made["src_marks"], made["tgt_marks"]) == ([], [])
    below, wrong = made["generations"]
    assert (below["net_runtime"], below["marks"]) == (None, ["below_start"])
    assert (wrong["net_runtime"], wrong["marks"]) == (None, [])
    assert below["verdict"] == "accepted", "a mark changes no verdict"
    assert results(slow, empty)["net_speedup"] is None
    seconds = accepted(run(None, 0.25), run(None, 0.5))
    assert results(seconds, seconds)["src_net_runtime"] is None


def test_every_generation_is_listed_with_what_became_of_it() -> None:
    made = results(
        accepted(run(9), run(9)),
        accepted(run(9), run(9)),
        accepted(run(1), run(1)),
        rejected(),
        Outcome(Verdict.COMPILE_ERROR, "error: no", (), None, "d3"),
        generated_answers=["a", "b", "c"],
    )
    assert made["generations"] == [
        {
            "agg_runtime": 2 / CLOCK_HZ,
            "net_runtime": None,
            "marks": ["below_start"],
            "verdict": "accepted",
            "detail": "",
            "tests_passed": 2,
            "tests": 2,
        },
        {
            "agg_runtime": None,
            "net_runtime": None,
            "marks": [],
            "verdict": "wrong_answer",
            "detail": "test 5: token 1 is 2, not 3",
            "tests_passed": 1,
            "tests": 2,
        },
        {
            "agg_runtime": None,
            "net_runtime": None,
            "marks": [],
            "verdict": "compile_error",
            "detail": "error: no",
            "tests_passed": 0,
            "tests": 2,
        },
    ]


def test_a_result_is_an_input_row_again_and_a_row_of_a_report() -> None:
    made = results(accepted(run(4), run(4)), rejected(), extra={"kept": [1]}, src_agg_runtime=99)
    again = parse_row(json.dumps(made, allow_nan=False).encode())
    assert (again.src_code, again.tests, again.fields["extra"]) == ("slow", (3, 5), {"kept": [1]})
    assert again.fields["user_id"] == "u1"
    assert again.fields["src_agg_runtime"] == 8 / CLOCK_HZ
    assert pair_from_row(made).tgt_verdict is Verdict.WRONG_ANSWER


def test_a_line_is_written_for_each_program_and_test() -> None:
    outcomes = [accepted(run(4), run(6)), rejected()]
    lines = list(measurement_lines(row(), outcomes, set()))
    assert [(one["role"], one["test"], one["verdict"]) for one in lines] == [
        ("src", "3", "accepted"),
        ("src", "5", "accepted"),
        ("tgt", "3", "accepted"),
        ("tgt", "5", "wrong_answer"),
    ]
    first, last = lines[0], lines[3]
    assert first["cycles"] == 4
    assert first["instructions"] == 7
    assert first["seconds"] == 4 / CLOCK_HZ
    assert first["counters"] == {"branches": 2}
    assert (first["program"], first["binary"], first["problem_id"]) == ("d1", "b1", "p1")
    assert (last["cycles"], last["seconds"], last["counters"]) == (None, None, {})
    assert last["detail"] == "token 1 is 2, not 3"


def test_what_differs_between_hosts_has_a_file_of_its_own() -> None:
    same = agreement(Cost(0.5, 1.0), Cost(0.5, 0.1), Start(), 2, 3)
    source, target = accepted(run(4), run(6)), accepted(run(2), run(3), name="d3")
    written: set[bytes] = set()
    lines = list(native_lines(7, row(), [source, replace(target, native=same)], written))
    assert [one["kind"] for one in lines] == ["run"] * 4 + ["pair"]
    first, pair = lines[0], lines[-1]
    assert (first["program"], first["test"], first["problem_id"]) == ("d1", "3", "p1")
    assert (first["native_cpu_seconds"], first["peak_memory_bytes"]) == (0.25, 4096)
    assert first["host_seconds"] == 0.5
    assert (pair["row"], pair["src_id"], pair["tgt_id"], pair["role"]) == (7, "s1", "s2", "tgt")
    assert (pair["program"], pair["eligible"], pair["suspicious"]) == ("d3", True, True)
    assert (pair["native_speedup"], pair["simulated_speedup"]) == (1.0, 10.0)
    again = list(native_lines(8, row(), [source, target], written))
    assert again == [], "runs are written once, and what was not compared is no pair"
    measured = list(measurement_lines(row(), [source, target], set()))
    assert not {"native_cpu_seconds", "peak_memory_bytes", "host_seconds"} & set(measured[0])
    told = list(native_lines(0, row(), [source, rejected()], set()))
    assert told[-1]["peak_memory_bytes"] is None, "no memory was reported"


def test_a_result_row_is_the_same_however_much_memory_the_native_run_took() -> None:
    made = [accepted(run(4), run(6)), accepted(run(2), run(3))]
    other = [
        replace(
            one, tests=tuple(replace(test, peak_bytes=9, native_seconds=9) for test in one.tests)
        )
        for one in made
    ]
    assert results(*made) == results(*other)


def test_a_program_that_was_never_run_has_one_line_without_a_test() -> None:
    broken = Outcome(Verdict.COMPILE_ERROR, "error: no", (), None, "d3")
    lines = list(measurement_lines(row(), [broken, broken], set()))
    assert [(one["test"], one["verdict"], one["detail"]) for one in lines] == [
        (None, "compile_error", "error: no")
    ]


def test_a_program_that_an_earlier_row_brought_is_not_written_again() -> None:
    written: set[bytes] = set()
    outcomes = [accepted(run(4), run(6), name="a"), accepted(run(1), run(1), name="b")]
    assert len(list(measurement_lines(row(), outcomes, written))) == 4
    assert list(measurement_lines(row(src_id="s9"), outcomes, written)) == []
    assert len(list(measurement_lines(row(problem_id="p2"), outcomes, written))) == 4
    assert len(list(measurement_lines(row(tests=[3]), outcomes, written))) == 4


def test_a_program_that_exceeds_the_budget_of_another_row_is_written_for_that_row_too() -> None:
    written: set[bytes] = set()
    fine = [accepted(run(4), run(6), name="a"), accepted(run(1), run(1), name="b")]
    part = TestOutcome("3", Verdict.TIME_LIMIT, "more than 9 instructions", run(2))
    over = Outcome(Verdict.TIME_LIMIT, "why", (part,), fine[1].build, fine[1].program_digest)
    assert len(list(measurement_lines(row(), fine, written))) == 4
    (line,) = measurement_lines(row(src_id="s9"), [fine[0], over], written)
    assert (line["src_id"], line["role"], line["verdict"]) == ("s9", "tgt", "time_limit")


def test_the_same_input_with_another_expected_output_is_written_too() -> None:
    written: set[bytes] = set()
    outcomes = [accepted(run(4)), accepted(run(4))]
    for expected in ("1", "2"):
        tests = [{"input": "0", "output": expected}]
        assert len(list(measurement_lines(row(tests=tests), outcomes, written))) == 1


def test_generations_are_numbered_by_their_place_in_the_row() -> None:
    outcomes = [accepted(run(1), name=str(number)) for number in range(4)]
    made = row(tests=[3], generated_answers=["a", "b"])
    roles = [one["role"] for one in measurement_lines(made, outcomes, set())]
    assert roles == ["src", "tgt", "generation_0", "generation_1"]
