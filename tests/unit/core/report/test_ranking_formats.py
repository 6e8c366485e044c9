import csv
import io
import json
from pathlib import Path

import pytest

from pie.core.problem import InputError
from pie.core.report.latex import tex
from pie.core.report.ranking import Entry, Ranking
from pie.core.report.ranking_formats import WRITERS, writer_of
from sim.verdict import Verdict

FAST = Entry("fast|_&%.cpp", Verdict.ACCEPTED, "", 0.05, 100, 50, 1 << 20, 0.5)
SLOW = Entry("slow.cpp", Verdict.ACCEPTED, "", 0.2, 400, 50, None, None)
BROKEN = Entry("x.cpp", Verdict.COMPILE_ERROR, "error, here", None, None, None, None, None)
RANKING = Ranking((SLOW, BROKEN, FAST), "skylake", "time")
DOCUMENT = {"sentence": "fast | is <b>faster</b>", "programs": []}


def test_csv_holds_every_program_in_full_precision() -> None:
    lines = list(csv.DictReader(io.StringIO(WRITERS[".csv"](RANKING, DOCUMENT))))
    assert [line["program"] for line in lines] == [FAST.name, SLOW.name, BROKEN.name]
    assert [line["rank"] for line in lines] == ["1", "2", ""]
    assert float(lines[1]["ratio"]) == pytest.approx(4)
    assert lines[2]["reason"] == "error, here"


def test_json_is_what_the_command_prints() -> None:
    assert json.loads(WRITERS[".json"](RANKING, DOCUMENT)) == DOCUMENT


def test_a_name_breaks_neither_markdown_nor_latex() -> None:
    markdown = WRITERS[".md"](RANKING, DOCUMENT)
    table, sentence = markdown.split("\n\n")
    assert {line.replace("\\|", "").count("|") for line in table.splitlines()} == {9}
    assert "<b>" not in sentence
    latex = WRITERS[".tex"](RANKING, DOCUMENT)
    assert r"fast\textbar{}\_\&\%.cpp & 50 ms & 1.000 & 50 & 0.50 & 1.0 & 50\% & accepted" in latex


def test_every_sign_of_latex_is_escaped() -> None:
    assert tex(r"\{}$&%#_~^") == (
        r"\textbackslash{}\{\}\$\&\%\#\_\textasciitilde{}\textasciicircum{}"
    )


@pytest.mark.parametrize("name", ["a.txt", "a", "nowhere/a.csv", "folder.csv"])
def test_a_file_that_cannot_be_written_is_refused_beforehand(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InputError):
        writer_of(tmp_path / name)
