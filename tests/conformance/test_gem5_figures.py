"""The table's figures that are said to be gem5's own are those of a real gem5."""

from __future__ import annotations

import json
import runpy
import subprocess
from pathlib import Path

import pytest

from sim.machines import gem5_installation

pytestmark = pytest.mark.gem5
SCRIPT = """
import json, runpy, sys
from m5 import objects
own = runpy.run_path(sys.argv[1])["GEM5_OWN"]
def plain(value):
    value = getattr(value, "value", value)
    return round(value * 1e12) if isinstance(value, float) else int(value)  # seconds are times
told = {kind: {name: plain(getattr(getattr(objects, kind), name)) for name in names}
        for kind, names in own.items()}
print(json.dumps(told))
"""


def test_gem5s_own_figures_are_its_own(gem5: str, tmp_path: Path) -> None:
    figures = gem5_installation.scripts() / "figures.py"
    script = tmp_path / "told.py"
    script.write_text(SCRIPT)
    done = subprocess.run(
        [gem5, *gem5_installation.OPTIONS, f"--outdir={tmp_path / 'out'}", script, figures],
        env=gem5_installation.ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
    )
    line = next(line for line in done.stdout.splitlines() if line.startswith("{"))
    own = runpy.run_path(str(figures))["GEM5_OWN"]
    assert own
    assert json.loads(line) == own
