"""`pie history`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from pie.cli import options
from pie.cli.exits import Exit, printing, say, told


@told
def command(
    measured: Annotated[
        Path,
        typer.Argument(help="What `pie measure --export FILE.json` wrote, or a run folder."),
    ],
    baseline: Annotated[
        Path,
        typer.Option("--baseline", help="File of the costs before; made where it is missing."),
    ] = Path("pie-baseline.json"),
    factor: Annotated[
        float, typer.Option("--factor", help="A program is slower or faster from this factor on.")
    ] = 1.01,
    update: Annotated[
        bool, typer.Option("--update", help="Make these costs the new baseline.")
    ] = False,
    across: Annotated[
        bool, typer.Option("--across", help="Also compare costs of another machine or compiler.")
    ] = False,
    as_json: options.Json = False,
) -> int:
    """Compare costs with a baseline that a repository keeps; exit with 3 on a regression.

    Example: pie history now.json --baseline pie-baseline.json

    Before it: pie measure src/*.cpp --tests tests --export now.json. The line on standard output is
    for a pull request.
    """
    from pie.core.report.history import compare_costs, read_costs
    from sim.errors import InputError

    if factor <= 1:
        raise InputError(f"the factor {factor} is not above 1", "give one such as 1.01")
    now = read_costs(measured)
    if not baseline.exists():
        now.save(baseline)
        say(f"pie: {baseline} was not there and holds these costs now")
        return Exit.OK
    # A baseline that is replaced need not be of the same machine.
    history = compare_costs(read_costs(baseline), now, factor, across=across or update)
    with printing():
        print(json.dumps(history.as_dict(), indent=2) if as_json else history.line())
    if update:
        now.save(baseline)
        say(f"pie: {baseline} holds these costs now")
        return Exit.OK
    return Exit.THRESHOLD if history.regressed else Exit.OK
