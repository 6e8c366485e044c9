"""A report as text: a table for the terminal, Markdown, CSV and JSON.

The table and Markdown are for reading: rounded, zero verdict counts omitted, and of more than ten
values of k only 1, 2, 4, 8, ... and the largest. CSV has one line per
score and JSON has everything, both with full precision and shares between 0 and 1.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from pie.core.metrics.estimate import Estimate
from pie.core.metrics.metrics import Exclusion
from pie.core.metrics.score import Beside, Score
from pie.core.report.latex import tabular
from pie.core.report.report import Report
from pie.core.wording import count

if TYPE_CHECKING:
    from rich.console import Group

COLUMNS = ("", "n", "%Opt", "Speedup", "95% CI", "median", "geo.mean", "%Correct")
_NONE = "-"
_ALL_SHOWN = 10
"""Most values of k that are all shown."""


def as_dict(report: Report) -> dict[str, object]:
    """The report as JSON-able values, and whether numbers were refused."""
    return {**asdict(report), "refused": report.refused}


def as_json(report: Report) -> str:
    """One JSON document; RFC 8259, so never NaN."""
    return json.dumps(as_dict(report), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def as_csv(report: Report) -> str:
    """One line per score with the run repeated in each; empty where there is no number."""
    text = io.StringIO()
    lines = [_csv_line(report, score) for score in report.scores]
    writer = csv.DictWriter(text, fieldnames=list(lines[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue()


def as_markdown(report: Report) -> str:
    """Headings, tables and lists of GitHub's Markdown."""
    parts = [f"# {report.pairs_file}", *_heading(report)]
    parts += [_markdown_table(COLUMNS, _lines(report))]
    verdicts = _verdict_cells(report)
    if verdicts:
        parts += [_markdown_table(("verdict", *report.verdicts), verdicts)]
    if report.notes:
        parts += ["\n".join(f"- {note}" for note in report.notes)]
    if report.native is not None:
        parts += [report.native.sentence]
    return "\n\n".join([*parts, report.definitions]) + "\n"


def as_latex(report: Report) -> str:
    """The table of scores as a `tabular` of booktabs, with what it was measured on as a comment."""
    about = f"% machine {report.machine}, fingerprint {report.fingerprint}".replace("\n", " ")
    return about + "\n" + tabular(COLUMNS, [score_cells(score) for score in _shown(report)])


_LEFT_OUT = ("median", "geo.mean")
"""Columns that a narrow terminal has no room for."""
_ALL_COLUMNS = 78
"""Columns of a terminal that the whole table needs."""


def as_table(report: Report, width: int | None = None) -> Group:
    """Rich renderables for `Console.print`; a narrow terminal (`width`) has fewer columns."""
    # Rich takes a tenth of a second to import, and the other formats do without.
    from rich import box
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    def table(header: tuple[str, ...], lines: list[list[str]]) -> Table:
        made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for index, name in enumerate(header):
            made.add_column(name, justify="right" if index else "left", no_wrap=True)
        for line in lines:
            made.add_row(*(Text(cell) for cell in line))
        return made

    # Text, not str: names of machines and files may hold what Rich takes for markup.
    parts: list[Table | Text] = [Text(line) for line in (report.pairs_file, *_heading(report))]
    narrow = width is not None and width < _ALL_COLUMNS
    kept = [place for place, name in enumerate(COLUMNS) if not (narrow and name in _LEFT_OUT)]
    lines = [[line[place] for place in kept] for line in _lines(report)]
    parts.append(table(tuple(COLUMNS[place] for place in kept), lines))
    verdicts = _verdict_cells(report)
    if verdicts:
        parts.append(table(("verdict", *report.verdicts), verdicts))
    parts += [Text(f"! {note}", style="yellow") for note in report.notes]
    if report.native is not None:
        style = "yellow" if report.native.suspicious else ""
        parts.append(Text(report.native.sentence, style=style))
    return Group(*parts, Text(report.definitions, style="dim"))


def _heading(report: Report) -> list[str]:
    rows = report.rows
    return [
        f"machine {report.machine}, fingerprint {report.fingerprint}",
        f"{rows.finished} of {count(rows.planned, 'row')} finished, {rows.missing} missing, "
        f"{rows.left_out} left out; {count(report.problems, 'problem')}",
    ]


