"""`pie doctor`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from pie.cli import options
from pie.cli.exits import Exit, printing, told

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pie.flows.doctor import Finding


@told
def command(
    build: Annotated[
        bool,
        typer.Option("--build", help="Only build the timing model's tool, and say where it is."),
    ] = False,
    as_json: options.Json = False,
) -> int:
    """Say what works here, what is missing, and the command that installs it.

    Example: pie doctor

    Ends by measuring a known pair against stored values, and by attacking the sandbox. Exit code 1
    when the default machine cannot be used or a wall does not hold. With --build it only builds the
    tool of the machine skylake ahead of its first use (else a machine builds it when it is asked).
    """
    from pie.flows import doctor

    findings = [doctor.built_tool()] if build else doctor.examine_host()
    fine = all(one.ok or not one.needed for one in findings)
    with printing():
        if as_json:
            shown = [one.as_dict() for one in findings]
            print(json.dumps({"schema_version": 1, "ok": fine, "findings": shown}, indent=2))
        else:
            _print(findings)
    return Exit.OK if fine else Exit.INPUT


def _print(findings: Sequence[Finding]) -> None:
    for one in findings:
        mark = "ok     " if one.ok else ("MISSING" if one.needed else "absent ")
        print(f"{mark}  {one.name}: {one.text}")
        if one.remedy and not one.ok:
            print(f"         -> {one.remedy}")
