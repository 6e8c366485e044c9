"""`pie plot`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pie.cli.exits import Exit, say, told


@told
def command(
    kind: Annotated[
        str,
        typer.Argument(
            help="speedup, opt or correct (each over k), thresholds, distribution or verdicts."
        ),
    ],
    runs: Annotated[list[Path], typer.Argument(help="Run folders, a curve for each.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="A .pdf, .svg or .png.")],
) -> int:
    """Draw a figure of one run, or of several side by side, for a paper.

    Example: pie plot speedup runs/one runs/other -o figure.pdf

    Over k these are PIE's Figures 8 and 9; of runs of `pie refine` they are drawn over the
    iterations. Needs matplotlib: pip install 'pie-perf-toolkit[plots]'.
    """
    from pie.flows.plot import plot

    plot(kind, runs, out)
    say(f"pie: {out} is drawn")
    return Exit.OK
