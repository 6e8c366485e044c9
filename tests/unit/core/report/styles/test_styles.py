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
    report = style_report(run, "perfcodegen")
    assert [cell(report, "tasks", k=k) for k in (1, 2)] == [2, 1]
    assert cell(report, "speedup_mean_of_ratios", k=1) == 1.5
    assert cell(report, "pass_at_k", k=1) == pytest.approx((1 + 0.5 + 1) / 3)
    notes = " ".join(report.notes)
    assert "answers, k=2: 1 left out for an answer that was not measured" in notes
    assert "1 without a correct reference" in notes


def test_pairs_are_compared_with_their_fast_program(tmp_path: Path) -> None:
    run = pairs_run(tmp_path, [[ok(10), ok(2), ok(1)], [ok(10), ok(4), ok(8)]], problem="p")
    report = style_report(run, "perfcodegen")
    assert cell(report, "speedup_mean_of_ratios") == pytest.approx((2 + 0.5) / 2)
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


def test_a_style_and_another_report_are_two(tmp_path: Path) -> None:
    told = report_of(tmp_path, "--style", "soap", "--errors")
    assert told.exit_code == 1
    assert "--errors and --style are two reports" in told.output
