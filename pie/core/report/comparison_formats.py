"""A comparison of two runs as text, Markdown, CSV and JSON."""

from __future__ import annotations

import csv
import io
import json

from pie.core.metrics.estimate import Estimate
from pie.core.report.comparison import Change, RowChange, RunsCompared
from pie.core.report.ranking_table import wrapped
from pie.core.wording import count, one_line

_SHOWN = 10
"""Rows of each kind that are shown, those that changed most first."""
COLUMNS = ("row", "problem", "first", "second", "factor")


def sentences(told: RunsCompared) -> list[str]:
    """Say what changed, one thought a sentence."""
    whom = "the targets" if told.of_targets else f"Best@{told.k}"
    improved, same, worse = (
        told.count(change) for change in (Change.IMPROVED, Change.SAME, Change.WORSE)
    )
    lines = [
        f"{told.second} against {told.first}, {whom}: {improved} improved, {same} same, "
        f"{worse} worse (by a factor of {told.least_factor:g} or more)."
    ]
    if told.factor is not None:
        lines.append(f"Speedups changed by a factor of {_times(told.factor)} (geometric mean).")
    lines.append(
        f"{count(told.won, 'row')} won and {told.lost} lost, by however little; "
        + (
            "no row differs."
            if told.p_value is None
            else f"p = {told.p_value:.2g} (sign-flip test over problems)."
        )
    )
    if told.newly_correct or told.no_longer_correct:
        lines.append(
            f"{count(told.newly_correct, 'row')} newly correct, "
            f"{told.no_longer_correct} no longer correct."
        )
    difference = told.difference
    for name, estimate in (("speedup", difference.speedup), ("%Opt", difference.optimised)):
        if estimate is not None:
            lines.append(f"Mean {name}: {_signed(estimate, percent=name == '%Opt')}.")
    if left := told.count(Change.NOT_COMPARED):
        lines.append(f"{count(left, 'row')} not compared: a run has no speedup for them.")
    if told.settings_differ:
        lines.append(f"! The runs were measured on different things: {told.settings_differ}.")
    return lines


def as_text(told: RunsCompared, width: int) -> str:
    """Sentences, then the rows that changed most, for a terminal of 60 columns or more."""
    lines = [line for sentence in sentences(told) for line in wrapped(sentence, width)]
    for change in (Change.IMPROVED, Change.WORSE):
        rows = most_changed(told, change)
        if not rows:
            continue
        room = max(10, width - 8 - 3 * 12)
        lines += ["", f"{change.value}:"]
        lines.append(f"{'row':>6}  {'problem':<{room}}{'first':>10}{'second':>12}{'factor':>12}")
        for row in rows:
            cells = row_cells(row)
            problem = one_line(row.problem_id, room - 1)
            lines.append(
                f"{cells[0]:>6}  {problem:<{room}}{cells[2]:>10}{cells[3]:>12}{cells[4]:>12}"
            )
        if (more := told.count(change) - len(rows)) > 0:
            lines.append(f"        ... and {count(more, 'more row')}")
    return "\n".join(lines) + "\n"


def as_markdown(told: RunsCompared) -> str:
    """The same for a pull request."""
    parts = ["\n".join(f"- {sentence}" for sentence in sentences(told))]
    for change in (Change.IMPROVED, Change.WORSE):
        rows = most_changed(told, change)
        if rows:
            lines = [COLUMNS, ("---:", "---", "---:", "---:", "---:"), *map(row_cells, rows)]
            table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
            parts.append(f"**{change.value}**\n\n{table}")
    return "\n\n".join(parts) + "\n"


def as_csv(told: RunsCompared) -> str:
    """One line for each row, in full precision."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("row", "problem_id", "name", "first", "second", "factor", "change"))
    for row in told.rows:
        numbers = (row.first, row.second, row.factor)
        writer.writerow((row.row, row.problem_id, row.name, *numbers, row.change.value))
    return text.getvalue()


def as_json(told: RunsCompared) -> str:
    """One JSON document; never NaN."""
    return json.dumps(told.as_dict(), indent=2, allow_nan=False) + "\n"


def most_changed(told: RunsCompared, change: Change) -> list[RowChange]:
    """Return the rows of a kind, the greatest change first, so many as are shown."""
    rows = [row for row in told.rows if row.change is change]
    rows.sort(key=lambda row: row.factor or 1, reverse=change is Change.IMPROVED)
    return rows[:_SHOWN]


def row_cells(row: RowChange) -> tuple[str, ...]:
    """Return a row under `COLUMNS`."""
    numbers = (row.first, row.second, row.factor)
    return (
        str(row.row),
        one_line(row.problem_id).replace("|", "\\|"),
        *("-" if number is None else f"{number:.3f}x" for number in numbers),
    )


def _times(estimate: Estimate) -> str:
    interval = estimate.interval
    between = f" (95% interval {interval.low:.3f} to {interval.high:.3f})" if interval else ""
    return f"{estimate.value:.3f}{between}"


def _signed(estimate: Estimate, *, percent: bool) -> str:
    def shown(value: float) -> str:
        return f"{100 * value:+.1f} points" if percent else f"{value:+.3f}"

    interval = estimate.interval
    between = f" (95% interval {shown(interval.low)} to {shown(interval.high)})" if interval else ""
    return f"{shown(estimate.value)}{between}"
