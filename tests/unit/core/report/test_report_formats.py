"""A report in each format, read back."""

import csv
import io
import json
import subprocess
import sys

import pytest
from rich.console import Console

from pie.core.metrics.pair_result import Generation, PairResult
from pie.core.report.report import Report, build_report
from pie.core.report.report_formats import as_csv, as_dict, as_json, as_markdown, as_table
from sim.verdict import Verdict

OK, WRONG, LOST = Verdict.ACCEPTED, Verdict.WRONG_ANSWER, Verdict.NOT_MEASURED


def made_of(*pairs: PairResult, planned: int) -> Report:
    manifest = {
        "schema_version": 1,
        "machine": {"name": "sky[lake]", "fingerprint": "f00d"},
        "rows": planned,
        "rows_left_out": 1,
        "pairs_file": "data/[test].jsonl",
    }
    return build_report(pairs, manifest)


def pair(problem: str, *generations: Generation) -> PairResult:
    return PairResult(problem, OK, 10.0, OK, 5.0, generations)


@pytest.fixture
def report() -> Report:
    """The worked example of PIE's paper, one row short."""
    return made_of(
        pair("a", Generation(OK, 2.0)),
        pair("b", Generation(OK, 20.0)),
        pair("c", Generation(WRONG, None)),
        planned=4,
    )


@pytest.fixture
def empty() -> Report:
    return made_of(planned=4)


@pytest.fixture
def refused() -> Report:
    return made_of(pair("a", Generation(LOST, None)), pair("b", Generation(OK, 2.0)), planned=2)


def printed(report: Report, width: int = 80) -> str:
    text = io.StringIO()
    Console(file=text, width=width).print(as_table(report))
    return text.getvalue()


def markdown_tables(text: str) -> list[list[list[str]]]:
    blocks = [block for block in text.split("\n\n") if block.startswith("|")]
    return [
        [[cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines()]
        for block in blocks
    ]


def test_json_reads_back_as_the_whole_report(report):
    document = json.loads(as_json(report))
    assert document == json.loads(json.dumps(as_dict(report)))
    assert document["schema_version"] == 1
    assert document["machine"] == "sky[lake]"
    assert document["fingerprint"] == "f00d"
    assert document["rows"] == {"planned": 4, "finished": 3, "missing": 1, "left_out": 1}
    assert document["verdicts"]["generation"]["wrong_answer"] == 1
    assert set(document["verdicts"]["source"]) == {verdict.value for verdict in Verdict}
    assert document["best_at"][0]["speedup"]["value"] == pytest.approx(7 / 3)
    assert document["best_at"][0]["speedup"]["interval"]["level"] == 0.95
    assert document["refused"] is False


def test_csv_reads_back_with_every_digit(report):
    lines = list(csv.DictReader(io.StringIO(as_csv(report))))
    assert [line["score"] for line in lines] == ["human", "human@1", "best@1"]
    best = report.best_at[0]
    assert float(lines[2]["speedup"]) == best.speedup.value
    assert float(lines[2]["speedup_low"]) == best.speedup.interval.low
    assert float(lines[2]["optimised"]) == best.optimised.value
    assert lines[2]["excluded_not_measured"] == "0"
    assert lines[0]["correct"] == ""
    assert {line["rows_missing"] for line in lines} == {"1"}


def test_markdown_reads_back_as_tables(report):
    scores, verdicts = markdown_tables(as_markdown(report))
    assert scores[0] == ["", "n", "%Opt", "Speedup", "95% CI", "median", "geo.mean", "%Correct"]
    assert [cell for i, cell in enumerate(scores[4]) if i != 4] == [
        *("best@1", "3", "33.3", "2.333x", "1.000x", "1.710x", "66.7")
    ]
    assert verdicts[2:] == [
        ["accepted", "3", "3", "2"],
        ["wrong_answer", "0", "0", "1"],
        ["programs", "3", "3", "3"],
    ]


def test_the_table_shows_all_on_eighty_columns(report):
    text = printed(report)
    assert "…" not in text
    for part in ("sky[lake]", "f00d", "data/[test].jsonl", "2.333x", "33.3", "66.7", "%Correct"):
        assert part in text
    assert "unfinished: 1 of 4 rows" in text
    assert "compile_error" not in text


@pytest.mark.parametrize("text_of", [as_markdown, as_csv, as_json, printed])
def test_a_run_without_rows_has_every_format(empty, text_of):
    text = text_of(empty)
    assert "nan" not in text.lower()
    assert "best@" not in text.split("speedup: source")[0]


@pytest.mark.parametrize("text_of", [as_markdown, as_csv, as_json, printed])
def test_a_refused_line_has_its_reason_in_every_format(refused, text_of):
    assert "through our own failure" in " ".join(text_of(refused).split())
    assert "5.000x" not in text_of(refused)


def test_a_refusal_is_in_the_json(refused):
    document = json.loads(as_json(refused))
    assert document["refused"] is True
    assert document["best_at"][0]["speedup"] is None


def test_rich_is_imported_only_for_the_table():
    program = "import sys, pie.core.report.report_formats; sys.exit('rich' in sys.modules)"
    subprocess.run(
        [sys.executable, "-c", program], env={"PYTHONPATH": ":".join(sys.path)}, check=True
    )


def test_of_many_generations_some_lines_are_shown_and_all_are_kept():
    report = made_of(pair("a", *[Generation(OK, 2.0)] * 21), planned=1)
    shown = [line[0] for line in markdown_tables(as_markdown(report))[0][2:]]
    assert shown == ["human", "human@1", *(f"best@{k}" for k in (1, 2, 4, 8, 16, 21))]
    assert "best@16" in printed(report)
    assert "best@15" not in printed(report)
    assert len(json.loads(as_json(report))["best_at"]) == 21
    assert len(as_csv(report).splitlines()) == 1 + 2 + 21


def test_one_row_of_one_problem_is_singular():
    assert "1 of 1 row finished, 0 missing, 1 left out; 1 problem\n" in printed(
        made_of(pair("a"), planned=1)
    )
