"""What the Python interface returns: values that show themselves, and errors in one sentence."""

import builtins
import json
from pathlib import Path
from typing import Any

import pytest

import pie
from pie.api.html_table import html_table, paragraph
from pie.api.measuring import Measured
from pie.core.report.ranking import Entry, Ranking
from sim.errors import InputError, MissingTool
from sim.verdict import Verdict
from tests.page_runs import HOSTILE, make_run


@pytest.fixture
def run(tmp_path: Path) -> Any:
    return pie.load_run(make_run(tmp_path / "run", 14))


def test_a_run_shows_its_report(run: Any, tmp_path: Path) -> None:
    assert "best@3" in str(run)
    html = run._repr_html_()
    assert f"{run.report.best_at[2].speedup.value:.3f}x" in html
    assert len(list(run.rows())) == 14
    assert run.page(tmp_path / "page.html").stat().st_size > 10_000


def test_programs_are_a_line_each_for_pandas_and_arrow(run: Any) -> None:
    frame, table = run.to_pandas(), run.to_arrow()
    assert len(frame) == table.num_rows == 14 * 5
    rows = list(run.rows())
    assert list(frame.role[:5]) == ["source", "target", *(f"generation_{k}" for k in range(3))]
    for number, row in enumerate(rows):
        found = frame[(frame.row == number) & (frame.role == "target")].iloc[0]
        assert found.verdict == row["tgt_verdict"]
        if row["src_agg_runtime"] and row["tgt_agg_runtime"]:
            assert found.speedup == row["src_agg_runtime"] / row["tgt_agg_runtime"]


def test_a_comparison_of_runs_shows_itself(run: Any) -> None:
    told = pie.compare(run, run.folder)
    assert told.runs.won == told.runs.lost == 0
    assert "no row differs" in str(told)
    assert "no row differs" in told._repr_html_()
    assert len(told.to_pandas()) == 14


def test_nothing_of_a_run_is_html_in_a_notebook(run: Any) -> None:
    for text in HOSTILE:
        shown = html_table(["", text], [[text, "1"]]) + paragraph(text)
        assert "<script" not in shown
        assert "<img" not in shown
        assert "\u202e" not in shown
    entry = Entry("<b>x</b>", Verdict.ACCEPTED, "", 1.0, 2, 3, 4, 0.5)
    measured = Measured(Ranking((entry,), "<i>m</i>", "time"), "<u>s</u>", True)
    for tag in ("<b>", "<i>", "<u>"):
        assert tag not in measured._repr_html_()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"programs": []}, "no program"),
        ({"programs": ["int main() {}\n"], "names": ["a", "b"]}, "1 programs but 2 names"),
        ({"programs": ["int main() {}\n"], "expected": ["1"]}, "0 inputs but 1 expected"),
        ({"programs": ["nowhere.cpp"]}, r"nowhere\.cpp cannot be read"),
        ({"programs": [Path("nowhere.rs")]}, "language of"),
        ({"programs": ["x\n"], "language": "rust"}, "unknown language"),
        ({"programs": ["x\n"], "machine": "vax"}, "vax"),
        ({"programs": ["x\n"], "compare": "almost"}, "almost"),
        ({"programs": ["x\n"], "cxxflags": "'"}, "cannot be split"),
        ({"programs": ["x\n"], "inputs": [Path("nowhere")]}, "nowhere cannot be read"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(words: dict[str, Any], message: str) -> None:
    programs = words.pop("programs")
    with pytest.raises(InputError, match=message):
        pie.measure(*programs, **words)


def test_a_library_that_is_missing_is_named_with_its_extra(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == "pandas":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr("importlib.import_module", lambda name: without(name))
    with pytest.raises(MissingTool, match=r"pip install 'pie-perf-toolkit\[notebooks\]'"):
        run.to_pandas()


def test_rows_as_dicts_are_a_file_named_after_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pie.api import runs

    monkeypatch.setenv("PIE_CACHE", str(tmp_path))
    rows = [{"problem_id": "p", "src_code": "\ud800"}]
    first, again = runs._file(rows), runs._file(rows)
    assert first == again
    assert [json.loads(line) for line in first.read_text().splitlines()] == rows
    assert runs._file("x.jsonl") == Path("x.jsonl")
