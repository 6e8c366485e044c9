"""The report of a run: numbers, counts and remarks, however far the run has come."""

import json
import math
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pie.core.metrics.metrics import (
    exclusion_at_k,
    is_judged_at_k,
)
from pie.core.metrics.pair_result import PairResult
from pie.core.metrics.standing import UnsupportedAs
from pie.core.report.pair_rows import pair_from_row
from pie.core.report.report import Report, ReportError, build_report, read_report
from sim.verdict import Verdict
from tests.cases import cases
from tests.unit.core.metrics.pie_means import (
    correct_share_at_k,
    mean_speedup_at_k,
    optimised_share_at_k,
)

MANIFEST = {
    "schema_version": 1,
    "machine": {"name": "skylake", "fingerprint": "f00d", "threads": 1},
    "rows": 3,
    "rows_left_out": 0,
    "pairs_file": "test.jsonl",
    "started": "some time",
}


def program(outcome: float | str) -> dict[str, object]:
    if isinstance(outcome, str):
        return {"verdict": outcome, "agg_runtime": None}
    return {"verdict": "accepted", "agg_runtime": outcome}


def row(problem: str, source: float | str, target: float | str, *generations: float | str):
    """A row of pairs.jsonl; a verdict instead of a time for a program that was not accepted."""
    src, tgt = program(source), program(target)
    return {
        "src_id": "s1",
        "tgt_id": "s2",
        "problem_id": problem,
        "src_verdict": src["verdict"],
        "src_agg_runtime": src["agg_runtime"],
        "tgt_verdict": tgt["verdict"],
        "tgt_agg_runtime": tgt["agg_runtime"],
        "generations": [program(generation) for generation in generations],
    }


def report(*rows: dict[str, object], planned: int | None = None, **options: float) -> Report:
    manifest = {**MANIFEST, "rows": len(rows) if planned is None else planned}
    return build_report(map(pair_from_row, rows), manifest, **options)


def write_run(folder: Path, manifest: object, lines: str) -> Path:
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "pairs.jsonl").write_text(lines)
    return folder


outcomes = st.floats(1e-6, 1e6) | st.sampled_from([v.value for v in Verdict if v != "accepted"])
pairs = st.builds(
    lambda problem, source, target, made: pair_from_row(row(problem, source, target, *made)),
    st.sampled_from(["p1", "p2", "p3"]),
    outcomes,
    outcomes,
    st.lists(outcomes, max_size=4),
)


def build(rows: list[PairResult]) -> Report:
    return build_report(rows, {**MANIFEST, "rows": len(rows)}, not_measured_limit=1.0)


def test_pies_worked_example():
    made = report(row("a", 10, 5, 2), row("b", 10, 5, 20), row("c", 10, 5, "wrong_answer"))
    (best,) = made.best_at
    assert best.name == "best@1"
    assert best.k == 1
    assert round(best.speedup.value, 3) == 2.333
    assert best.median == 1
    assert best.geometric_mean.value == pytest.approx(5 ** (1 / 3))
    assert round(100 * best.optimised.value, 1) == 33.3
    assert round(100 * best.correct.value, 1) == 66.7
    assert made.human.speedup.value == 2
    assert made.human_at_1.optimised.value == made.human_at_1.correct.value == 1


def test_the_human_reference_is_not_clamped_and_the_human_as_a_generation_is():
    made = report(row("a", 1.0, 2.0), row("b", 1.0, 0.5))
    assert made.human.speedup.value == 1.25
    assert made.human.geometric_mean.value == 1.0
    assert made.human.correct is None
    assert made.human_at_1.speedup.value == 1.5


def test_without_generations_there_is_only_the_human_reference():
    made = report(row("a", 2, 1), row("b", 2, 1))
    assert made.best_at == ()
    assert made.scores == (made.human, made.human_at_1)
    assert made.notes == ("intervals over only 2 problems are rough, and rather too narrow",)


def test_every_k_up_to_the_largest_number_of_generations_wherever_that_row_is():
    rows = [row("a", 8, 8, 4), row("b", 8, 8), row("c", 8, 8, 8, 4, 2)]
    for order in (rows, rows[::-1]):
        made = report(*order)
        assert [score.k for score in made.best_at] == [1, 2, 3]
        assert [score.speedup.value for score in made.best_at] == [1.5, 2, 3]
        assert all(score.excluded["no_generations"] == 1 for score in made.best_at)
    assert "rows excluded, without generations: 1 of best@1 to best@3" in made.notes


