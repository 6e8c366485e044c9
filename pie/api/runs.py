"""`pie.simulate` and `pie.load_run`: a run folder as a value."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pie.api.html_table import html_table, paragraph
from pie.api.settings import setting_of
from pie.core.metrics.metrics import OPTIMISED_THRESHOLD
from pie.core.page.document import PageSource
from pie.core.page.page_file import write_page
from pie.core.report.pair_rows import read_pairs_and_rows
from pie.core.report.report import Report, read_report
from pie.core.report.report_formats import COLUMNS, as_markdown, score_cells
from pie.flows import simulate as flow
from sim.paths import cache_directory
from sim.program import digest_of


@dataclass(frozen=True)
class Run:
    """A run folder, finished or still growing."""

    folder: Path
    report: Report
    """%Opt, Speedup and %Correct at Best@k with their intervals, and the verdicts."""

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield the rows with their results, one at a time, as they stand in `pairs.jsonl`."""
        pairs = self.folder / "pairs.jsonl"
        if pairs.exists():
            for _pair, row in read_pairs_and_rows(pairs):
                yield dict(row)

    def programs(self) -> Iterator[dict[str, Any]]:
        """Yield a line for each program: row, role, verdict, seconds, speedup over the source.

        `row` counts from 0. The numbers of what was not accepted are None.
        """
        for number, row in enumerate(self.rows()):
            about = {
                "row": number,
                "problem_id": row["problem_id"],
                "src_id": row.get("src_id"),
                "tgt_id": row.get("tgt_id"),
            }
            source = row["src_agg_runtime"]
            found = [("source", row["src_verdict"], source)]
            found.append(("target", row["tgt_verdict"], row["tgt_agg_runtime"]))
            for place, one in enumerate(row["generations"]):
                found.append((f"generation_{place}", one["verdict"], one["agg_runtime"]))
            for role, verdict, seconds in found:
                speedup = source / seconds if source and seconds else None
                yield {
                    **about,
                    "role": role,
                    "verdict": verdict,
                    "seconds": seconds,
                    "speedup": speedup,
                }

    def to_pandas(self) -> Any:
        """Return `programs` as a pandas DataFrame."""
        from pie.api.frames import pandas

        return pandas().DataFrame(list(self.programs()))

    def to_arrow(self) -> Any:
        """Return `programs` as a pyarrow Table."""
        from pie.api.frames import pyarrow

        return pyarrow().Table.from_pylist(list(self.programs()))

    def page(self, file: str | os.PathLike[str], threshold: float = OPTIMISED_THRESHOLD) -> Path:
        """Write the page of `pie report --html`, and return where it is."""
        path = Path(file)
        write_page(PageSource(self.folder, self.report, threshold, self.report.unsupported), path)
        return path

    def __str__(self) -> str:
        return as_markdown(self.report)

    def _repr_html_(self) -> str:
        lines = [score_cells(score) for score in self.report.scores]
        notes = "".join(paragraph(f"! {note}") for note in self.report.notes)
        return html_table(COLUMNS, lines) + notes + paragraph(self.report.definitions)


def load_run(folder: str | os.PathLike[str]) -> Run:
    """Read a run folder of `pie simulate`; ReportError, with the place, where it is none."""
    path = Path(folder)
    return Run(path, read_report(path))


def simulate(
    pairs: str | os.PathLike[str] | Sequence[Mapping[str, Any]],
    *,
    testcases: str | os.PathLike[str] | None = None,
    out: str | os.PathLike[str] | None = None,
    machine: str = "auto",
    cxxflags: str | None = None,
    compare: str = "tokens",
    max_instructions: int | None = None,
    memory_limit: int = 1024,
    jobs: int = 0,
    limit: int | None = None,
    strict: bool = False,
    trust_programs: bool = False,
    use_cache: bool = True,
) -> Run:
    """Compile, judge and measure pairs: a JSONL file in PIE's format, or its rows as dicts.

    As `pie simulate` does: the same call goes on where it was stopped. `out` is the run folder, by
    default `runs/NAME-MACHINE-CONFIGURATION`. InputError or MissingTool, in one sentence, for what
    cannot be used; what is wrong with a program is its verdict.
    """
    setting = setting_of(machine, cxxflags, compare, max_instructions, memory_limit, in_rows=True)
    request = flow.Request(
        pairs=_file(pairs),
        setting=setting,
        testcases=None if testcases is None else Path(testcases),
        out=None if out is None else Path(out),
        jobs=jobs,
        use_cache=use_cache,
        strict=strict,
        trust_programs=trust_programs,
        limit=limit,
    )
    finished = flow.simulate(request, flow.plan(request), lambda _folder: None, lambda _far: None)
    return Run(finished.folder, finished.report)


def _file(pairs: str | os.PathLike[str] | Sequence[Mapping[str, Any]]) -> Path:
    """Return the file of the pairs; rows are written to one that is named after them."""
    if isinstance(pairs, str | os.PathLike):
        return Path(pairs)
    text = "".join(json.dumps(row) + "\n" for row in pairs)
    path = cache_directory() / "rows" / f"rows-{digest_of(text)[:12]}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f"{path.name}.{os.getpid()}")
    scratch.write_text(text, "utf-8")
    scratch.replace(path)
    return path
