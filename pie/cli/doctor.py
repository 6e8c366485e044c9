"""`pie doctor`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pie.cli import options
from pie.cli.exits import Exit, printing, told

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pie.flows.doctor import Finding


@told
def command(as_json: options.Json = False) -> int:
    """Say what works here, what is missing, and the command that installs it.

    Example: pie doctor

    Ends by measuring a known pair against stored values, and by attacking the sandbox. Exit code 1
    when the default machine cannot be used or a wall does not hold.
    """
    from pie.flows import doctor

    findings = doctor.examine_host()
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