@settings(deadline=None, max_examples=cases(25))
@given(st.lists(pairs, max_size=12))
def test_one_pass_gives_what_the_formulas_give_over_all_rows(rows):
    for score in build(rows).best_at:
        if any(exclusion_at_k(pair, score.k) is None for pair in rows):
            assert score.speedup.value == mean_speedup_at_k(rows, score.k)
            assert score.optimised.value == optimised_share_at_k(rows, score.k)
        else:
            assert score.speedup is score.optimised is score.median is None
        if any(is_judged_at_k(pair, score.k) for pair in rows):
            assert score.correct.value == correct_share_at_k(rows, score.k)
        else:
            assert score.correct is None


@settings(deadline=None, max_examples=cases(25))
@given(st.lists(pairs, max_size=12), st.integers())
def test_the_order_of_the_rows_changes_nothing_not_even_an_interval(rows, seed):
    assert build(random.Random(seed).sample(rows, len(rows))) == build(rows)


@settings(deadline=None, max_examples=cases(25))
@given(st.lists(pairs, max_size=12))
def test_all_counts_add_up(rows):
    made = build(rows)
    assert sum(made.verdicts["source"].values()) == made.rows.finished == len(rows)
    assert sum(made.verdicts["target"].values()) == len(rows)
    assert sum(made.verdicts["generation"].values()) == sum(len(p.generations) for p in rows)
    for score in made.scores:
        assert score.scored + sum(score.excluded.values()) == score.rows == len(rows)


@settings(deadline=None, max_examples=cases(25))
@given(st.lists(st.floats(1e-6, 1e6), min_size=2, max_size=9))
def test_identical_programs_give_exactly_one_everywhere(times):
    made = report(*(row(f"p{i}", time, time, time) for i, time in enumerate(times)))
    for score in made.scores:
        assert score.speedup.value == score.median == score.geometric_mean.value == 1.0
        assert score.speedup.interval.low == score.speedup.interval.high == 1.0
        assert score.optimised.value == 0.0


def test_rows_that_we_failed_to_measure_are_left_out_and_counted():
    rows = [row("a", 10, 5, 2)] * 19 + [row("b", 10, 5, "not_measured")]
    made = report(*rows)
    assert not made.refused
    assert made.best_at[0].speedup.value == 5
    assert made.best_at[0].scored == 19
    assert "rows excluded, not measured through our own failure: 1 of best@1" in made.notes


def test_too_many_of_them_refuse_the_lines_they_concern_and_no_other():
    rows = [row("a", 10, 5, 2, 2)] * 18 + [row("b", 10, 5, 2, "not_measured")] * 2
    made = report(*rows)
    first, second = made.best_at
    assert made.refused
    assert first.refusal is None
    assert first.speedup.value == 5
    assert second.speedup is second.optimised is second.median is second.correct is None
    assert "2 of 20 rows were not measured" in second.refusal
    assert any(note.startswith("best@2: no numbers, since 2 of 20") for note in made.notes)
    assert not report(*rows, not_measured_limit=0.1).refused


def test_rows_without_generations_do_not_dilute_our_failures():
    rows = [row("a", 10, 5)] * 20 + [row("b", 10, 5, "not_measured")]
    assert report(*rows).best_at[0].refusal is not None


def test_a_wrong_source_leaves_the_speed_metrics_but_its_generations_are_judged():
    made = report(row("a", "wrong_answer", 5, 2), row("b", 10, 5, "wrong_answer"))
    best = made.best_at[0]
    assert (best.scored, best.judged) == (1, 2)
    assert best.speedup.value == 1
    assert best.correct.value == 0.5
    assert "rows excluded, without a baseline (source not accepted): 1 in every line" in made.notes
    assert "rows in %Correct: 2 of human@1, 2 of best@1" in made.notes


def test_one_problem_has_no_interval_and_the_report_says_why():
    made = report(row("a", 10, 5, 2), row("a", 10, 5, 1))
    assert made.best_at[0].speedup.interval is None
    assert made.notes == (
        "all rows are of one problem, and intervals are over problems: there is none",
    )


def test_the_interval_of_the_geometric_mean_is_that_of_the_logarithms():
    made = report(*(row(f"p{i}", 2.0**i, 1.0) for i in range(8)))
    interval = made.human.geometric_mean.interval
    assert math.log2(interval.low) * 8 == pytest.approx(round(math.log2(interval.low) * 8))
    assert interval.low < made.human.geometric_mean.value < interval.high


def test_a_threshold_of_ones_own():
    rows = (row("a", 10, 5, 8), row("b", 10, 5, 4))
    assert report(*rows, threshold=2.0).best_at[0].optimised.value == 0.5
    assert "speedup of 2 or more" in report(*rows, threshold=2.0).definitions


