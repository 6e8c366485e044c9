"""The page of `pie report --html` in a headless Chromium: each number on it is that of the run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pie.cli.app import app
from pie.core.page.distribution import THRESHOLDS
from tests import chromium
from tests.page_runs import HOSTILE, VERDICTS, make_run
from tests.page_truth import GENERATIONS, ROWS, TESTS, Run, written

MOST_NODES = 2_000

# Every text with a digit that is not the label of something must say which number it is.
NUMBERS = """(() => {
  const found = [], strays = [];
  const walk = document.createTreeWalker(document.getElementById('page'), NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode, parent = node.parentElement;
    if (!/[0-9]/.test(node.data)) continue;
    const said = parent.closest('[data-of]');
    if (said) found.push([said.dataset.of, said.dataset.as, said.textContent]);
    else if (!parent.closest('[data-label], .plot, select, .key') && !/95%/.test(node.data)
      && !/^(human|best)@/.test(node.data) && !/@k/.test(node.data)
      && !/(logarithmic scale. The line is 1|at least 1\\. The mean)/.test(node.data))
      strays.push(node.data);
  }
  return {found, strays};
})()"""
NODES = """(() => {
  let nodes = 0;
  const walk = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_ALL);
  while (walk.nextNode()) if (!walk.currentNode.parentElement?.closest('script, style')) nodes += 1;
  return nodes;
})()"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("page") / "run"
    return Run(make_run(folder, ROWS, generations=GENERATIONS, tests=TESTS))


@pytest.fixture(scope="module")
def page(run: Run) -> Path:
    file = run.folder.parent / "page.html"
    done = CliRunner().invoke(app, ["report", str(run.folder), "--html", str(file)])
    assert done.exit_code == 0
    assert f"{file} shows {ROWS} rows" in " ".join(done.stderr.split())
    return file


@pytest.fixture(scope="module")
def browser(page: Path) -> Iterator[chromium.Browser]:
    with chromium.looking_at(page) as browser:
        yield browser


@pytest.fixture(autouse=True)
def quiet_console(browser: chromium.Browser) -> Iterator[None]:
    browser.resize(1280, 900)
    yield
    assert browser.complaints == []
    assert browser.run("window.broken === undefined")


def check(browser: chromium.Browser, run: Run, chosen: list[dict[str, Any]]) -> set[str]:
    """Hold every number on the page against the run; return the places that it names."""
    seen = browser.run(NUMBERS)
    assert seen["strays"] == []
    for path, form, text in seen["found"]:
        assert text == written(run.value(path, chosen), form), path
    assert browser.run(NODES) <= MOST_NODES
    return {path for path, _form, _text in seen["found"]}


def fill(browser: chromium.Browser, name: str, value: str) -> None:
    browser.run(
        f"""(() => {{
          const field = document.querySelector('[name="{name}"]');
          field.value = {json.dumps(value)};
          field.dispatchEvent(new Event('input'));
          field.dispatchEvent(new Event('change'));
        }})()"""
    )
    browser.settle()


def shown_rows(browser: chromium.Browser) -> list[int]:
    """The numbers of the rows that are elements, from 0 on."""
    texts = browser.run("[...document.querySelectorAll('.body a')].map(one => one.textContent)")
    return [int(text) - 1 for text in texts]


def walk_down(browser: chromium.Browser, run: Run, chosen: list[dict[str, Any]]) -> list[int]:
    """Scroll through the whole page and check each sight; return the rows that were seen."""
    seen: dict[int, None] = {}
    height = browser.run("document.documentElement.scrollHeight")
    for top in range(0, height + 1, 700):
        browser.run(f"scrollTo(0, {top})")
        browser.settle()
        check(browser, run, chosen)
        seen.update(dict.fromkeys(shown_rows(browser)))
    return list(seen)


def home(browser: chromium.Browser, page: Path) -> None:
    browser.open(page)
    browser.settle()


