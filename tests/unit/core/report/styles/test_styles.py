"""Each paper's own table, by the worked examples of its formulas."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pie.cli.app import app
from pie.core.metrics.estimate import Estimate
from pie.core.metrics.standing import UnsupportedAs
from pie.core.report.pair_rows import ReportError
from pie.core.report.styles.report import STYLES, style_report
from pie.core.report.styles.table import StyleReport
from sim.errors import InputError
from tests.unit.core.report.styles.run_of import One, ok, pairs_run, tasks_run, wrong


def cell(report: StyleReport, key: str, line: str = "", *, k: int | None = None) -> Any:
    """Return a number of a report: of the first line, or of the one that is named."""
    for part in report.parts:
        if any(column.key == key for column in part.columns):
            for one in part.lines:
                if line in ("", one.name) and (k is None or one.cells.get("k") == k):
                    value = one.cells[key]
                    return value.value if isinstance(value, Estimate) else value
    raise AssertionError(f"no {key} of {line or 'any line'}")


def test_soaps_numbers_of_the_paper_and_of_the_code_stand_side_by_side(tmp_path: Path) -> None:
    """Programs of 1 and 4 s beside 0.5 and 4 s: 1.5 by ratios, 1.111 by sums."""
    run = tasks_run(
        tmp_path,
        [
            {"references": [ok(0.5, peak=10, held=5)], "answers": [ok(1, peak=30, held=25)]},
            {"references": [ok(4, peak=10, held=5)], "answers": [ok(4, peak=10, held=15)]},
            {"references": [ok(1, peak=1, held=1)], "answers": [wrong()]},
        ],
    )
    report = style_report(run, "soap")
    assert cell(report, "n_seconds") == 1.5
    assert cell(report, "n_seconds_of_sums") == pytest.approx(5 / 4.5)
    assert cell(report, "seconds") == 2.5
    assert (cell(report, "peak"), cell(report, "n_peak")) == (20, 2)
    # The area under 10, 20, 20 and 10 MB at 0, 0.5, 1 and 1.5 s is 25 MB s.
    assert cell(report, "memory_time") == (25 + 15) / 2
    assert (cell(report, "n_memory_time"), cell(report, "n_memory_time_of_sums")) == (4, 4)
    assert cell(report, "pass_at_1") == pytest.approx(2 / 3)
    assert (cell(report, "tasks"), cell(report, "compared_tasks")) == (3, 2)


def test_what_a_machine_does_not_see_is_said_to_be_unknown(tmp_path: Path) -> None:
    run = tasks_run(tmp_path, [{"references": [ok(1.0)], "answers": [ok(2.0)]}], machine="native")
    (tmp_path / "native.jsonl").write_text("")
    report = style_report(run, "soap")
    assert cell(report, "n_seconds") == 2
    assert (cell(report, "peak"), cell(report, "n_memory_time")) == (None, None)
    notes = " ".join(report.notes)
    assert "MU and NMU are unknown" in notes
    assert "TMU and NTMU are unknown: the machine native sees no memory over time" in notes
    assert "gives another number each time" in notes


def test_native_peaks_stand_in_where_the_machine_counts_none(tmp_path: Path) -> None:
    run = tasks_run(tmp_path, [{"references": [ok(1.0)], "answers": [ok(2.0)]}], machine="native")
    lines = []
    for line, peak in zip((run / "measurements.jsonl").open(), (8e6, 4e6), strict=True):
        one = json.loads(line)
        about = {name: one[name] for name in ("task_id", "program", "test")}
        lines.append(json.dumps({"kind": "run", **about, "peak_memory_bytes": peak}))
    (run / "native.jsonl").write_text("\n".join(lines) + "\n")
    report = style_report(run, "soap")
    assert (cell(report, "peak"), cell(report, "n_peak")) == (4, 0.5)


def test_the_repetitions_of_a_noisy_machine_give_soaps_stability(tmp_path: Path) -> None:
    noisy = {"cpu_seconds_01": 1.0, "cpu_seconds_02": 3.0, "aa_ratio": 1.25}
    answer = ok(2.0, counters=noisy)
    run = tasks_run(tmp_path, [{"references": [ok(1.0)], "answers": [answer]}], machine="native")
    report = style_report(run, "soap")
    assert (cell(report, "repeats"), cell(report, "et_variation")) == (2, 50)
    assert any("off by 25.0% in the median of 1 tests" in note for note in report.notes)


def test_a_refinement_is_compared_with_its_first_programs(tmp_path: Path) -> None:
    """ET from 0.52 to 0.47 is 9.6 % less; a program that broke is in neither number."""
    run = tasks_run(
        tmp_path,
        [
            {"references": [ok(0.4)], "answers": [ok(0.52), ok(0.47)]},
            {"references": [ok(0.4)], "answers": [ok(9.0), wrong()]},
        ],
        iterations=1,
    )
    for folder in (run, run / "measured"):
        report = style_report(folder, "soap")
        assert cell(report, "programs", "iteration 0") == 2
        assert round(cell(report, "seconds_reduction", "iteration 1"), 1) == 9.6
        assert cell(report, "seconds_before", "iteration 1") == pytest.approx(0.52)
        assert cell(report, "seconds_after", "iteration 1") == pytest.approx(0.47)
        assert cell(report, "pass_at_1", "iteration 1") == 0.5


def test_perfcodegens_two_speedups_are_of_the_worked_example(tmp_path: Path) -> None:
    """References of 1 and 100 s, answers of 0.1 and 100 s: 1.009 by sums, 5.5 by ratios."""
    run = tasks_run(
        tmp_path,
        [
            {"references": [ok(3), ok(1)], "answers": [ok(0.1), ok(0.05)]},
            {"references": [ok(100)], "answers": [ok(100), wrong()]},
        ],
    )
    report = style_report(run, "perfcodegen")
    assert round(cell(report, "speedup_ratio_of_sums", k=1), 3) == 1.009
    assert cell(report, "speedup_mean_of_ratios", k=1) == 5.5
    assert cell(report, "speedup_mean_of_ratios", k=2) == 10.5
    assert (cell(report, "optimised", k=1), cell(report, "correct", k=1)) == (0.5, 1)
    assert (cell(report, "pass_at_k", k=1), cell(report, "pass_at_k", k=2)) == (0.75, 1)


def test_pies_numbers_are_of_the_worked_example(tmp_path: Path) -> None:
    """Sources of 10 s; the best answers take 2 s, 20 s, and none is right: 5, 1 and 1."""
    answers = ([ok(2), ok(4)], [ok(30), ok(20)], [wrong(), wrong()])
    tasks = [{"references": [ok(10), ok(1)], "answers": own} for own in answers]
    reports = [
        style_report(tasks_run(tmp_path / "tasks", tasks), "pie"),
        style_report(pairs_run(tmp_path / "pairs", [[ok(10), ok(1), *a] for a in answers]), "pie"),
    ]
    for report in reports:
        assert cell(report, "speedup", k=2) == pytest.approx(7 / 3)
        assert cell(report, "optimised", k=2) == pytest.approx(1 / 3)
        assert cell(report, "correct", k=2) == pytest.approx(2 / 3)
        assert cell(report, "scored", k=1) == 3
    refined = pairs_run(tmp_path / "refined", [[ok(10), ok(1), ok(5), ok(2)]], iterations=1)
    report = style_report(refined, "pie")
    assert [cell(report, "speedup", f"iteration {n}") for n in (0, 1)] == [2, 5]


def test_pass_at_k_is_the_unbiased_one(tmp_path: Path) -> None:
    """5 of 20 right: one drawn is right with a chance of 0.25."""
    answers = [ok(2)] * 5 + [wrong()] * 15
    run = tasks_run(tmp_path, [{"references": [ok(2)], "answers": answers}])
    assert cell(style_report(run, "coffe"), "pass_at_1") == 0.25
    assert cell(style_report(run, "coffe"), "pass_at_20") == 1


def test_an_answer_gets_the_dps_of_the_level_that_it_reaches(tmp_path: Path) -> None:
    """Scores 20, 60 and 100 at 900, 500 and 100: 450 gives 60, 100 gives 100, 1000 gives 0."""
    answers = [
        ok(450, model="a"),
        ok(100, model="b"),
        ok(1000, model="c"),
        ok(450, model="d"),
        ok(100, model="d"),
    ]
    task = {"references": [ok(900), ok(500), ok(100)], "answers": answers}
    run = tasks_run(tmp_path, [{**task, "reference_scores": [20, 60, 100]}])
    report = style_report(run, "evalperf")
    assert [cell(report, "dps", name) for name in "abcd"] == [60, 100, 0, 80]
    assert cell(report, "dps_norm", "a") == pytest.approx(200 / 3)
    # Without published scores: the share of the references that cost as much or more.
    report = style_report(tasks_run(tmp_path / "own", [task]), "evalperf")
    assert cell(report, "dps", "a") == pytest.approx(200 / 3)
    assert any("levels of 1 task are their own references" in note for note in report.notes)


def test_models_are_compared_on_the_tasks_that_all_of_them_solve(tmp_path: Path) -> None:
    references = [ok(4), ok(1)]
    run = tasks_run(
        tmp_path,
        [
            {"references": references, "answers": [ok(4, model="a"), ok(1, model="b")]},
            {"references": references, "answers": [ok(1, model="a"), wrong(model="b")]},
        ],
    )
    report = style_report(run, "evalperf")
    assert (cell(report, "dps", "a"), cell(report, "dps", "b")) == (75, 100)
    assert (cell(report, "dps_common", "a"), cell(report, "dps_common", "b")) == (50, 100)
    assert cell(report, "common", "a") == 1


def test_input_that_exercises_performance_alone_compares(tmp_path: Path) -> None:
    def costs(judging: float, exercising: float) -> One:
        return One({"private.0": judging, "private.pe": exercising})

    task = {
        "references": [costs(1, 9), costs(9, 1)],
        "answers": [costs(50, 1)],
        "reference_scores": [10, 100],
    }
    assert cell(style_report(tasks_run(tmp_path, [task]), "evalperf"), "dps") == 100


def level_costs(*costs: float | None) -> One:
    """Return a program with one case a level, up to the first that met a limit."""
    made: dict[str, float | None] = {}
    for number, one in enumerate(costs):
        made[f"level.{number}.0"] = one
        if one is None:
            break
    return One(made, "time_limit" if None in costs else "accepted")


@pytest.mark.parametrize(
    ("costs", "efficiency"),
    [
        ((1, 1, 1, 1), 1.0),
        ((2, 2, 2, 2), 0.0),
        ((0.5, 0.5, 0.5, 0.5), 1.5),
        ((1.9, 1, 1, 1), 1.0),
        ((1, 1, 1, 1.5), 0.8),
        # A level that met the limit is worth nothing, and so are all behind it.
        ((1, 1, None, 1), 0.3),
        ((1, 1, 2.5, 1), 0.3),
        ((None, 1, 1, 1), 0.0),
    ],
)
def test_enamels_efficiency_is_censored_by_its_limit(
    tmp_path: Path, costs: tuple[float | None, ...], efficiency: float
) -> None:
    task = {
        "references": [level_costs(1, 1, 1, 1)],
        "answers": [level_costs(*costs)],
        "hardness": [0, 3, 3, 4],
    }
    report = style_report(tasks_run(tmp_path, [task]), "enamel")
    assert cell(report, "eff_at_1") == pytest.approx(efficiency)


def test_eff_at_k_is_the_expected_best_and_a_wrong_answer_is_nothing(tmp_path: Path) -> None:
    broken = One({"level.0.0": 1.0, "level.1.0": None}, "wrong_answer", on={})
    broken.on["level.1.0"] = "wrong_answer"
    task = {
        "references": [level_costs(1, 1, 1, 1)],
        "answers": [level_costs(1, 1, 1, 1), broken],
        "hardness": [0, 3, 3, 4],
    }
    other = {**task, "counts_in_enamel": False, "answers": [broken, broken]}
    report = style_report(tasks_run(tmp_path, [task, other]), "enamel")
    assert (cell(report, "eff_at_1"), cell(report, "eff_at_2")) == (0.5, 1)
    assert "1 that ENAMEL does not count" in report.notes


def test_a_program_that_met_the_native_limit_counts_nothing_and_is_told(tmp_path: Path) -> None:
    native = One({"level.0.0": None, "level.1.0": None}, "time_limit")
    native.on["level.0.0"] = "accepted"
    task = {
        "references": [level_costs(1, 1, 1, 1)],
        "answers": [native],
        "hardness": [0, 3, 3, 4],
    }
    report = style_report(tasks_run(tmp_path, [task]), "enamel")
    assert cell(report, "eff_at_1") == 0
    assert any("1 answer met the native limit" in note for note in report.notes)


@pytest.mark.parametrize(
    ("style", "why"),
    [
        ("enamel", "1 without levels of input or their hardness"),
        ("evalperf", "no task of this run has two correct reference solutions"),
    ],
)
def test_a_run_without_levels_is_refused_and_told_how_to_get_them(
    tmp_path: Path, style: str, why: str
) -> None:
    run = tasks_run(tmp_path / "tasks", [{"references": [ok(1)], "answers": [ok(1)]}])
    with pytest.raises(InputError, match=why):
        style_report(run, style)
    pairs = pairs_run(tmp_path / "pairs", [[ok(2), ok(1), ok(1)]])
    with pytest.raises(InputError, match="this is a run of pairs"):
        style_report(pairs, style)


def test_levels_of_which_an_input_is_missing_are_left_out(tmp_path: Path) -> None:
    whole = {"references": [level_costs(1, 1, 1, 1)], "answers": [level_costs(1, 1, 1, 1)]}
    short = {"references": [level_costs(1, 1)], "answers": [level_costs(1, 1)]}
    rows = [{**one, "hardness": [0, 3, 3, 4]} for one in (whole, short)]
    report = style_report(tasks_run(tmp_path, rows), "enamel")
    assert (cell(report, "tasks"), cell(report, "eff_at_1")) == (1, 1)
    assert any("inputs of a level are missing" in note for note in report.notes)


def test_coffes_answer_must_cost_less_than_the_fastest_reference(tmp_path: Path) -> None:
    def costs(judging: float, stress: float) -> One:
        return One({"private.0": judging, "stress.0": stress})

    run = tasks_run(
        tmp_path,
        [
            {"references": [costs(1, 9), costs(1, 4)], "answers": [costs(8, 3), costs(1, 4)]},
            {"references": [costs(1, 4)], "answers": [wrong(), wrong()]},
        ],
    )
    report = style_report(run, "coffe")
    assert (cell(report, "pass_at_1"), cell(report, "efficient_at_1")) == (0.5, 0.25)
    assert cell(report, "efficient_at_2") == 0.5
    assert cell(report, "speedup") == pytest.approx((4 / 3 + 1) / 2)
    pairs = pairs_run(tmp_path / "pairs", [[ok(9), ok(2), ok(1)], [ok(9), ok(2), ok(2)]])
    report = style_report(pairs, "coffe")
    assert cell(report, "efficient_at_1") == 0.5


@pytest.mark.parametrize(("cost", "share"), [(3.5, 0.5), (6, 0.0), (1, 1.0), (4, 0.25)])
def test_eccos_percentiles_are_the_shares_that_are_slower(
    tmp_path: Path, cost: float, share: float
) -> None:
    """The slowest of all beats nobody; the published code made that the best score."""
    people = [ok(one, peak=one) for one in (5, 4, 3, 2)]
    task = {"references": people, "answers": [ok(cost, peak=cost)]}
    report = style_report(tasks_run(tmp_path, [task]), "ecco")
    assert (cell(report, "runtime"), cell(report, "memory")) == (share, share)
    assert any("among 4 to 4 references of 1 tasks" in note for note in report.notes)


def test_an_edit_that_fails_a_test_has_no_speedup(tmp_path: Path) -> None:
    fast = ok(1, 2, peak=5)
    part = One({"0": 0.001, "1": None}, "wrong_answer", on={"1": "wrong_answer"})
    run = pairs_run(tmp_path, [[ok(2, 4, peak=10), ok(1, 1), fast], [ok(2, 4), ok(1, 1), part]])
    report = style_report(run, "ecco")
    assert (cell(report, "speedup"), cell(report, "memory")) == (2, 2)
    assert (cell(report, "pass_at_1"), cell(report, "compared")) == (0.5, 1)
    assert any("percentiles are unknown" in note for note in report.notes)


def test_eccos_table_of_a_refinement_has_a_line_an_iteration(tmp_path: Path) -> None:
    pairs = [[ok(8), ok(1), ok(8), ok(4)], [ok(8), ok(1), wrong(), ok(2)]]
    report = style_report(pairs_run(tmp_path, pairs, iterations=1), "ecco")
    assert [cell(report, "speedup", f"iteration {n}") for n in (0, 1)] == [1, 3]
    assert [cell(report, "pass_at_1", f"iteration {n}") for n in (0, 1)] == [0.5, 1]


def test_sbllms_speed_is_of_the_worked_example(tmp_path: Path) -> None:
    """Ratios 2, 0.5 and 1.25: 100, 0 and 25 percent."""
    pairs = [[ok(2), ok(1), ok(1)], [ok(1), ok(1), ok(2)], [ok(1.25), ok(1), ok(1)]]
    report = style_report(pairs_run(tmp_path, pairs), "sbllm")
    assert round(cell(report, "speed"), 2) == 41.67
    assert cell(report, "optimised") == pytest.approx(2 / 3)


def test_what_we_failed_to_measure_is_in_no_number_and_said(tmp_path: Path) -> None:
    lost = One({}, "not_measured")
    run = tasks_run(
        tmp_path,
        [
            {"references": [ok(2)], "answers": [ok(1), lost]},
            {"references": [ok(2)], "answers": [ok(2), wrong()]},
            {"references": [wrong()], "answers": [ok(2), ok(2)]},
        ],
    )
    report = style_report(run, "perfcodegen", not_measured_limit=0.2)
    assert [cell(report, "tasks", k=k) for k in (1, 2)] == [2, 1]
    assert cell(report, "speedup_mean_of_ratios", k=1) == 1.5
    assert cell(report, "pass_at_k", k=1) == pytest.approx((1 + 0.5 + 1) / 3)
    notes = " ".join(report.notes)
    assert "answers, k=2: 1 left out for an answer that was not measured" in notes
    assert "1 without a correct reference" in notes


def test_with_too_much_of_our_own_failure_there_are_no_numbers(tmp_path: Path) -> None:
    lost = One({}, "not_measured")
    run = tasks_run(tmp_path, [{"references": [ok(2)], "answers": [ok(1), lost]}])
    report = style_report(run, "coffe")
    assert report.refused
    assert all(part.lines == () for part in report.parts)
    assert any("no numbers, since 1 of 3 programs were not measured" in n for n in report.notes)
    assert report_of(run, "--style", "coffe").exit_code == 4
    assert report_of(run, "--style", "coffe", "--not-measured-limit", "0.4").exit_code == 0
    whole = style_report(run, "pie", not_measured_limit=1.0)
    assert (cell(whole, "speedup", k=1), cell(whole, "scored", k=2)) == (2, 0)


def test_what_the_machine_cannot_measure_counts_as_the_option_says(tmp_path: Path) -> None:
    odd = One({}, "unsupported")
    run = tasks_run(tmp_path, [{"references": [ok(2)], "answers": [ok(1), odd]}])
    assert cell(style_report(run, "coffe"), "pass_at_1") == 0.5
    left = style_report(run, "coffe", unsupported=UnsupportedAs.LEFT_OUT)
    assert cell(left, "pass_at_1") == 1
    assert "answers: 1 answer in no number" in left.notes
    assert "left out" in left.definitions


def test_pairs_are_compared_with_their_fast_program(tmp_path: Path) -> None:
    run = pairs_run(tmp_path, [[ok(10), ok(2), ok(1)], [ok(10), ok(4), ok(8)]], problem="p")
    report = style_report(run, "perfcodegen")
    assert cell(report, "speedup_mean_of_ratios") == pytest.approx((2 + 0.5) / 2)
    titles = {column.key: column.title for column in report.parts[0].columns}
    assert titles["tasks"] == "rows"
    # Both rows are of one problem, and intervals are over problems: there is none.
    for part in report.parts:
        for line in part.lines:
            numbers = [one for one in line.cells.values() if isinstance(one, Estimate)]
            assert all(one.interval is None for one in numbers)


def test_a_program_that_an_earlier_row_has_brought_is_found_again(tmp_path: Path) -> None:
    run = pairs_run(tmp_path, [[ok(10), ok(2), ok(1)], [ok(10), ok(4), ok(8)]], problem="p")
    path = run / "pairs.jsonl"
    row = path.read_text().splitlines()[0]
    with path.open("a") as file:
        file.write(row + "\n")
    manifest = json.loads((run / "manifest.json").read_text())
    (run / "manifest.json").write_text(json.dumps({**manifest, "rows": 3}))
    report = style_report(run, "perfcodegen")
    assert cell(report, "speedup_mean_of_ratios") == pytest.approx((2 + 0.5 + 2) / 3)


def test_an_unfinished_run_is_reported_as_far_as_it_came(tmp_path: Path) -> None:
    run = tasks_run(tmp_path, [{"references": [ok(2)], "answers": [ok(1)]}], planned=3)
    with (run / "tasks.jsonl").open("a") as file:
        file.write('{"task_id": "cut o')
    report = style_report(run, "soap")
    assert "unfinished: 2 of 3 tasks are missing" in report.notes
    assert cell(report, "n_seconds") == 0.5
    (run / "tasks.jsonl").unlink()
    assert style_report(run, "soap").parts[0].lines == ()


def test_a_line_that_is_no_json_is_named_by_its_place(tmp_path: Path) -> None:
    run = tasks_run(tmp_path, [{"references": [ok(2)], "answers": [ok(1)]}])
    path = run / "measurements.jsonl"
    first, second = path.read_text().splitlines()
    path.write_text(f"{first}\nx{second}\n")
    with pytest.raises(ReportError, match=rf"byte {len(first) + 1}: not a line of JSON"):
        style_report(run, "soap")


def test_files_that_do_not_go_together_are_refused_with_the_place(tmp_path: Path) -> None:
    run = tasks_run(tmp_path, [{"references": [ok(2)], "answers": [ok(1)]}])
    lines = (run / "measurements.jsonl").read_text().splitlines()
    (run / "measurements.jsonl").write_text(lines[1] + "\n")
    with pytest.raises(ReportError, match="does not go with the rows: task 0 is not there"):
        style_report(run, "soap")


def test_a_folder_that_holds_nothing_measured_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="not a run folder"):
        style_report(tmp_path, "soap")
    (tmp_path / "manifest.json").write_text(json.dumps({"kind": "refinement"}))
    with pytest.raises(InputError, match="is not finished"):
        style_report(tmp_path, "soap")
    with pytest.raises(InputError, match="unknown style 'x'; choose one of"):
        style_report(tmp_path, "x")


@pytest.mark.parametrize("missing", ["machine", "tasks_file", "tasks", "tasks_left_out"])
def test_a_manifest_that_lacks_its_heading_is_named(tmp_path: Path, missing: str) -> None:
    run = tasks_run(tmp_path, [{"references": [ok(2)], "answers": [ok(1)]}])
    manifest = json.loads((run / "manifest.json").read_text())
    del manifest[missing]
    (run / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ReportError, match=rf"manifest\.json has no proper {missing}"):
        style_report(run, "soap")


def test_a_weaker_sandbox_is_told(tmp_path: Path) -> None:
    run = tasks_run(tmp_path, [{"references": [ok(2)], "answers": [ok(1)]}])
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["setting"] = {"sandbox": "partial"}
    (run / "manifest.json").write_text(json.dumps(manifest))
    assert any("weaker sandbox" in note for note in style_report(run, "soap").notes)


def report_of(*words: object) -> Any:
    return CliRunner().invoke(app, ["report", *map(str, words)])


@pytest.mark.parametrize("style", STYLES)
def test_each_style_is_printed_in_each_form(tmp_path: Path, style: str) -> None:
    reference = ok(2, 2, peak=2, held=1)
    tests = {"level.0.0": 1.0, "level.1.0": 1.0, "level.2.0": 2.0, "level.3.0": 4.0}
    run = tasks_run(
        tmp_path,
        [
            {
                "task_id": "a",
                "references": [One(dict(tests)), One(dict.fromkeys(tests, 0.5))],
                "answers": [One(dict.fromkeys(tests, 0.8))],
                "hardness": [0, 3, 3, 4],
            },
            {"task_id": "b", "references": [reference, ok(1, 1)], "answers": [ok(1, 1)]},
        ],
    )
    told = report_of(run, "--style", style, "--json")
    assert told.exit_code == 0, told.output
    document = json.loads(told.stdout)
    assert (document["style"], document["machine"]) == (style, "counts")
    lines = list(csv.DictReader(io.StringIO(report_of(run, "--style", style, "-f", "csv").stdout)))
    numbers = sum(len(one["cells"]) for part in document["parts"] for one in part["lines"])
    assert len(lines) == numbers > 3
    assert all(line["value"] != "nan" for line in lines)
    assert "| ---" in report_of(run, "--style", style, "-f", "markdown").stdout
    assert document["parts"][0]["title"] in report_of(run, "--style", style).stdout


def test_a_refinement_without_a_style_is_told_what_to_report_on(tmp_path: Path) -> None:
    run = pairs_run(tmp_path, [[ok(8), ok(1), ok(8), ok(4)]], iterations=1)
    told = report_of(run)
    assert told.exit_code == 1
    assert "is a refinement; report on" in told.output
    assert report_of(run, "--style", "pie").exit_code == 0


def test_a_style_and_another_report_are_two(tmp_path: Path) -> None:
    told = report_of(tmp_path, "--style", "soap", "--errors")
    assert told.exit_code == 1
    assert "--errors and --style are two reports" in told.output