def _shown(report: Report) -> list[Score]:
    """Return the lines for reading: of many k only the powers of two and the largest."""
    most = len(report.best_at)
    if most <= _ALL_SHOWN:
        return list(report.scores)
    best = [s for s in report.best_at if s.k and (s.k & (s.k - 1) == 0 or s.k == most)]
    return [report.human, report.human_at_1, *best]


def _lines(report: Report) -> list[list[str]]:
    """Return the lines of the table, each with its other ways of counting below."""
    lines = []
    for score in _shown(report):
        lines.append(score_cells(score))
        if score.net is not None:
            lines.append([f"{score.name} net", *_cells(score.net), ""])
        if score.fuzzed is not None:
            cells = [*_cells(score.fuzzed), _percent(score.fuzzed.correct)]
            lines.append([f"{score.name} fuzzed", *cells])
    return lines


def score_cells(score: Score) -> list[str]:
    """Return a line of the table of scores, under `COLUMNS`."""
    return [score.name, *_cells(score), _percent(score.correct)]


def _cells(score: Score | Beside) -> list[str]:
    return [
        str(score.scored),
        _percent(score.optimised),
        _times(score.speedup.value if score.speedup else None),
        _interval(score.speedup),
        _times(score.median),
        _times(score.geometric_mean.value if score.geometric_mean else None),
    ]


def _verdict_cells(report: Report) -> list[list[str]]:
    """A line for each verdict that occurs, and their sum; nothing when there is no program."""
    roles = list(report.verdicts.values())
    seen = [verdict for verdict in roles[0] if any(role[verdict] for role in roles)]
    if not seen:
        return []
    lines = [[verdict, *(str(role[verdict]) for role in roles)] for verdict in seen]
    return [*lines, ["programs", *(str(sum(role.values())) for role in roles)]]


def _csv_line(report: Report, score: Score) -> dict[str, object]:
    line: dict[str, object] = {
        "score": score.name,
        "k": score.k,
        "rows": score.rows,
        "scored": score.scored,
        "judged": score.judged,
        "problems": score.problems,
    }
    line |= {f"excluded_{reason.value}": score.excluded[reason] for reason in Exclusion}
    estimates = {
        "optimised": score.optimised,
        "speedup": score.speedup,
        "geometric_mean": score.geometric_mean,
        "correct": score.correct,
    }
    net = score.net
    estimates |= {
        "net_optimised": net.optimised if net else None,
        "net_speedup": net.speedup if net else None,
        "net_geometric_mean": net.geometric_mean if net else None,
    }
    for name, estimate in estimates.items():
        interval = estimate.interval if estimate else None
        line[name] = estimate.value if estimate else None
        line[f"{name}_low"] = interval.low if interval else None
        line[f"{name}_high"] = interval.high if interval else None
    for name in ("optimised", "speedup", "correct"):
        estimate = getattr(score.fuzzed, name, None)
        line[f"fuzzed_{name}"] = estimate.value if estimate else None
    return line | {
        "median": score.median,
        "net_scored": net.scored if net else None,
        "net_median": net.median if net else None,
        "refusal": score.refusal,
        "unsupported_as": report.unsupported.value,
        "machine": report.machine,
        "fingerprint": report.fingerprint,
        "pairs_file": report.pairs_file,
        "rows_planned": report.rows.planned,
        "rows_missing": report.rows.missing,
        "rows_left_out": report.rows.left_out,
    }


def _markdown_table(header: tuple[str, ...], lines: list[list[str]]) -> str:
    rule = ["---", *("---:" for _ in header[1:])]
    return "\n".join(f"| {' | '.join(line)} |" for line in (header, rule, *lines))


def _percent(estimate: Estimate | None) -> str:
    return _NONE if estimate is None else f"{100 * estimate.value:.1f}"


def _times(value: float | None) -> str:
    return _NONE if value is None else f"{value:.3f}x"


def _interval(estimate: Estimate | None) -> str:
    if estimate is None or estimate.interval is None:
        return _NONE
    return f"{estimate.interval.low:.3f}-{estimate.interval.high:.3f}"
