"""One table of several runs: pass@1, eff@1, efficient@1, DPS, NET and NTMU of each model.

    python tests/benchmarks/style_table.py RUN [RUN ...]

The runs are of tasks that `task_styles.py` makes. A number is "-" where the run cannot give it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pie.core.report.styles.formats import shown
from pie.core.report.styles.report import style_report
from pie.core.report.styles.table import Form, StyleReport
from sim.errors import InputError

WANTED = {
    "pass@1": ("coffe", "pass_at_1"),
    "eff@1": ("enamel", "eff_at_1"),
    "efficient@1": ("coffe", "efficient_at_1"),
    "DPS": ("evalperf", "dps"),
    "(tasks)": ("evalperf", "evaluated"),
    "NET": ("soap", "n_seconds"),
    "NET of sums": ("soap", "n_seconds_of_sums"),
    "NTMU": ("soap", "n_memory_time"),
    "(answers)": ("soap", "programs"),
}


def report_of(run: Path, style: str) -> StyleReport | None:
    """Return a report; None where the run lacks what the style needs."""
    try:
        return style_report(run, style)
    except InputError:
        return None


def main() -> None:
    runs = [Path(name) for name in sys.argv[1:]]
    if not runs:
        sys.exit(__doc__)
    print(f"| run | model | tasks | {' | '.join(WANTED)} |")
    print("| --- | --- | " + "---: | " * (1 + len(WANTED)))
    for run in runs:
        reports = {style: report_of(run, style) for style, _key in WANTED.values()}
        coffe = reports["coffe"]
        assert coffe is not None
        for line in coffe.parts[0].lines:
            cells = [number_of(reports[style], key, line.name) for style, key in WANTED.values()]
            tasks = line.cells["tasks"]
            print(f"| {run.name} | {line.name} | {tasks} | {' | '.join(cells)} |")


def number_of(report: StyleReport | None, key: str, model: str) -> str:
    """Return a number of a model as people read it."""
    for part in () if report is None else report.parts:
        for column in part.columns:
            for line in part.lines:
                if column.key == key and line.name == model:
                    return shown(line.cells.get(key), column.form)
    return shown(None, Form.COUNT)


if __name__ == "__main__":
    main()
