"""A report on tasks as text: a table for the terminal, Markdown and CSV."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from pie.core.metrics.estimate import Estimate
from pie.core.report.task_report import ModelScore, TaskReport
from pie.core.wording import count

if TYPE_CHECKING:
    from rich.console import Group

_NONE = "-"
_ABOUT = ("tasks_file", "machine", "fingerprint", "model", "tasks", "answers", "scored", "failed")
_NUMBERS = ("compared", "speedup", "geometric_mean", "ratio_of_sums", "optimised")
_COLUMNS = (*_ABOUT, "left_out", "k", "pass_at_k", *_NUMBERS)


def as_table(report: TaskReport) -> Group:
    """Rich renderables for `Console.print`."""
    from rich import box
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    header, *lines = _lines(report)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for index, name in enumerate(header):
        table.add_column(name, justify="right" if index else "left", no_wrap=True)
    for line in lines:
        table.add_row(*(Text(cell) for cell in line))
    shown = [table] if lines else []
    return Group(Text(_heading(report)), *shown, *(Text(one) for one in _remarks(report)))


def as_markdown(report: TaskReport) -> str:
    """Headings, a table and a list of GitHub's Markdown."""
    header, *lines = _lines(report)
    rule = ["---", *("---:" for _name in header[1:])]
    table = "\n".join(f"| {' | '.join(line)} |" for line in (header, rule, *lines))
    remarks = "\n".join(f"- {one}" for one in _remarks(report))
    parts = [f"# {report.tasks_file}", _heading(report), *([table] if lines else []), remarks]
    return "\n\n".join(part for part in parts if part) + "\n"


def as_csv(report: TaskReport) -> str:
    """One line for each model and k, in full precision; empty where there is no number."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=_COLUMNS, lineterminator="\n")
    writer.writeheader()
    for one in report.models:
        about = {
            "tasks_file": report.tasks_file,
            "machine": report.machine,
            "fingerprint": report.fingerprint,
            "model": one.model,
            "tasks": one.tasks,
            "answers": one.answers,
            "scored": one.scored,
            "failed": one.failed,
            "left_out": one.left_out,
            "compared": one.compared,
            "speedup": _value(one.speedup),
            "geometric_mean": _value(one.geometric_mean),
            "ratio_of_sums": one.ratio_of_sums,
            "optimised": _value(one.optimised),
        }
        for k, estimate in one.pass_at.items():
            writer.writerow({**about, "k": k, "pass_at_k": estimate.value})
        if not one.pass_at:
            writer.writerow(about)
    return text.getvalue()


def _lines(report: TaskReport) -> list[list[str]]:
    ks = sorted({k for one in report.models for k in one.pass_at})
    header = ["model", "tasks", "answers", *(f"pass@{k}" for k in ks), "95% CI", "n"]
    header += ["speedup", "95% CI", "geo.mean", "sums", "%Opt"]
    return [header, *(_line(one, ks) for one in report.models)]


def _line(one: ModelScore, ks: list[int]) -> list[str]:
    passed = [_share(one.pass_at.get(k)) for k in ks]
    first = one.pass_at.get(ks[0]) if ks else None
    sums = _NONE if one.ratio_of_sums is None else f"{one.ratio_of_sums:.3f}x"
    return [
        one.model,
        str(one.tasks),
        str(one.answers),
        *passed,
        _interval(first, "{:.1%}"),
        str(one.compared),
        _times(one.speedup),
        _interval(one.speedup, "{:.2f}"),
        _times(one.geometric_mean),
        sums,
        _share(one.optimised),
    ]


def _heading(report: TaskReport) -> str:
    accepted = report.references.get("accepted", 0)
    total = sum(report.references.values())
    return (
        f"{count(report.finished, 'task')} of {report.tasks}, on {report.machine} "
        f"({report.fingerprint}); reference solutions accepted: {accepted} of {total}"
    )


def _remarks(report: TaskReport) -> list[str]:
    verdicts = [
        f"{one.model}: "
        + ", ".join(f"{verdict} {number}" for verdict, number in one.verdicts.items() if number)
        for one in report.models
    ]
    native = [report.native.sentence] if report.native else []
    return [*verdicts, *native, *report.notes, report.definitions]


def _value(estimate: Estimate | None) -> float | None:
    return None if estimate is None else estimate.value


def _share(estimate: Estimate | None) -> str:
    return _NONE if estimate is None else f"{estimate.value:.1%}"


def _times(estimate: Estimate | None) -> str:
    return _NONE if estimate is None else f"{estimate.value:.3f}x"


def _interval(estimate: Estimate | None, form: str) -> str:
    if estimate is None or estimate.interval is None:
        return _NONE
    return f"{form.format(estimate.interval.low)}-{form.format(estimate.interval.high)}"
