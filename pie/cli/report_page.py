"""What `pie report --html` writes and says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pie.cli.exits import say

if TYPE_CHECKING:
    from pie.core.report.report import Report


def write(run: Path, report: Report, file: Path, threshold: float, limit: int | None) -> None:
    """Write the page of a run, and say where it is."""
    from pie.core.page.document import PageSource
    from pie.core.page.page_file import write_page
    from pie.core.wording import count

    source = PageSource(run, report, threshold, report.unsupported, limit)
    size = write_page(source, file)
    rows = count(report.rows.finished, "row")
    say(f"pie: {file} shows {rows} in {size / 1e6:.2f} MB; open it in a browser")