def test_an_unfinished_run_says_how_much_is_missing(tmp_path):
    lines = json.dumps(row("a", 10, 5)) + "\n" + '{"src_id": "s'
    made = read_report(write_run(tmp_path, MANIFEST, lines))
    assert (made.rows.planned, made.rows.finished, made.rows.missing) == (3, 1, 2)
    assert made.notes[0] == (
        "unfinished: 2 of 3 rows are missing (66.7%); the numbers are of the first 1"
    )


def test_a_run_before_its_first_row_is_a_report_without_numbers(tmp_path):
    (tmp_path / "manifest.json").write_text(json.dumps(MANIFEST))
    made = read_report(tmp_path)
    assert made.rows.missing == 3
    assert made.human.speedup is None
    assert not made.refused


def test_a_run_of_no_rows_at_all_is_complete():
    made = report()
    assert made.rows.missing == made.problems == 0
    assert made.notes == ()


def test_rows_left_out_are_remarked_upon():
    made = build_report([], {**MANIFEST, "rows": 0, "rows_left_out": 2})
    assert made.notes == ("2 rows of the file could not be used and were left out",)


def test_a_folder_that_is_no_run_gets_a_sentence_with_the_remedy(tmp_path):
    with pytest.raises(ReportError, match=r"is not a run folder.*pie simulate"):
        read_report(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "\udcff"])
def test_a_damaged_manifest_is_named(tmp_path, text):
    path = tmp_path / "manifest.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ReportError, match=r"manifest\.json"):
        read_report(tmp_path)


@pytest.mark.parametrize("key", ["machine", "rows", "rows_left_out", "pairs_file"])
def test_a_manifest_that_lacks_a_key_is_an_error_that_names_it(key):
    with pytest.raises(ReportError, match=f"no proper {key} "):
        build_report([], {k: v for k, v in MANIFEST.items() if k != key})


@pytest.mark.parametrize("manifest", [[], None, "text"])
def test_a_manifest_that_is_no_object_is_an_error(manifest):
    with pytest.raises(ReportError, match="schema_version"):
        build_report([], manifest)


def test_a_manifest_of_another_version_is_not_guessed_at():
    with pytest.raises(ReportError, match="schema_version 2"):
        build_report([], {**MANIFEST, "schema_version": 2})


def test_more_rows_than_planned_are_two_runs_mixed():
    with pytest.raises(ReportError, match=r"2 rows but manifest\.json plans 1"):
        report(row("a", 10, 5), row("b", 10, 5), planned=1)


def test_a_damaged_row_is_named_by_file_and_line(tmp_path):
    lines = json.dumps(row("a", 10, 5)) + "\n{\n" + json.dumps(row("b", 10, 5)) + "\n"
    with pytest.raises(ReportError, match=r"pairs\.jsonl:2: "):
        read_report(write_run(tmp_path, MANIFEST, lines))


def test_a_remark_on_many_generations_stays_short():
    falling = [row("a", 9, 9, *[1] * 20, *["not_measured"] * k) for k in range(40)]
    for made in (report(*falling), report(*falling, not_measured_limit=1)):
        assert len(made.best_at) == 59
        assert all(len(note) < 400 for note in made.notes)
        assert len(made.notes) < 15


def test_refusals_of_neighbouring_lines_are_one_remark():
    made = report(row("a", 9, 9, 3, *["not_measured"] * 9), row("b", 9, 9, 3))
    refusals = [note for note in made.notes if ": no numbers, since" in note]
    assert [note.split(":")[0] for note in refusals] == ["best@2 to best@10"]


@pytest.mark.parametrize(("level", "said"), [("partial", True), ("full", False)])
def test_a_run_in_the_weaker_sandbox_says_so(level, said):
    made = build_report([], {**MANIFEST, "rows": 0, "setting": {"sandbox": level}})
    assert any("weaker sandbox (no bubblewrap)" in note for note in made.notes) == said


def test_an_answer_that_the_machine_cannot_measure_is_failed_or_its_row_left_out():
    rows = [row("a", 10, 5, 2), row("b", 10, 5, "unsupported", 5)]
    failed = report(*rows)
    assert [one.speedup.value for one in failed.best_at] == [3.0, 3.5]
    assert [one.correct.value for one in failed.best_at] == [0.5, 1.0]
    assert "counted as failed" in failed.definitions
    left = report(*rows, unsupported=UnsupportedAs.LEFT_OUT)
    assert [one.speedup.value for one in left.best_at] == [5.0, 5.0]
    assert [one.excluded["unsupported"] for one in left.best_at] == [1, 1]
    assert [one.correct.value for one in left.best_at] == [1.0, 1.0]
    assert "their rows left out" in left.definitions
    assert (failed.unsupported, left.unsupported) == ("failed", "left-out")
    assert not left.refused


