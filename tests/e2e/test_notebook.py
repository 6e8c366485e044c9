"""The notebook of the examples runs from its first cell to its last."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sim.machines.skylake import Skylake

REPOSITORY = Path(__file__).parents[2]
NOTEBOOK = REPOSITORY / "examples" / "notebook" / "pie.ipynb"

# As IPython does it: what the last expression of a cell gives is shown.
SHOW = """
import ast, json, sys
cells, space, shown = json.load(sys.stdin), {}, []
for cell in cells:
    tree = ast.parse(cell)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), space)
    value = eval(compile(ast.Expression(last.value), "cell", "eval"), space) if last else None
    html = value._repr_html_() if hasattr(value, "_repr_html_") else None
    shown.append(html or repr(value))
json.dump(shown, open("shown.json", "w"))
"""


def cells() -> list[str]:
    told = json.loads(NOTEBOOK.read_text())
    return ["".join(cell["source"]) for cell in told["cells"] if cell["cell_type"] == "code"]


def test_a_notebook_is_kept_without_what_it_printed() -> None:
    told = json.loads(NOTEBOOK.read_text())
    assert told["nbformat"] == 4
    assert not any(cell.get("outputs") for cell in told["cells"])
    assert len({cell["id"] for cell in told["cells"]}) == len(told["cells"])


def test_every_cell_runs_and_shows_what_it_says(tmp_path: Path, cache: Path) -> None:
    found = Skylake().check()
    if not found.ok:
        pytest.skip(f"{found.problem}; {found.remedy}")
    pytest.importorskip("pandas")
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(
        [sys.executable, "-c", SHOW],
        input=json.dumps(cells()),
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    shown = json.loads((tmp_path / "shown.json").read_text())
    measured, run, reward = shown[1], shown[3], shown[-1]
    assert "times faster than loop" in measured
    assert "best@2" in run
    fast, wrong = json.loads(reward)
    assert fast > 0 == wrong
    assert "0 improved, 2 same, 0 worse" in done.stdout
    assert (tmp_path / "notebook.html").is_file()
