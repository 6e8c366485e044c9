"""`pie compare`."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pie.cli import options
from pie.cli.exits import Exit, printing, say, told


class Format(StrEnum):
    """How a comparison is printed."""

    TABLE = "table"
    MARKDOWN = "markdown"
    CSV = "csv"
    JSON = "json"


@told
def command(
    first: Annotated[Path, typer.Argument(help="The run folder to compare with.")],
    second: Annotated[Path, typer.Argument(help="The run folder that is asked about.")],
    k: Annotated[
        int | None,
        typer.Option("--k", min=1, help="Best@k. Default: the most that both have."),
    ] = None,
    factor: Annotated[
        float,
        typer.Option("--factor", help="A row is improved or worse from this factor on."),
    ] = 1.05,
    across: Annotated[
        bool,
        typer.Option(
            "--across", help="Also compare runs of different machines, compilers or limits."
        ),
    ] = False,
    fail_under: Annotated[
        float | None,
        typer.Option(
            "--fail-under", help="Exit with 3 when the geometric mean of the factors is lower."
        ),
    ] = None,
    form: Annotated[
        Format, typer.Option("--format", "-f", help="How it is printed.")
    ] = Format.TABLE,
    as_json: options.Json = False,
) -> int:
    """Compare two runs of the same rows: two models, strategies, toolkits or compilers.

    Example: pie compare runs/before runs/after --fail-under 1.0
    """
    from pie.cli.measure_output import terminal_width
    from pie.core.report import comparison_formats as formats
    from pie.flows.compare import compare
    from sim.errors import InputError

    if factor <= 1:
        raise InputError(f"the factor {factor} is not above 1", "give one such as 1.05")
    compared = compare(first, second, k=k, least_factor=factor, across=across)
    chosen = Format.JSON if as_json else form
    with printing():
        if chosen is Format.TABLE:
            sys.stdout.write(formats.as_text(compared, terminal_width()))
        elif chosen is Format.MARKDOWN:
            sys.stdout.write(formats.as_markdown(compared))
        elif chosen is Format.CSV:
            sys.stdout.write(formats.as_csv(compared))
        else:
            sys.stdout.write(formats.as_json(compared))
    if fail_under is not None and (compared.factor is None or compared.factor.value < fail_under):
        reached = "none" if compared.factor is None else f"{compared.factor.value:.3f}"
        say(f"pie: the factor between the runs is {reached}, under {fail_under}")
        return Exit.THRESHOLD
    return Exit.OK
