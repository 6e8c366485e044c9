"""The scatter plot of a calibration: cycles and speedups, the machine's over the reference's."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pie.core.calibration.calibration import Calibration
from pie.core.metrics.metrics import OPTIMISED_THRESHOLD

MISSING = (
    "no scatter plot was drawn: matplotlib is not installed; "
    "install it with: pip install 'pie-perf-toolkit[plots]'"
)


def draw(made: Calibration, files: Sequence[Path]) -> str:
    """Draw one file for each suffix; return why there is no plot, empty when there is one."""
    if importlib.util.find_spec("matplotlib") is None:
        return MISSING
    import matplotlib as mpl
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 5.5), layout="constrained")
    of_cycles, of_speedups = figure.subplots(1, 2)
    machine = made.models[0].name
    truth = [run.reference_cycles for run in made.runs]
    pairs = [place for pair in made.pairs for place in pair.runs]
    shown = [made.models[0], *(one for one in made.models if _chosen(made, one.name))][:2]
    for model, marker in zip(shown, ("o", "+"), strict=False):
        label = f"{model.name} ({model.validation})"
        style: dict[str, Any] = {"s": 18, "marker": marker, "linewidths": 0.8, "alpha": 0.7}
        of_cycles.scatter(truth, model.cycles, label=label, **style)
        of_speedups.scatter(
            [truth[src] / truth[tgt] for src, tgt in pairs],
            [model.cycles[src] / model.cycles[tgt] for src, tgt in pairs],
            label=label,
            **style,
        )
    for axes, what, n in (
        (of_cycles, "cycles of a run", len(truth)),
        (of_speedups, "speedup of a pair on a test", len(pairs)),
    ):
        axes.set(
            xscale="log",
            yscale="log",
            xlabel=f"reference: {made.reference['name'][:60]}",
            ylabel=machine,
            title=f"{what}, n = {n}",
        )
        low, high = _range(axes)
        axes.plot([low, high], [low, high], color="0.5", linewidth=0.8, zorder=0)
        axes.legend(fontsize="small")
    for line in (of_speedups.axvline, of_speedups.axhline):
        line(OPTIMISED_THRESHOLD, color="0.7", linewidth=0.8, linestyle="--", zorder=0)
    # The same runs make the same bytes: no date, no version, no random names in the SVG.
    with mpl.rc_context({"svg.hashsalt": "pie"}):
        for file in files:
            svg = file.suffix == ".svg"
            metadata = {"Date": None, "Creator": None} if svg else {"Software": None}
            figure.savefig(file, dpi=150, metadata=metadata)
    return ""


def _chosen(made: Calibration, name: str) -> bool:
    return made.chosen is not None and name == f"refit, {made.chosen.method}"


def _range(axes: Any) -> tuple[float, float]:
    ends = (*axes.get_xlim(), *axes.get_ylim())
    return min(ends), max(one for one in ends if math.isfinite(one))
