"""Makes a run's report in a paper's form: the styles by name, and one pass over the run."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from pie.core.metrics.bootstrap import LEVEL, RESAMPLES
from pie.core.metrics.metrics import OPTIMISED_THRESHOLD
from pie.core.metrics.score import NOT_MEASURED_LIMIT
from pie.core.metrics.standing import UnsupportedAs
from pie.core.problem import InputError
from pie.core.report.pair_rows import ReportError
from pie.core.report.report import weaker_sandbox
from pie.core.report.styles.coffe import Coffe
from pie.core.report.styles.ecco import Ecco
from pie.core.report.styles.enamel import Enamel
from pie.core.report.styles.evalperf import EvalPerf
from pie.core.report.styles.open_run import OpenRun, open_run
from pie.core.report.styles.perfcodegen import PerfCodeGen
from pie.core.report.styles.pie_scores import Pie
from pie.core.report.styles.sbllm import Sbllm
from pie.core.report.styles.soap import Soap
from pie.core.report.styles.table import SCHEMA_VERSION, About, Part, Style, StyleReport
from pie.core.wording import count
from sim.verdict import Verdict

_COUNTED = {UnsupportedAs.FAILED: "counted as failed", UnsupportedAs.LEFT_OUT: "left out"}
STYLES: dict[str, Callable[[About], Style]] = {
    "pie": Pie,
    "perfcodegen": PerfCodeGen,
    "soap": Soap,
    "ecco": Ecco,
    "evalperf": EvalPerf,
    "enamel": Enamel,
    "coffe": Coffe,
    "sbllm": Sbllm,
}


def style_report(
    run: Path,
    style: str,
    *,
    unsupported: UnsupportedAs = UnsupportedAs.FAILED,
    threshold: float = OPTIMISED_THRESHOLD,
    not_measured_limit: float = NOT_MEASURED_LIMIT,
    limit: int | None = None,
) -> StyleReport:
    """Report on a run folder in the form of one paper, also on one that is still growing.

    `not_measured_limit`: the share of programs that we may fail to measure before there are no
    numbers.
    InputError for an unknown style, and where the run lacks what the style needs; ReportError,
    with the place, for what is damaged.
    """
    if style not in STYLES:
        raise InputError(f"unknown style {style[:40]!r}", f"choose one of {', '.join(STYLES)}")
    opened = open_run(run)
    machine = opened.manifest["machine"]
    about = About(
        machine=machine["name"],
        unsupported=unsupported,
        threshold=threshold,
        not_measured_limit=not_measured_limit,
        of_tasks=opened.of_tasks,
        of_refinement=opened.iterations > 0,
    )
    chosen = STYLES[style](about)
    done = answers = programs = lost = 0
    for subject in opened.subjects(limit):
        done += 1
        answers += sum(map(len, subject.answers.values()))
        programs += len(subject.programs)
        lost += sum(one.verdict is Verdict.NOT_MEASURED for one in subject.programs)
        try:
            chosen.add(subject)
        except ValueError as error:
            raise ReportError(f"{run}: {subject.name} cannot be scored: {error}") from error
    made = chosen.tables()
    parts, notes = made.parts, [*_notes(opened, done, answers, limit), *made.notes]
    if not opened.of_tasks:
        parts = tuple(_of_rows(part) for part in parts)
    if lost > not_measured_limit * programs:
        parts = tuple(replace(part, lines=()) for part in parts)
        notes.append(
            f"no numbers, since {lost} of {programs} programs were not measured through our own "
            f"failure, more than the {not_measured_limit:.0%} up to which the others may stand for "
            "all"
        )
    return StyleReport(
        schema_version=SCHEMA_VERSION,
        style=style,
        run=str(run),
        source=opened.source,
        machine=machine["name"],
        fingerprint=machine["fingerprint"],
        refused=lost > not_measured_limit * programs,
        parts=parts,
        notes=tuple(notes),
        definitions=f"{made.definitions} Answers that the machine cannot measure: "
        f"{_COUNTED[unsupported]}. Interval: {LEVEL:.0%}, {RESAMPLES} bootstrap resamples of "
        f"{'tasks' if opened.of_tasks else 'problems'}.",
    )


def _of_rows(part: Part) -> Part:
    """Head a table of pairs by what it counts: rows, of which a problem can have several."""
    columns = tuple(
        replace(column, title="rows") if column.title == "tasks" else column
        for column in part.columns
    )
    return replace(part, columns=columns)


def _notes(opened: OpenRun, done: int, answers: int, limit: int | None) -> list[str]:
    """Say what part of the run the numbers are of, and how noisy its machine is."""
    noun = "task" if opened.of_tasks else "row"
    notes = list(weaker_sandbox(opened.manifest))
    planned = opened.planned if limit is None else min(opened.planned, limit)
    if planned < opened.planned:
        notes.append(f"only the first {planned} of {count(opened.planned, noun)}")
    if done < planned:
        notes.append(f"unfinished: {planned - done} of {count(planned, noun)} are missing")
    if opened.left_out:
        notes.append(f"{count(opened.left_out, noun)} of the file could not be used")
    if not answers:
        notes.append("the run has no answers, only reference programs")
    machine = opened.manifest["machine"]
    ratios = [abs(ratio - 1) for ratio in opened.measurements.aa_ratios]
    if not machine.get("deterministic", True):
        noise = "; a program measured twice was not among the runs"
        if ratios:
            noise = (
                f": a program against itself is off by {statistics.median(ratios):.1%} in the "
                f"median of {len(ratios)} tests and {max(ratios):.1%} at most"
            )
        notes.append(f"the machine {machine['name']} gives another number each time{noise}")
    return notes
