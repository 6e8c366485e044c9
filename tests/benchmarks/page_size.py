"""How large the page of a run is, and how soon a browser shows it.

python -m tests.benchmarks.page_size [ROWS ...]

Rows are made of the real programs in ../shared/data, with made-up times: ten programs a row
(source, target, eight answers) and 20 tests. Prints one line of JSON for each number of rows.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

from pie.core.page.document import PageSource
from pie.core.page.page_file import write_page
from pie.core.report.report import read_report
from tests.chromium import Browser
from tests.page_runs import make_run

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "cpp_generations.jsonl"


def texts() -> list[list[str]]:
    rows = map(json.loads, DATA.read_text().splitlines())
    programs = [[row["src_code"], row["tgt_code"], *row["generated_answers"]] for row in rows]
    return [[text or "" for text in one] for one in programs]


def measure(rows: int, folder: Path, browser: Browser) -> None:
    run = make_run(folder / str(rows), rows, generations=8, texts=texts(), tests=20)
    report = read_report(run)
    begin = time.process_time()
    file = folder / f"{rows}.html"
    size = write_page(PageSource(run, report, 1.1, report.unsupported), file)
    spent = time.process_time() - begin
    browser.open(file)
    browser.settle()
    paint = browser.run("performance.getEntriesByType('paint')[0].startTime")
    ready = browser.run("performance.now()")
    begin = time.monotonic()
    browser.go(f"#/pair/{rows // 2}", "document.querySelector('.listing .line')")
    pair = time.monotonic() - begin
    told = {
        "pairs": rows,
        "megabytes": round(size / 1e6, 2),
        "made_in_cpu_seconds": round(spent, 1),
        "first_paint_seconds": round(paint / 1000, 2),
        "all_numbers_after_seconds": round(ready / 1000, 2),
        "pair_opens_in_seconds": round(pair, 2),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch, Browser() as shown:
        for number in map(int, sys.argv[1:] or ["1000", "10000"]):
            measure(number, Path(scratch), shown)
