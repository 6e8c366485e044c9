"""An error analysis as text: tables for the terminal, Markdown, CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from pie.core.report.error_analysis import ErrorAnalysis, KindLine

if TYPE_CHECKING:
    from rich.console import Group

FAILURES = ("why a generated program does not optimise", "programs", "share")
KINDS = ("kind of edit", "accepted", "%Opt", "mean", "median", "geo.mean")


def as_json(found: ErrorAnalysis) -> str:
    """One JSON document with full precision; shares are between 0 and 1."""
    return json.dumps(asdict(found), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def as_csv(found: ErrorAnalysis) -> str:
    """One line for each reason and each kind of edit; full precision."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    header = ("table", "name", "programs", "share", "optimised", "mean", "median", "geometric_mean")
    writer.writerow(header)
    for failure in found.failures:
        row = (failure.reason.value, failure.programs, failure.share)
        writer.writerow(("failures", *row, "", "", "", ""))
    tables = {"generated": found.generated_by_kind, "human": found.human_by_kind}
    for name, lines in tables.items():
        for one in lines:
            numbers = (one.optimised, one.mean, one.median, one.geometric_mean)
            writer.writerow((name, one.kind.value, one.programs, "", *numbers))
    return text.getvalue()


def as_markdown(found: ErrorAnalysis) -> str:
    """Headings and tables of GitHub's Markdown."""
    parts = [_heading(found), _markdown(FAILURES, _failure_cells(found))]
    for title, lines in _kind_tables(found):
        parts += [f"{title}:", _markdown(KINDS, _kind_cells(lines))]
    return "\n\n".join([*parts, found.definitions]) + "\n"


def as_table(found: ErrorAnalysis) -> Group:
    """Rich renderables for `Console.print`."""
    from rich import box
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    def table(header: Sequence[str], lines: list[list[str]]) -> Table:
        made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for index, name in enumerate(header):
            made.add_column(name, justify="right" if index else "left", no_wrap=True)
        for line in lines:
            made.add_row(*(Text(cell) for cell in line))
        return made

    parts: list[Table | Text] = [Text(_heading(found)), table(FAILURES, _failure_cells(found))]
    for title, lines in _kind_tables(found):
        parts += [Text(title), table(KINDS, _kind_cells(lines))]
    return Group(*parts, Text(found.definitions, style="dim"))


def _heading(found: ErrorAnalysis) -> str:
    left = ", ".join(f"{number} {reason.value}" for reason, number in found.not_counted.items())
    return (
        f"{found.generated} generated programs: {found.optimised} optimise their source "
        f"(speedup {found.threshold:g} or more), {found.failed} do not; {left}"
    )


def _failure_cells(found: ErrorAnalysis) -> list[list[str]]:
    lines = [
        [one.reason.value, str(one.programs), f"{100 * one.share:.2f}%"] for one in found.failures
    ]
    total = sum(one.share for one in found.failures)
    return [*lines, ["all", str(found.failed), f"{100 * total:.2f}%"]]


def _kind_tables(found: ErrorAnalysis) -> list[tuple[str, tuple[KindLine, ...]]]:
    """Return the tables that have a line."""
    both = [
        ("accepted generated programs by kind of edit", found.generated_by_kind),
        ("accepted targets by kind of edit", found.human_by_kind),
    ]
    return [(title, lines) for title, lines in both if lines]


def _kind_cells(lines: Sequence[KindLine]) -> list[list[str]]:
    return [
        [
            one.kind.value,
            str(one.programs),
            f"{100 * one.optimised:.1f}",
            *(f"{number:.3f}x" for number in (one.mean, one.median, one.geometric_mean)),
        ]
        for one in lines
    ]


def _markdown(header: Sequence[str], lines: list[list[str]]) -> str:
    rule = ["---", *("---:" for _ in header[1:])]
    return "\n".join(f"| {' | '.join(line)} |" for line in (header, rule, *lines))
