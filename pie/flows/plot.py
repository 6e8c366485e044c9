"""`pie plot`: figures for papers, by matplotlib, of one run or several side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pie.core.metrics.score import Score
from pie.core.page import distribution
from pie.core.problem import InputError
from pie.core.report.pair_rows import read_pairs
from pie.core.report.report import Report, read_report
from pie.flows.refinement.measured import is_refinement, table_of
from sim.errors import MissingTool

SUFFIXES = (".pdf", ".svg", ".png")
_HIDDEN = {"Date": None, "Creator": None}
# The same run makes the same bytes: no date, no version, no random names.
_METADATA: dict[str, dict[str, Any]] = {
    ".pdf": {"CreationDate": None, "ModDate": None, "Creator": None, "Producer": None},
    ".svg": _HIDDEN,
    ".png": {"Software": None},
}


@dataclass(frozen=True)
class _Run:
    """One run with all that a figure may need."""

    folder: Path
    name: str
    report: Report | None
    """None of a refinement."""
    lines: tuple[distribution.Line, ...]
    over: str = "k"
    """What its curves are drawn over."""
    curve: tuple[tuple[int, Score], ...] = ()
    """The scores of a curve, by k or by iteration."""

    @property
    def best(self) -> distribution.Line:
        """The best of the generations; the targets where there are none."""
        return self.lines[-1]


def plot(kind: str, runs: Sequence[Path], file: Path) -> None:
    """Draw a figure into a file; InputError for what cannot be drawn, before anything is read."""
    draw = KINDS.get(kind)
    if draw is None:
        raise InputError(f"unknown figure {kind!r}", f"choose one of {', '.join(KINDS)}")
    if file.suffix.lower() not in SUFFIXES:
        raise InputError(f"the form of {file} is not known", f"end it in {', '.join(SUFFIXES)}")
    if not file.parent.is_dir():
        raise InputError(f"the folder {file.parent} does not exist", "make it, or name another")
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingTool(
            "matplotlib is not installed", "install it with: pip install 'pie-perf-toolkit[plots]'"
        ) from error
    read = [_read(run, place, runs) for place, run in enumerate(runs)]
    if kind not in _CURVES and any(run.report is None for run in read):
        raise InputError(
            f"a refinement has no figure {kind!r}",
            f"draw one of {', '.join(_CURVES)}, or its folder measured/",
        )
    settings = {"svg.hashsalt": "pie", "pdf.fonttype": 42, "font.size": 9}
    with mpl.rc_context(settings):
        figure = Figure(figsize=(4.6, 3.1), layout="constrained")
        draw(figure.subplots(), read)
        suffix = file.suffix.lower()
        figure.savefig(file, dpi=200, metadata=_METADATA[suffix])


def _read(run: Path, place: int, runs: Sequence[Path]) -> _Run:
    names = [one.resolve().name for one in runs]
    name = names[place] if names.count(names[place]) == 1 else str(run)
    if is_refinement(run):
        scores = tuple((one.number, one.best_at[-1]) for one in table_of(run))
        return _Run(run, name, None, (), "iteration", scores)
    report = read_report(run)
    if report.refused or not report.rows.finished:
        raise InputError(f"the run {run} has no numbers", "`pie report` says why")
    most = len(report.best_at)
    pairs = read_pairs(run / "pairs.jsonl", report.rows.finished)
    lines = distribution.lines_of(pairs, most, report.unsupported)
    return _Run(
        run, name, report, tuple(lines), "k", tuple((one.k or 0, one) for one in report.best_at)
    )


def _best_at_k(axes: Any, runs: Sequence[_Run], what: str, label: str, share: bool) -> None:
    """PIE's Figures 8 and 9: a curve over k for each run, with its 95 % band.

    Of refinements it is drawn over their iterations, of all samples of each.
    """
    drawn = False
    over = {run.over for run in runs}
    if len(over) > 1:
        raise InputError("refinements have iterations and other runs k", "draw them apart")
    for run in runs:
        scores = [one for one in run.curve if getattr(one[1], what) is not None]
        if not scores:
            continue
        drawn = True
        scale = 100 if share else 1
        k = [number for number, _score in scores]
        values = [getattr(one, what) for _number, one in scores]
        (line,) = axes.plot(k, [scale * one.value for one in values], marker=".", label=run.name)
        if all(one.interval for one in values):
            low = [scale * one.interval.low for one in values]
            high = [scale * one.interval.high for one in values]
            axes.fill_between(k, low, high, color=line.get_color(), alpha=0.15, linewidth=0)
    if not drawn:
        raise InputError("the runs have no generations", "draw distribution or thresholds")
    axes.set(xlabel=over.pop(), ylabel=label)
    axes.xaxis.get_major_locator().set_params(integer=True)
    _legend(axes, runs)


def _thresholds(axes: Any, runs: Sequence[_Run]) -> None:
    for run in runs:
        line = run.best
        if line.scored:
            shares = [100 * number / line.scored for number in line.optimised]
            axes.step(distribution.THRESHOLDS, shares, where="pre", label=run.name)
    ticks = [1.1, 1.5, 2, 3, 5, 10]
    axes.set(xscale="log", xlabel="speedup of at least", ylabel="% of the rows", ylim=(0, 100))
    axes.set_xticks(ticks, [f"{tick:g}x" for tick in ticks])
    axes.minorticks_off()
    _legend(axes, runs)


def _distribution(axes: Any, runs: Sequence[_Run]) -> None:
    for run in runs:
        counts, each = run.best.counts, 2
        merged = [sum(counts[place : place + each]) for place in range(0, len(counts), each)]
        edges = distribution.EDGES[::each]
        axes.stairs(merged, edges, label=run.name, fill=len(runs) == 1)
    axes.axvline(1, color="0.6", linewidth=0.8, linestyle="--")
    used = [place for run in runs for place, number in enumerate(run.best.counts) if number] or [
        distribution.bin_of(1)
    ]
    low = distribution.EDGES[max(0, min(used) - 4)]
    high = distribution.EDGES[min(len(distribution.EDGES) - 1, max(used) + 5)]
    axes.set(xscale="log", xlabel="speedup", ylabel="rows", xlim=(min(low, 0.9), max(high, 2)))
    axes.xaxis.set_major_formatter(lambda value, _place: f"{value:g}x")
    axes.minorticks_off()
    _legend(axes, runs)


def _verdicts(axes: Any, runs: Sequence[_Run]) -> None:
    """Shares of the verdicts among the generations, or the targets where there are none."""
    left = [0.0] * len(runs)
    reports = [run.report for run in runs if run.report is not None]
    role = "generation" if any(one.best_at for one in reports) else "target"
    told = [one.verdicts[role] for one in reports]
    sums = [sum(one.values()) or 1 for one in told]
    for verdict in told[0]:
        shares = [100 * one[verdict] / total for one, total in zip(told, sums, strict=True)]
        if any(shares):
            axes.barh(range(len(runs)), shares, left=left, label=verdict.replace("_", " "))
            left = [one + share for one, share in zip(left, shares, strict=True)]
    axes.set_yticks(range(len(runs)), [run.name for run in runs])
    axes.invert_yaxis()
    axes.set(xlabel=f"% of the {role}s", xlim=(0, 100))
    axes.legend(fontsize="x-small", ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1))


def _legend(axes: Any, runs: Sequence[_Run]) -> None:
    if len(runs) > 1:
        axes.legend(fontsize="small")


_CURVES = ("speedup", "opt", "correct")
KINDS: dict[str, Callable[[Any, Sequence[_Run]], None]] = {
    "speedup": lambda axes, runs: _best_at_k(axes, runs, "speedup", "mean speedup", False),
    "opt": lambda axes, runs: _best_at_k(axes, runs, "optimised", "%Opt", True),
    "correct": lambda axes, runs: _best_at_k(axes, runs, "correct", "%Correct", True),
    "thresholds": _thresholds,
    "distribution": _distribution,
    "verdicts": _verdicts,
}
"""The figures by name; each draws runs onto axes."""
