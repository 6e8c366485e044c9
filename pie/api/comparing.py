"""`pie.compare`: what changed between two runs."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pie.api.html_table import html_table, paragraph
from pie.api.runs import Run
from pie.core.report import comparison_formats as formats
from pie.core.report.comparison import FACTOR, Change, RunsCompared
from pie.flows import compare as flow


@dataclass(frozen=True)
class Comparison:
    """The second run against the first."""

    runs: RunsCompared
    """Every number: `factor` with its interval, `p_value`, `won`, `lost`, `rows`."""

    def to_pandas(self) -> Any:
        """Return a line for each row as a pandas DataFrame."""
        from pie.api.frames import pandas

        return pandas().DataFrame(self.runs.as_dict()["rows"])

    def __str__(self) -> str:
        return formats.as_text(self.runs, 100)

    def _repr_html_(self) -> str:
        parts = [paragraph(sentence) for sentence in formats.sentences(self.runs)]
        for change in (Change.IMPROVED, Change.WORSE):
            rows = formats.most_changed(self.runs, change)
            if rows:
                lines = [formats.row_cells(row) for row in rows]
                parts += [paragraph(change.value), html_table(formats.COLUMNS, lines)]
        return "".join(parts)


def compare(
    first: str | os.PathLike[str] | Run,
    second: str | os.PathLike[str] | Run,
    *,
    k: int | None = None,
    factor: float = FACTOR,
    across: bool = False,
) -> Comparison:
    """Compare the second run with the first, row by row.

    `factor`: from which a row is improved or worse. InputError for other rows, and for runs on
    another machine, compiler or limit unless `across` asks for it.
    """
    told = flow.compare(_folder(first), _folder(second), k=k, least_factor=factor, across=across)
    return Comparison(told)


def _folder(run: str | os.PathLike[str] | Run) -> Path:
    return run.folder if isinstance(run, Run) else Path(run)