def test_every_number_of_the_overview_is_that_of_the_run(
    browser: chromium.Browser, page: Path, run: Run
) -> None:
    home(browser, page)
    places = check(browser, run, run.rows)
    for needed in ("speedup/value", "optimised/interval/low", "correct/value"):
        assert f"report/best_at/{GENERATIONS - 1}/{needed}" in places
    assert {f"report/verdicts/generation/{verdict}" for verdict in VERDICTS} <= places
    assert {"cycles/before/memory/share", "failures/failing/failed to compile"} <= places
    assert f"lines/2/optimised/{THRESHOLDS.index(10)}" in places


def test_scrolling_shows_every_row_in_order_and_few_elements(
    browser: chromium.Browser, page: Path, run: Run
) -> None:
    home(browser, page)
    assert walk_down(browser, run, run.rows) == list(range(ROWS))


FILTERS: dict[str, tuple[dict[str, str], Any]] = {
    "search": ({"search": "S1 p0"}, lambda _run, row: "s1" in row["src_id"]),
    "problem": ({"problem": "p00004"}, lambda _run, row: row["problem_id"] == "p00004"),
    "verdict": (
        {"verdict": "time_limit"},
        lambda _run, row: (
            "time_limit"
            in [row["src_verdict"], row["tgt_verdict"], *(g["verdict"] for g in row["generations"])]
        ),
    ),
    "speedup": (
        {"from": "1.5", "to": "4"},
        lambda run, row: 1.5 <= (run.ratio(row) or 0) <= 4,
    ),
    "all": (
        {"search": "p000", "verdict": "accepted", "from": "2"},
        lambda run, row: "p000" in row["problem_id"] and (run.ratio(row) or 0) >= 2,
    ),
}


@pytest.mark.parametrize("name", FILTERS)
def test_after_a_filter_rows_and_numbers_are_those_of_the_selection(
    browser: chromium.Browser, page: Path, run: Run, name: str
) -> None:
    home(browser, page)
    fields, passes = FILTERS[name]
    for field, value in fields.items():
        fill(browser, field, value)
    wanted = [place for place, row in enumerate(run.rows) if passes(run, row)]
    assert 0 < len(wanted) < ROWS
    chosen = [run.rows[place] for place in wanted]
    assert walk_down(browser, run, chosen) == wanted
    browser.run("document.querySelector('.filters [type=reset]').click()")
    browser.settle()
    assert "selection/rows" in check(browser, run, run.rows)


def test_a_filter_that_nothing_passes_shows_no_number(
    browser: chromium.Browser, page: Path, run: Run
) -> None:
    home(browser, page)
    fill(browser, "search", "no such row")
    assert browser.run("document.querySelector('.selection').textContent").startswith("0 of 90")
    assert shown_rows(browser) == []


def test_a_click_on_a_title_sorts_and_what_has_no_number_is_last(
    browser: chromium.Browser, page: Path, run: Run
) -> None:
    home(browser, page)
    click = "[...document.querySelectorAll('.header button')].at(-2).click()"
    for reverse in (True, False):
        browser.run(click)
        browser.settle()
        ratios = [run.ratio(row) for row in run.rows]
        known = [place for place in range(ROWS) if ratios[place] is not None]
        known.sort(key=lambda place: ratios[place] or 0, reverse=reverse)
        unknown = [place for place in range(ROWS) if ratios[place] is None]
        assert walk_down(browser, run, run.rows) == [*known, *unknown]


@pytest.mark.parametrize("number", [0, 3, 9, 10, 45])
def test_a_pair_shows_its_numbers_and_both_programs_whole(
    browser: chromium.Browser, page: Path, run: Run, number: int
) -> None:
    home(browser, page)
    browser.go(f"#/pair/{number + 1}", "document.querySelector('.listing .line')")
    check(browser, run, run.rows)
    for role in range(1, 2 + GENERATIONS):
        browser.run(
            f"""(() => {{
              const field = document.querySelector('[name=program]');
              field.value = '{role}';
              field.dispatchEvent(new Event('change'));
            }})()"""
        )
        browser.settle()
        check(browser, run, run.rows)
        key = "target" if role == 1 else f"generation_{role - 2}"
        browser.run("void dispatchEvent(new Event('beforeprint'))")  # all lines, unseen ones too
        for side, whose in ((1, "source"), (3, key)):
            lines = browser.run(
                "[...document.querySelectorAll('.listing .line')].map(line => "
                f"[line.children[{side - 1}].textContent, line.children[{side}].textContent])"
            )
            text = "\n".join(line for at, line in lines if at)
            assert text == visible(run.program(number, whose)[0])
        browser.run("void dispatchEvent(new Event('afterprint'))")


