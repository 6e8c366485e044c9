"""The published values on the pages of PIE's tables are PIE's, digit by digit."""

import re
from pathlib import Path

import pytest

from tests.e2e.pages import REPOSITORY

PAGES = {name: REPOSITORY / "docs" / name for name in ("reproduce.md", "reproduce-training.md")}
TRIPLE = re.compile(r"(\d+(?:\.\d+)?) / (\d+\.\d\d) / (\d+(?:\.\d+)?)")
"""%Opt, Speedup and %Correct."""
ROWS, ROWS_OF_LORA = 978, 982
"""Of PIE's test set; and of what its Table 10 was measured on."""
OF_ALL = {"What a row costs", "Where ours differs, for all rows", "Table 1"}
"""Sections without commands of their own."""


def sections(page: Path) -> dict[str, str]:
    parts = re.split(r"^## ", page.read_text("utf-8"), flags=re.MULTILINE)[1:]
    return {part.splitlines()[0]: part for part in parts}


def scores() -> list[tuple[str, str, tuple[str, str, str]]]:
    """Section, row and values of every score on the pages."""
    return [
        (title, line.split("|")[1].strip(), match)
        for page in PAGES.values()
        for title, text in sections(page).items()
        for line in text.splitlines()
        if line.startswith("|")
        for match in TRIPLE.findall(line)
    ]


def test_every_share_is_of_the_rows_that_its_table_was_measured_on() -> None:
    found = scores()
    assert len(found) == 7 + 2 * (15 + 13 + 10 + 3)
    for title, row, (optimised, _speedup, correct) in found:
        rows = ROWS_OF_LORA if title.startswith("Table 10") else ROWS
        for share in (optimised, correct):
            number = round(float(share) * rows / 100)
            assert f"{100 * number / rows:.2f}" == f"{float(share):.2f}", (title, row, share)


def test_the_rows_of_the_summary_are_those_of_their_tables() -> None:
    summary = {values for title, _row, values in scores() if title == "Table 1"}
    others = {values for title, _row, values in scores() if title != "Table 1"}
    assert len(summary) == 7
    assert summary - others == {("100", "3.66", "100")}


def test_every_table_tells_cost_and_difference() -> None:
    for page in PAGES.values():
        assert page.stat().st_size < 16 * 1024
        for title, text in sections(page).items():
            if title in OF_ALL:
                continue
            for word in ("- Cost", "- Ours differs", "```sh\npie "):
                assert word in text, (title, word)
            commands, _cost, told = text.partition("- Cost")
            measures = "pie simulate" in commands
            for word in ("core hours", "gem5") if measures else ():
                assert word in told.partition("- Ours differs")[0], (title, word)


@pytest.mark.shared
def test_every_published_value_stands_in_the_paper(shared_data: Path) -> None:
    paper = (shared_data.parent / "papers" / "pie.md").read_text("utf-8")
    numbers = set(re.findall(r"\d+(?:\.\d+)?", paper))
    for title, row, values in scores():
        for value in values:
            assert value in numbers or f"{float(value):.2f}" in numbers, (title, row, value)
