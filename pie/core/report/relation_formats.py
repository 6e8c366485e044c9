"""Correlations with length and the table of tags, as text: terminal, Markdown, CSV, JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from pie.core.metrics.correlation import Correlation
from pie.core.metrics.estimate import Estimate
from pie.core.report.relations import ByLength, ByTag

if TYPE_CHECKING:
    from rich.table import Table

LENGTH_COLUMNS = ("correlation of", "with", "rows", "Pearson", "95% CI", "Spearman", "95% CI")
TAG_COLUMNS = ("tag", "answers", "%Correct", "95% CI", "Speedup", "95% CI", "of accepted", "net")
_NONE = "-"


def cells(found: ByLength | ByTag) -> tuple[Sequence[str], list[list[str]]]:
    """Return the heading and the lines of the table."""
    if isinstance(found, ByLength):
        named = {
            ("source length", "accuracy"): found.source_accuracy,
            ("source length", "speedup"): found.source_speedup,
            ("source length", "net speedup"): found.source_net_speedup,
            ("description length", "accuracy"): found.description_accuracy,
            ("description length", "speedup"): found.description_speedup,
            ("description length", "net speedup"): found.description_net_speedup,
        }
        return LENGTH_COLUMNS, [_related(*names, one) for names, one in named.items() if one]
    lines = [
        [
            f"{one.tag}/10",
            str(one.answers),
            f"{one.correct.value:.2%}",
            _interval(one.correct, share=True),
            f"{one.speedup.value:.3f}x",
            _interval(one.speedup),
            _NONE if one.accepted_speedup is None else f"{one.accepted_speedup:.3f}x",
            _NONE if one.net_speedup is None else f"{one.net_speedup.value:.3f}x",
        ]
        for one in found.lines
    ]
    return TAG_COLUMNS, lines


def notes(found: ByLength | ByTag) -> list[str]:
    """Return what a reader must know before quoting a number."""
    told = [f"left out, {reason}: {number}" for reason, number in found.left_out.items()]
    if isinstance(found, ByLength):
        if found.description_accuracy is None:
            told.append("no row has the text of its problem (problem_description)")
        return told
    for name, one in (
        ("tag and speedup of all answers", found.tag_speedup),
        ("tag and speedup of accepted answers", found.tag_accepted_speedup),
    ):
        related = _related("", "", one)
        told.append(f"{name}: Spearman {related[5]} ({related[6]}), Pearson {related[3]}")
    return told


def as_json(found: ByLength | ByTag) -> str:
    """Return one JSON document with full precision."""
    return json.dumps({"schema_version": 1, **asdict(found)}, indent=2, allow_nan=False) + "\n"


def as_csv(found: ByLength | ByTag) -> str:
    """Return the table with the texts of the terminal."""
    text = io.StringIO()
    header, lines = cells(found)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(lines)
    return text.getvalue()


def as_markdown(found: ByLength | ByTag) -> str:
    """Return a table and a list of GitHub's Markdown."""
    header, lines = cells(found)
    rows = [header, ["---"] * len(header), *lines]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return "\n\n".join([table, "\n".join(f"- {note}" for note in notes(found))]) + "\n"


def as_table(found: ByLength | ByTag) -> Table:
    """Return a Rich table for `Console.print`."""
    from rich import box
    from rich.table import Table

    header, lines = cells(found)
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for index, name in enumerate(header):
        made.add_column(name, justify="right" if index else "left", no_wrap=True)
    for line in lines:
        made.add_row(*line)
    return made


def _related(left: str, right: str, one: Correlation) -> list[str]:
    texts = [left, right, str(one.rows)]
    for value in (one.pearson, one.spearman):
        texts += [_NONE, _NONE] if value is None else [f"{value.value:+.3f}", _interval(value)]
    return texts


def _interval(estimate: Estimate, *, share: bool = False) -> str:
    between = estimate.interval
    if between is None:
        return _NONE
    form = ".2%" if share else ".3f"
    return f"{between.low:{form}} to {between.high:{form}}"
