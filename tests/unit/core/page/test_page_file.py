"""The page as a file: nothing of a run is HTML in it, and it stays small."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from pie.core.page.document import PageSource
from pie.core.page.packing import unpacked
from pie.core.page.page_file import SCRIPTS, asset, write_page
from pie.core.problem import InputError
from pie.core.report.report import read_report
from tests.page_runs import HOSTILE, make_run

MEGABYTE = 1_000_000


def page_of(run: Path, file: Path) -> str:
    report = read_report(run)
    size = write_page(PageSource(run, report, 1.1, report.unsupported), file)
    assert size == file.stat().st_size
    return file.read_text("ascii")


def blocks(page: str) -> list[dict[str, Any]]:
    texts = re.findall(r'<script type="text/plain" class="block"[^>]*>([^<]*)</script>', page)
    return [row for text in texts for row in unpacked(text)]  # type: ignore[attr-defined]


def test_what_programs_and_names_hold_is_nowhere_html(tmp_path: Path) -> None:
    page = page_of(make_run(tmp_path / "run", 30), tmp_path / "page.html")
    for hostile in HOSTILE:
        assert hostile not in page
    assert "window.broken" not in page
    # One script runs, and each element that is opened is closed by ours alone.
    assert len(re.findall(r"<script>", page)) == 1
    assert page.count("<script") == page.count("</script>")
    assert "Content-Security-Policy" in page


def test_no_part_of_the_page_ends_the_element_that_it_stands_in() -> None:
    for name in SCRIPTS:
        text = asset(name)
        assert text.isascii()
        assert not re.search(r"</script|<!--|<script", text, re.IGNORECASE), name


def test_the_parts_of_others_travel_with_their_licences(tmp_path: Path) -> None:
    page = page_of(make_run(tmp_path / "run", 1), tmp_path / "page.html")
    assert "Copyright (c) 2006, Ivan Sagalaev" in page
    assert "Copyright (c) 2009-2015, Kevin Decker" in page


def test_every_program_of_a_row_is_there_once_with_its_runs(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", 12)
    told = blocks(page_of(run, tmp_path / "page.html"))
    rows = [json.loads(line) for line in (run / "pairs.jsonl").read_text().splitlines()]
    assert len(told) == len(rows)
    for one, row in zip(told, rows, strict=True):
        texts = [row["src_code"], row["tgt_code"], *row["generated_answers"]]
        assert [one["texts"][place] for place in one["roles"]] == texts
        assert len(one["texts"]) == len(set(texts))
        accepted = [row["src_verdict"], row["tgt_verdict"]]
        accepted += [generation["verdict"] for generation in row["generations"]]
        for place, verdict in zip(one["roles"], accepted, strict=True):
            cycles = one["runs"][place]["cycles"]
            assert (cycles is not None) == (verdict == "accepted")


def test_a_run_of_one_that_has_just_begun_has_a_page(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", 3)
    (run / "pairs.jsonl").unlink()
    (run / "measurements.jsonl").unlink()
    assert blocks(page_of(run, tmp_path / "page.html")) == []


def test_a_page_that_cannot_be_written_is_one_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", 1)
    with pytest.raises(InputError, match="cannot be written"):
        page_of(run, tmp_path / "nowhere" / "page.html")
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match="cannot be written"):
        page_of(run, tmp_path / "folder")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["folder", "run"]


def test_the_same_run_gives_the_same_page(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", 5)
    assert page_of(run, tmp_path / "one.html") == page_of(run, tmp_path / "other.html")


def test_a_thousand_pairs_of_real_programs_stay_under_three_megabytes(
    shared_data: Path, tmp_path: Path
) -> None:
    lines = (shared_data / "cpp_generations.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    texts = [[row["src_code"], row["tgt_code"], *row["generated_answers"]] for row in rows]
    texts = [[text or "" for text in one] for one in texts]
    run = make_run(tmp_path / "run", 1_000, generations=8, texts=texts, tests=20)
    file = tmp_path / "page.html"
    page_of(run, file)
    assert file.stat().st_size < 3 * MEGABYTE