def visible(program: str) -> str:
    """A program as the page shows it."""
    hidden = re.compile("[\x00-\x08\x0b-\x1f\x7f\u200b\u202e\u2066\ud800]")
    text = hidden.sub(lambda one: f"<U+{ord(one[0]):04X}>", program)
    return text.replace("\t", "    ").removesuffix("\n")


def test_what_could_hide_or_turn_the_text_is_shown_as_such(
    browser: chromium.Browser, page: Path, run: Run
) -> None:
    assert "\u202e" in HOSTILE[3]
    home(browser, page)
    browser.go("#/pair/4", "document.querySelector('.listing .line')")
    text = browser.run("document.body.textContent")
    assert "<U+202E> reversed <U+2066> isolated <U+200B> nothing <U+001B>[31m red <U+0000>" in text
    assert not re.search("[\u200b\u202a-\u202e\u2066-\u2069]", browser.run("document.title") + text)
    assert "p00001<U+202E> reversed" in browser.run("document.querySelector('h1').textContent")


def test_back_from_a_pair_the_table_is_as_it_was(
    browser: chromium.Browser, page: Path, run: Run
) -> None:
    home(browser, page)
    fill(browser, "from", "2")
    browser.run("scrollTo(0, 900)")
    browser.settle()
    before = (shown_rows(browser), browser.run("scrollY"))
    browser.go(f"#/pair/{before[0][0] + 1}", "document.querySelector('.listing .line')")
    browser.run("history.back()")
    browser.until("document.querySelector('.pairs .body a')")
    browser.settle()
    assert (shown_rows(browser), browser.run("scrollY")) == before


@pytest.mark.parametrize(("width", "height"), [(390, 844), (700, 500), (2560, 2160)])
@pytest.mark.parametrize("dark", [False, True])
def test_nothing_is_wider_than_the_window(
    browser: chromium.Browser, page: Path, run: Run, width: int, height: int, dark: bool
) -> None:
    browser.resize(width, height, dark=dark)
    home(browser, page)
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert browser.run(wide) == 0
    browser.run("scrollTo(0, 1e9)")
    browser.settle()
    check(browser, run, run.rows)
    browser.go("#/pair/4", "document.querySelector('.listing .line')")
    assert browser.run(wide) == 0
    check(browser, run, run.rows)
    light = browser.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert light is not dark


def test_the_page_loads_nothing_but_itself(browser: chromium.Browser, page: Path) -> None:
    home(browser, page)
    assert set(browser.requests) - {"about:blank"} == {page.resolve().as_uri()}


def test_what_is_printed_holds_all_pairs(browser: chromium.Browser, page: Path, run: Run) -> None:
    home(browser, page)
    browser.run("void dispatchEvent(new Event('beforeprint'))")
    assert shown_rows(browser) == list(range(ROWS))
    browser.run("void dispatchEvent(new Event('afterprint'))")
    browser.settle()
    check(browser, run, run.rows)


def test_a_script_that_got_into_the_page_would_not_run(
    browser: chromium.Browser, page: Path
) -> None:
    text = page.read_text("ascii").replace("</main>", "</main><script>window.broken = 3</script>")
    forged = page.with_name("forged.html")
    forged.write_text(text)
    home(browser, forged)
    assert browser.run("window.broken === undefined")
    assert any("Content Security Policy" in one for one in browser.complaints)
    browser.complaints.clear()


