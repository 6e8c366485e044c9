"""What `pie calibrate` prints: tables with the n of everything, or one JSON document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from pie.cli.exits import show
from pie.core.wording import count, one_line

if TYPE_CHECKING:
    from rich.table import Table

    from pie.core.calibration.agreement import Agreement, Errors
    from pie.core.calibration.calibration import Calibration, Model
    from pie.flows.calibration.calibrate import Finished


def print_json(finished: Finished) -> None:
    """Print the document."""
    constants = None if finished.constants is None else str(finished.constants)
    head = {"folder": str(finished.folder), "constants": constants}
    print(json.dumps({**finished.made.as_dict(), **head}, indent=2, allow_nan=False))


def print_table(finished: Finished) -> None:
    """Print errors, agreement and order of each model, then what was left out."""
    from rich.text import Text

    made = finished.made
    about = (
        f"{made.models[0].name} against {made.reference['name']}: "
        f"{count(len(made.runs), 'run')} of {count(made.programs, 'program')} of "
        f"{count(made.problems, 'problem')}, {count(len(made.pairs), 'pair')}. "
        "Errors are |machine / reference - 1|; bias is its median with the sign."
    )
    parts = [Text(about), "", _errors(made), "", _order(made)]
    if made.notice:
        parts += ["", Text(made.notice)]
    if made.left_out:
        parts += ["", Text("Left out:")]
        parts += [
            Text(f"  {number}  {one_line(what, 110)}") for what, number in made.left_out.items()
        ]
    ran, reused = finished.tally.run.get("measure", 0), finished.tally.reused.get("measure", 0)
    totals = f"{count(ran, 'run')} measured, {reused} taken from the cache"
    show(*parts, "", Text(f"{totals}, in {finished.seconds:.1f} s. Folder: {finished.folder}"))


def how_to_use(constants: Path, better: bool) -> str:
    """Say where the refitted constants are, and how they become the machine's if they should."""
    from importlib import resources

    if not better:
        return (
            f"pie: constants written to {constants}; do not use them: on problems that they were "
            "not fitted to they are no nearer to the reference than the machine's own (take more "
            "programs)"
        )
    place = resources.files("sim.machines").joinpath("cachegrind_cost.json")
    return f"pie: constants written to {constants}; to measure with them: cp {constants} {place}"


def _errors(made: Calibration) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("model")
    table.add_column("error of")
    for name in ("n", "median", "p90", "worst", "bias"):
        table.add_column(name, justify="right", no_wrap=True)
    for model in made.models:
        label = f"{model.name}\n({model.validation})"
        for at, (what, found) in enumerate(_kinds(model.agreement)):
            sizes = [_percent(one) for one in (found.median, found.p90, found.worst)]
            cells = [str(found.n), *sizes, _percent(found.bias, sign=True)]
            table.add_row(Text(label if at == 0 else ""), Text(what), *cells)
    return table


def _kinds(found: Agreement) -> list[tuple[str, Errors]]:
    return [
        ("cycles of a run", found.runs),
        ("  up to 2.5 million instructions", found.short_runs),
        ("  over 2.5 million instructions", found.long_runs),
        ("cycles of a program", found.programs),
        ("speedup on a test", found.speedups_on_a_test),
        ("speedup of a pair", found.speedups_of_a_pair),
    ]


def _order(made: Calibration) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("model")
    for name in (
        "agree on 1.10x, on a test",
        "agree on 1.10x, of a pair",
        "Kendall's tau in a problem",
        "in the other order",
    ):
        table.add_column(name, justify="right")
    for model in made.models:
        table.add_row(*map(Text, _order_cells(model)))
    return table


def _order_cells(model: Model) -> list[str]:
    found = model.agreement
    order = found.ranking.comparisons
    tau = found.ranking.mean_tau
    return [
        f"{model.name} ({model.validation})",
        f"{_percent(found.faster_on_a_test.share)} of {found.faster_on_a_test.n}",
        f"{_percent(found.faster_pairs.share)} of {found.faster_pairs.n}",
        f"{'-' if tau is None else f'{tau:.3f}'} (n {found.ranking.problems})",
        f"{order.discordant} of {order.comparisons}",
    ]


def _percent(value: float | None, *, sign: bool = False) -> str:
    if value is None:
        return "-"
    return f"{100 * value:+.2f} %" if sign else f"{100 * value:.2f} %"