@pytest.mark.parametrize("unsupported", list(UnsupportedAs))
def test_a_source_or_target_that_the_machine_cannot_measure_is_a_row_without_a_baseline(
    unsupported,
):
    rows = [row("a", 10, 5, 2)] * 3 + [row("b", "unsupported", 5, 2), row("c", 9, "unsupported", 3)]
    made = report(*rows, unsupported=unsupported)
    assert made.human.excluded["unsupported_reference"] == 2
    assert made.best_at[0].excluded["unsupported_reference"] == 1
    assert made.human_at_1.excluded["unsupported"] == 1
    assert made.human.scored == made.human_at_1.scored == 3
    assert made.verdicts["source"]["unsupported"] == made.verdicts["target"]["unsupported"] == 1
    assert any("the machine cannot measure" in note for note in made.notes)


@pytest.mark.parametrize(("kind", "said"), [("address space", True), ("resident pages", False)])
def test_a_run_without_control_groups_says_what_limited_its_memory(kind, said):
    made = build_report([], {**MANIFEST, "rows": 0, "setting": {"sandbox": "full", "memory": kind}})
    assert any("limited as address space" in note for note in made.notes) == said


def test_the_worked_example_of_the_definitions() -> None:
    """Old times 10, 10, 10; best 2, 20, none: speedups 5, 1, 1."""
    rows = [
        row("a", 10.0, 9.0, 2.0, 4.0),
        row("b", 10.0, 9.0, 20.0, "wrong_answer"),
        row("c", 10.0, 9.0, "wrong_answer", "compile_error"),
    ]
    report = build_report(map(pair_from_row, rows), MANIFEST)
    best = report.best_at[1]
    assert best.speedup is not None
    assert best.optimised is not None
    assert best.correct is not None
    assert round(best.speedup.value, 3) == 2.333
    assert (round(best.optimised.value, 3), round(best.correct.value, 3)) == (0.333, 0.667)


def with_nets(made: dict[str, object], *nets: float | None) -> dict[str, object]:
    """Add net times to a row: None is a program below the start."""
    programs = [made, made, *made["generations"]]  # type: ignore[misc]
    prefixes = ["src_", "tgt_", *[""] * (len(programs) - 2)]
    for program, prefix, net in zip(programs, prefixes, nets, strict=True):
        program[f"{prefix}net_runtime"] = net
        program[f"{prefix}marks"] = ["below_start"] if net is None else []
    return made


def test_net_numbers_stand_beside_the_whole_ones() -> None:
    made = report(
        with_nets(row("p1", 10.0, 5.0, 4.0, 1.0), 8.0, 3.0, 2.0, None),
        with_nets(row("p2", 10.0, 9.5, 9.6), 1.0, 0.5, 0.6),
    )
    human, human_at_1, best, more = made.scores
    assert human.speedup.value == pytest.approx((2 + 10 / 9.5) / 2)
    assert human.net.speedup.value == pytest.approx((8 / 3 + 2) / 2)
    assert (human.optimised.value, human.net.optimised.value) == (0.5, 1.0)
    assert human_at_1.net.scored == 2
    assert (best.speedup.value, more.speedup.value) == pytest.approx(
        ((2.5 + 10 / 9.6) / 2, 5.52), abs=0.01
    )
    # The second answer to p1 costs no more than an empty program: it has no net speedup.
    assert best.net.speedup.value == more.net.speedup.value == pytest.approx((4 + 1 / 0.6) / 2)
    assert "below_start: 1 generation cost no more than an empty program" in " ".join(made.notes)


def test_a_source_below_the_start_has_no_net_speedup() -> None:
    made = report(
        with_nets(row("p1", 10.0, 5.0, 4.0), None, 3.0, 2.0),
        with_nets(row("p2", 10.0, 5.0, 5.0), 8.0, 4.0, 4.0),
    )
    assert [score.scored for score in made.scores] == [2, 2, 2]
    assert [score.net.scored for score in made.scores] == [1, 1, 1]


def test_a_run_without_net_times_has_no_net_numbers() -> None:
    assert [score.net for score in report(row("p1", 10.0, 5.0, 4.0)).scores] == [None] * 3
