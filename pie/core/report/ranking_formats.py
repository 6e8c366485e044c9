"""A ranking as a file: JSON, CSV, Markdown or LaTeX, chosen by the ending of its name."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pie.core.problem import InputError
from pie.core.report.latex import tabular
from pie.core.report.ranking import Ranking
from pie.core.report.ranking_table import cost, times, whole
from pie.core.wording import escaped

TITLES = ("program", "time", "ratio", "instructions", "IPC", "memory (MiB)", "start", "verdict")
Writer = Callable[[Ranking, Mapping[str, Any]], str]


def as_csv(ranking: Ranking, _document: Mapping[str, Any]) -> str:
    """One line for each program, the fastest first, in full precision."""
    text = io.StringIO()
    lines = ranking.as_dicts()
    writer = csv.DictWriter(text, fieldnames=list(lines[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue()


def as_json(_ranking: Ranking, document: Mapping[str, Any]) -> str:
    """What `pie measure --json` prints."""
    return json.dumps(document, allow_nan=False, indent=2) + "\n"


def as_markdown(ranking: Ranking, document: Mapping[str, Any]) -> str:
    """GitHub's table and the sentence."""
    rule = ["---", *("---:" for _ in TITLES[1:])]
    lines = [TITLES, rule, *([_markdown(cell) for cell in line] for line in cells(ranking))]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"{table}\n\n{_markdown(str(document['sentence']))}\n"


def as_latex(ranking: Ranking, _document: Mapping[str, Any]) -> str:
    """A `tabular` of booktabs."""
    return tabular(TITLES, cells(ranking))


WRITERS: dict[str, Writer] = {
    ".json": as_json,
    ".csv": as_csv,
    ".md": as_markdown,
    ".tex": as_latex,
}


def writer_of(file: Path) -> Writer:
    """Return what writes a file; InputError for an unknown ending or a folder that is not there.

    Asked before anything is measured, so that nothing is lost to a wrong name.
    """
    writer = WRITERS.get(file.suffix.lower())
    if writer is None:
        known = ", ".join(WRITERS)
        raise InputError(f"the form of {file} is not known", f"its name must end in {known}")
    if not file.parent.is_dir():
        raise InputError(f"the folder {file.parent} does not exist", "make it, or name another")
    if file.is_dir():
        raise InputError(f"{file} is a folder", "name a file in it")
    return writer


def cells(ranking: Ranking) -> Sequence[Sequence[str]]:
    """Return the lines of a table to read, under `TITLES`."""
    lines = []
    for one in [*ranking.measured, *ranking.failed]:
        ipc, share, peak = one.instructions_per_cycle, one.startup_share, one.peak_bytes
        lines.append(
            [
                escaped(one.name),
                cost(ranking, one.seconds, one.cycles),
                times(ranking.ratio(one)),
                whole(one.instructions),
                "-" if ipc is None else f"{ipc:.2f}",
                f"{peak / (1 << 20):.1f}" if peak else "-",
                "-" if share is None else f"{share:.0%}",
                one.verdict.value.replace("_", " "),
            ]
        )
    return lines


def _markdown(text: str) -> str:
    return escaped(text).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