@pytest.fixture(scope="module")
def odd_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Programs that nobody writes by hand: a line of a million letters, and 20,000 lines."""
    folder = tmp_path_factory.mktemp("odd")
    many = "".join(f"int f{line}() {{ return {line} * 2; }}\n" for line in range(20_000))
    texts = [["int x = 1; " * 100_000, many], [many, many.replace("* 2", "+ 2")], ["", "\n\n"]]
    make_run(folder / "run", 3, generations=0, texts=texts)
    done = CliRunner().invoke(
        app, ["report", str(folder / "run"), "--html", str(folder / "p.html")]
    )
    assert done.exit_code == 0
    return folder / "p.html"


@pytest.mark.parametrize("row", [1, 2, 3])
def test_programs_of_any_size_are_shown_with_few_elements(
    browser: chromium.Browser, odd_page: Path, row: int
) -> None:
    home(browser, odd_page)
    browser.go(f"#/pair/{row}", "document.querySelector('.listing .line')")
    height = browser.run("document.documentElement.scrollHeight")
    for top in (0, height // 3, height // 2, height):
        browser.run(f"scrollTo(0, {top})")
        browser.settle()
        assert browser.run(NODES) <= MOST_NODES
        assert browser.run("document.querySelectorAll('.listing .line').length") > 0


def test_a_browser_without_highlights_colours_by_elements_and_has_as_few(
    browser: chromium.Browser, page: Path, run: Run
) -> None:
    added = browser.ask("Page.addScriptToEvaluateOnNewDocument", source="delete window.Highlight")
    home(browser, page)
    browser.go("#/pair/4", "document.querySelector('.listing .line')")
    coloured = "document.querySelectorAll('.listing [class^=hljs]').length"
    assert browser.run(coloured) > 50
    check(browser, run, run.rows)
    browser.ask("Page.removeScriptToEvaluateOnNewDocument", identifier=added["identifier"])
    home(browser, page)
    browser.go("#/pair/4", "document.querySelector('.listing .line')")
    assert browser.run(coloured) == 0
    assert browser.run("CSS.highlights.size") > 3


def test_an_end_of_a_long_program_is_reached(browser: chromium.Browser, odd_page: Path) -> None:
    home(browser, odd_page)
    browser.go("#/pair/2", "document.querySelector('.listing .line')")
    browser.run("scrollTo(0, 1e9)")
    browser.settle()
    assert "f19999" in browser.run("document.querySelector('.listing').textContent")


@pytest.mark.parametrize("kind", ["without generations", "not measured", "just begun"])
def test_a_run_that_lacks_something_has_a_page_without_it(
    browser: chromium.Browser, tmp_path: Path, kind: str
) -> None:
    folder = make_run(tmp_path / "run", 12, generations=0 if kind == "without generations" else 2)
    pairs = folder / "pairs.jsonl"
    if kind == "just begun":
        pairs.unlink()
    if kind == "not measured":
        rows = [json.loads(line) for line in pairs.read_text().splitlines()]
        for row in rows[:6]:
            row |= {"src_verdict": "not_measured", "src_agg_runtime": None}
        pairs.write_text("".join(json.dumps(row) + "\n" for row in rows))
    file = tmp_path / "page.html"
    done = CliRunner().invoke(app, ["report", str(folder), "--html", str(file)])
    assert done.exit_code == (4 if kind == "not measured" else 0)
    home(browser, file)
    cards = browser.run("document.querySelectorAll('.card').length")
    assert cards == {"without generations": 3, "not measured": 0, "just begun": 3}[kind]
    assert browser.run(NUMBERS)["strays"] == []
    assert len(shown_rows(browser)) == (0 if kind == "just begun" else 12)
    if kind == "not measured":
        assert "were not measured" in browser.run("document.querySelector('.notes').textContent")
        assert "speedup" not in browser.run("document.querySelector('.selection').textContent")
    if kind != "just begun":
        browser.go("#/pair/1", "document.querySelector('.listing .line')")
        assert browser.run(NUMBERS)["strays"] == []
