"""The upper bound as text: a table for the terminal, Markdown, CSV (a line a problem), JSON."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from pie.core.metrics.estimate import Estimate
from pie.core.report.report import FEW_PROBLEMS
from pie.core.report.upper_bound import ProblemBound, UpperBound
from pie.core.wording import count, escaped

if TYPE_CHECKING:
    from rich.console import Group

LIMITS = ("", "Speedup", "95% CI", "over problems", "geo.mean")
COLUMNS = ("problem", "rows", "human", "model", "human us", "model us", "faster")
_NONE = "-"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?")
DEFINITION = (
    "speedup: mean over rows of max(1, source / fastest program of its problem), 1 where no "
    "generation is accepted; over problems: mean of the problems' means; fastest human: of all "
    "accepted submissions; fastest generation: of all rows of the problem (PIE 4)."
)


def as_dict(bound: UpperBound) -> dict[str, Any]:
    """Return everything as JSON-able values, and the problems in which the model beats everyone."""
    beaten = [one.problem_id for one in bound.problems if one.winner == "model"]
    return {"schema_version": 1, **asdict(bound), "model_beats_every_human": beaten}


def as_csv(bound: UpperBound) -> str:
    """Return a line for each problem; texts that a spreadsheet would compute begin with a `'`."""
    text = io.StringIO()
    names = [field.name for field in fields(ProblemBound)]
    writer = csv.DictWriter(text, fieldnames=names, lineterminator="\n")
    writer.writeheader()
    for one in bound.problems:
        values = asdict(one).items()
        writer.writerow({name: _no_formula(value) for name, value in values})
    return text.getvalue()


def as_markdown(bound: UpperBound, title: str) -> str:
    """Return headings, tables and lists of GitHub's Markdown."""
    parts = [f"# {escaped(title)}", *_heading(bound), _markdown(LIMITS, _limits(bound))]
    parts.append(_markdown(COLUMNS, [_cells(one) for one in bound.problems]))
    parts += ["\n".join(f"- {note}" for note in notes(bound))] if notes(bound) else []
    return "\n\n".join([*parts, DEFINITION]) + "\n"


def as_table(bound: UpperBound, title: str) -> Group:
    """Return Rich renderables for `Console.print`."""
    from rich import box
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    def table(header: Sequence[str], lines: Sequence[Sequence[str]]) -> Table:
        made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for index, name in enumerate(header):
            made.add_column(name, justify="right" if index else "left", no_wrap=True)
        for line in lines:
            made.add_row(*(Text(cell) for cell in line))
        return made

    parts: list[Any] = [Text(line) for line in (escaped(title), *_heading(bound))]
    parts.append(table(LIMITS, _limits(bound)))
    parts.append(table(COLUMNS, [_cells(one) for one in bound.problems]))
    parts += [Text(f"! {note}", style="yellow") for note in notes(bound)]
    return Group(*parts, Text(DEFINITION, style="dim"))


def notes(bound: UpperBound) -> list[str]:
    """Return what a reader must know before quoting the numbers."""
    told = [
        f"rows excluded, {reason}: {number}" for reason, number in bound.excluded.items() if number
    ]
    if 1 < len(bound.problems) < FEW_PROBLEMS:
        told.append(f"intervals over only {len(bound.problems)} problems are rough")
    if bound.not_measured_submissions:
        number = count(bound.not_measured_submissions, "human submission")
        told.append(f"{number} could not be measured: people may be faster")
    if bound.not_measured_generations:
        number = count(bound.not_measured_generations, "generation")
        told.append(f"{number} could not be measured: the model may be faster")
    if bound.unsupported_submissions:
        number = count(bound.unsupported_submissions, "human submission")
        told.append(f"{number} did what the machine cannot measure: people may be faster")
    if bound.unsupported_generations:
        number = count(bound.unsupported_generations, "generation")
        told.append(f"{number} did what the machine cannot measure, and counted as failed")
    return told


def _heading(bound: UpperBound) -> list[str]:
    wins = ", ".join(f"{who} in {bound.wins[who]}" for who in bound.wins if bound.wins[who])
    beaten = [escaped(one.problem_id) for one in bound.problems if one.winner == "model"]
    return [
        f"{bound.scored} of {count(bound.rows, 'row')}, {count(len(bound.problems), 'problem')}; "
        f"{bound.solutions} accepted human programs against {bound.generations} generations",
        f"fastest of all: {wins or 'nobody'}",
        f"the model beats every human in: {', '.join(beaten) or 'no problem'}",
    ]


def _limits(bound: UpperBound) -> list[list[str]]:
    human = [
        "human",
        _times(bound.human.value if bound.human else None),
        _interval(bound.human),
        _times(bound.human_over_problems),
        _times(bound.human_geometric_mean),
    ]
    model = [
        "model",
        _times(bound.model.value if bound.model else None),
        _interval(bound.model),
        _times(bound.model_over_problems),
        _times(bound.model_geometric_mean),
    ]
    return [human, model]


def _cells(one: ProblemBound) -> list[str]:
    generated = one.model_seconds
    return [
        escaped(one.problem_id),
        str(one.rows),
        _times(one.human_speedup),
        _times(one.model_speedup),
        f"{one.human_seconds * 1e6:,.1f}",
        _NONE if generated is None else f"{generated * 1e6:,.1f}",
        one.winner,
    ]


def _markdown(header: Sequence[str], lines: list[list[str]]) -> str:
    rule = ["---", *("---:" for _ in header[1:])]
    safe = [[cell.replace("|", "\\|") for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in (header, rule, *safe))


def _no_formula(value: object) -> object:
    """Return a value; a text that a spreadsheet would take for a formula with a quote before it."""
    if isinstance(value, str) and value.startswith(_FORMULA) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value


def _times(value: float | None) -> str:
    return _NONE if value is None else f"{value:.3f}x"


def _interval(estimate: Estimate | None) -> str:
    if estimate is None or estimate.interval is None:
        return _NONE
    return f"{estimate.interval.low:.3f}-{estimate.interval.high:.3f}"
