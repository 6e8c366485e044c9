"""What `pie simulate` prints when it is done: a table and totals, or one JSON document."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pie.flows.simulate import Finished

_SHOWN = 40
_WIDE = 110
"""Columns of a terminal from which the ids of source and target are shown."""
_FIELDS = (
    "src_id",
    "tgt_id",
    "problem_id",
    "src_agg_runtime",
    "tgt_agg_runtime",
    "speedup",
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
            {"agg_runtime": one["agg_runtime"], "verdict": one["verdict"]}
            for one in row["generations"]
        ]
        out.write((",\n" if index else "\n") + json.dumps(pair, allow_nan=False))
    out.write('\n], "summary": ' + json.dumps(finished.summary, allow_nan=False) + "}\n")


def print_table(finished: Finished) -> None:
    """Print the pairs, then the metrics and totals."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from pie.core.report_formats import as_table

    console = Console()
    table = Table(box=None, pad_edge=False, header_style="bold")
    names = ["problem", "source", "target", "source ms", "target ms", "speedup", "generations"]
    if console.width < _WIDE:
        names = [name for name in names if name not in ("source", "target")]
    for name in names:
        right = name in ("source ms", "target ms", "speedup")
        table.add_column(name, justify="right" if right else "left", overflow="fold")
    for index, row in enumerate(_rows(finished.folder)):
        if index == _SHOWN:
            break
        cells = _cells(row)
        table.add_row(*(Text(cells[name]) for name in names))
    console.print(table)
    if finished.plan.rows > _SHOWN:
        console.print(f"... and {finished.plan.rows - _SHOWN} more rows", style="dim")
    console.print()
    console.print(as_table(finished.report))
    console.print(Text(_totals(finished)))


def _rows(folder: Path) -> Iterator[dict[str, Any]]:
    with (folder / "pairs.jsonl").open("rb") as lines:
        for line in lines:
            yield json.loads(line)


def _cells(row: dict[str, Any]) -> dict[str, str]:
    generations = [
        f"{row['src_agg_runtime'] / one['agg_runtime']:.2f}x"
        if one["agg_runtime"] and row["src_agg_runtime"]
        else str(one["verdict"])
        for one in row["generations"]
    ]
    speedup = row["speedup"]
    return {
        "problem": str(row["problem_id"]),
        "source": str(row.get("src_id") or "-"),
        "target": str(row.get("tgt_id") or "-"),
        "source ms": _cost(row["src_agg_runtime"], row["src_verdict"]),
        "target ms": _cost(row["tgt_agg_runtime"], row["tgt_verdict"]),
        "speedup": "-" if speedup is None else f"{speedup:.3f}x",
        "generations": ", ".join(generations),
    }


def _cost(seconds: float | None, verdict: str) -> str:
    return verdict if seconds is None else f"{seconds * 1e3:.4f}"


def _totals(finished: Finished) -> str:
    tally = finished.tally
    ran, reused = tally.run.get("measure", 0), tally.reused.get("measure", 0)
    return (
        f"{finished.plan.rows} rows, {finished.plan.programs} programs: {ran} runs measured, "
        f"{reused} taken from the cache, in {finished.seconds:.1f} s. Run folder: {finished.folder}"
    )
