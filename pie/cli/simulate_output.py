"""What `pie simulate` prints when it is done: a table and totals, or one JSON document."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pie.cli.exits import show, terminal_width
from pie.core.wording import count, one_line
from sim.machine import CLOCK_HZ

if TYPE_CHECKING:
    from pie.flows.simulate import Finished

_SHOWN = 40
_GENERATIONS = 4
"""Most generations of a row that are shown."""
_WIDE = 110
"""Columns of a terminal from which the ids of source and target are shown."""
_UNITS = {"counts": ("Minstr", 1e6 / CLOCK_HZ)}
"""By machine: what its cost is, where that is no time, and how much of its seconds one unit has."""
_FIELDS = (
    "src_id",
    "tgt_id",
    "problem_id",
    "src_agg_runtime",
    "tgt_agg_runtime",
    "speedup",
    "net_speedup",
    "src_verdict",
    "tgt_verdict",
)


def print_json(finished: Finished) -> None:
    """Print the document, row by row: it may be larger than memory."""
    head = {
        "schema_version": 1,
        "run": str(finished.folder),
        "machine": finished.report.machine,
        "fingerprint": finished.report.fingerprint,
        "counts": finished.summary["counts"],
    }
    out = sys.stdout
    out.write(json.dumps(head)[:-1] + ', "pairs": [')
    for index, row in enumerate(_rows(finished.folder)):
        pair = {name: row.get(name) for name in _FIELDS}
        pair["generations"] = [
            {name: one.get(name) for name in ("agg_runtime", "verdict", "marks")}
            for one in row["generations"]
        ]
        out.write((",\n" if index else "\n") + json.dumps(pair, allow_nan=False))
    out.write('\n], "summary": ' + json.dumps(finished.summary, allow_nan=False) + "}\n")


def print_table(finished: Finished) -> None:
    """Print the pairs, then the metrics and totals."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from pie.core.report.report_formats import as_table

    table = Table(box=None, pad_edge=False, header_style="bold")
    unit, size = _UNITS.get(finished.report.machine, ("ms", 1e-3))
    costs = [f"source {unit}", f"target {unit}"]
    names = ["problem", "source", "target", *costs, "speedup", "net", "generations"]
    if Console().width < _WIDE:
        names = [name for name in names if name not in ("source", "target")]
    for name in names:
        right = name in (*costs, "speedup", "net")
        justify: Literal["left", "right"] = "right" if right else "left"
        table.add_column(name, justify=justify, overflow="fold", no_wrap=right)
    for index, row in enumerate(_rows(finished.folder)):
        if index == _SHOWN:
            break
        cells = _cells(row)
        for name, side in zip(costs, ("src", "tgt"), strict=True):
            cells[name] = _cost(row[f"{side}_agg_runtime"], row[f"{side}_verdict"], size)
        table.add_row(*(Text(cells[name]) for name in names))
    more = finished.plan.rows - _SHOWN
    parts = [Text(f"... and {count(more, 'more row')}", style="dim")] if more > 0 else []
    show(table, *parts, "", as_table(finished.report, terminal_width()), Text(_totals(finished)))


def _rows(folder: Path) -> Iterator[dict[str, Any]]:
    with (folder / "pairs.jsonl").open("rb") as lines:
        for line in lines:
            yield json.loads(line)


def _cells(row: dict[str, Any]) -> dict[str, str]:
    speedup = row["speedup"]
    return {
        "problem": one_line(str(row["problem_id"])),
        "source": _name(row.get("src_id")),
        "target": _name(row.get("tgt_id")),
        "speedup": "-" if speedup is None else f"{speedup:.3f}x",
        "net": "-" if row.get("net_speedup") is None else f"{row['net_speedup']:.3f}x",
        "generations": _generations(row),
    }


def _name(identity: object) -> str:
    return "-" if identity is None or identity == "" else one_line(str(identity))


def _generations(row: dict[str, Any]) -> str:
    """Return the first few speedups, how many more there are, and the best if it is not shown."""
    every = row["generations"]
    few = [
        " ".join([_speedup(row, one) or str(one["verdict"]), *one.get("marks", [])])
        for one in every[:_GENERATIONS]
    ]
    if len(every) > _GENERATIONS:
        few.append(f"+{len(every) - _GENERATIONS} more")
        accepted = [(one["agg_runtime"], at) for at, one in enumerate(every) if _speedup(row, one)]
        _least, at = min(accepted, default=(0.0, 0))
        if at >= _GENERATIONS:
            few.append(f"best {_speedup(row, every[at])} of {len(every)}")
    return ", ".join(few)


def _speedup(row: dict[str, Any], generation: dict[str, Any]) -> str:
    if not generation["agg_runtime"] or not row["src_agg_runtime"]:
        return ""
    return f"{row['src_agg_runtime'] / generation['agg_runtime']:.2f}x"


def _cost(seconds: float | None, verdict: str, size: float) -> str:
    return verdict if seconds is None else f"{seconds / size:.4f}"


def _totals(finished: Finished) -> str:
    tally = finished.tally
    ran, reused = tally.run.get("measure", 0), tally.reused.get("measure", 0)
    return (
        f"{count(finished.plan.rows, 'row')}, {count(finished.plan.programs, 'program')}: "
        f"{count(ran, 'run')} measured, "
        f"{reused} taken from the cache, in {finished.seconds:.1f} s. Run folder: {finished.folder}"
    )
