"""A report in a paper's form as text: for the terminal, Markdown, CSV and JSON.

For people a number stands with its interval behind it, or below it on the terminal. CSV has a line
for each number, JSON has everything, both in full precision and with shares between 0 and 1.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from pie.core.metrics.estimate import Estimate
from pie.core.report.styles.table import Form, Number, Part, StyleReport

if TYPE_CHECKING:
    from rich.console import Group

_NONE = "-"
_COLUMNS = ("run", "machine", "fingerprint", "style", "part", "line", "number", "value")


def as_json(report: StyleReport) -> str:
    """One JSON document; RFC 8259, so never NaN."""
    return json.dumps(asdict(report), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def as_csv(report: StyleReport) -> str:
    """One line for each number, with the bounds of its interval; empty where there is none."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*_COLUMNS, "low", "high"))
    about = (report.run, report.machine, report.fingerprint, report.style)
    for part in report.parts:
        for line in part.lines:
            for column in part.columns:
                one = line.cells.get(column.key)
                value = one.value if isinstance(one, Estimate) else one
                interval = one.interval if isinstance(one, Estimate) else None
                bounds = (interval.low, interval.high) if interval else ("", "")
                shown = "" if value is None else value
                writer.writerow((*about, part.title, line.name, column.key, shown, *bounds))
    return text.getvalue()


def as_markdown(report: StyleReport) -> str:
    """Headings, tables and lists of GitHub's Markdown."""
    parts = [f"# {report.source}", _heading(report)]
    for part in report.parts:
        header, *lines = _cells(part)
        rule = ["---", *("---:" for _ in header[1:])]
        table = "\n".join(f"| {' | '.join(line)} |" for line in (header, rule, *lines))
        parts += [f"## {part.title}", table]
    if report.notes:
        parts.append("\n".join(f"- {note}" for note in report.notes))
    return "\n\n".join([*parts, report.definitions]) + "\n"


def as_table(report: StyleReport) -> Group:
    """Rich renderables for `Console.print`."""
    from rich import box
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    shown: list[Table | Text] = [Text(report.source), Text(_heading(report))]
    for part in report.parts:
        header, *lines = _cells(part)
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=part.title, title_justify="left")
        for index, name in enumerate(header):
            table.add_column(name, justify="right" if index else "left")
        for line in lines:
            # The interval stands below its number: a table of six of them is wide enough.
            table.add_row(*(Text(cell.replace(" [", "\n[")) for cell in line))
        shown.append(table)
    shown += [Text(f"! {note}", style="yellow") for note in report.notes]
    return Group(*shown, Text(report.definitions, style="dim"))


def _heading(report: StyleReport) -> str:
    return f"in the form of {report.style}; machine {report.machine}, fingerprint " + (
        report.fingerprint
    )


def _cells(part: Part) -> Sequence[list[str]]:
    lines = [["", *(column.title for column in part.columns)]]
    for line in part.lines:
        cells = (shown(line.cells.get(column.key), column.form) for column in part.columns)
        lines.append([line.name, *cells])
    return lines


def shown(number: Number, form: Form) -> str:
    """Return a number with its interval as people read it."""
    if number is None:
        return _NONE
    if not isinstance(number, Estimate):
        return _one(number, form)
    text = _one(number.value, form)
    if number.interval is None:
        return text
    return f"{text} [{_one(number.interval.low, form)}, {_one(number.interval.high, form)}]"


def _one(value: float, form: Form) -> str:
    if form is Form.COUNT:
        return str(value)
    if form is Form.SHARE:
        return f"{100 * value:.1f}"
    if form in (Form.POINTS, Form.PERCENT):
        return f"{value:.1f}"
    if form is Form.RATIO:
        return f"{value:.3f}"
    return f"{value:.4g}"
