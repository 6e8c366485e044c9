"""`pie doctor`."""

from __future__ import annotations

import json

from pie.cli import options
from pie.cli.exits import Exit, told


@told
def command(as_json: options.Json = False) -> int:
    """Say what works here, what is missing, and the command that installs it.

    Example: pie doctor

    Ends by measuring a known pair against stored values, and by attacking the sandbox. Exit code 1
    when the default machine cannot be used or a wall does not hold.
    """
    from pie.flows import doctor

    findings = doctor.examine_host()
    if as_json:
        document = {
            "schema_version": 1,
            "ok": all(one.ok or not one.needed for one in findings),
            "findings": [one.as_dict() for one in findings],
        }
        print(json.dumps(document, indent=2))
    else:
        for one in findings:
            mark = "ok     " if one.ok else ("MISSING" if one.needed else "absent ")
            print(f"{mark}  {one.name}: {one.text}")
            if one.remedy and not one.ok:
                print(f"         -> {one.remedy}")
    return Exit.OK if all(one.ok or not one.needed for one in findings) else Exit.INPUT
