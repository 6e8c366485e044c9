"""`pie report`."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pie.cli import options
from pie.cli.exits import Exit, printing, say, show, terminal_width, told

if TYPE_CHECKING:
    from pie.core.metrics.standing import UnsupportedAs


class Format(StrEnum):
    """How a report is printed."""

    TABLE = "table"
    MARKDOWN = "markdown"
    CSV = "csv"
    JSON = "json"
    LATEX = "latex"


@told
def command(
    run: Annotated[
        Path, typer.Argument(help="A run folder of `pie simulate`; with --style of `pie refine`.")
    ],
    style: Annotated[
        str,
        typer.Option(
            "--style",
            help="A paper's own table: pie, perfcodegen, soap, ecco, evalperf, enamel, coffe, "
            "sbllm.",
        ),
    ] = "",
    form: Annotated[
        Format, typer.Option("--format", "-f", help="How it is printed.")
    ] = Format.TABLE,
    threshold: Annotated[
        float, typer.Option("--threshold", help="Speedup from which a row counts in %Opt.")
    ] = 1.10,
    not_measured_limit: Annotated[
        float,
        typer.Option(
            "--not-measured-limit",
            min=0.0,
            max=1.0,
            help="Share of rows that we may fail to measure before numbers are refused.",
        ),
    ] = 0.05,
    fail_under: Annotated[
        float | None,
        typer.Option("--fail-under", help="Exit with 3 when Best@1's mean speedup is lower."),
    ] = None,
    upper_bound: Annotated[
        Path | None,
        typer.Option(
            "--upper-bound",
            metavar="SUBMISSIONS",
            help="Against the fastest human of each problem: of what `pie dataset measure` wrote, "
            "or of a run of `pie simulate --answers fastest_code`.",
        ),
    ] = None,
    errors: Annotated[
        bool,
        typer.Option(
            "--errors",
            help="Why generated programs do not optimise, and speedups by kind of edit.",
        ),
    ] = False,
    by_length: Annotated[
        bool,
        typer.Option("--by-length", help="Correlations of length with accuracy and speedup."),
    ] = False,
    by_tag: Annotated[
        bool, typer.Option("--by-tag", help="Speed got against the score tag asked for.")
    ] = False,
    html: Annotated[
        Path | None,
        typer.Option(
            "--html",
            metavar="FILE",
            help="Also write a page to look at: numbers, charts, every pair with its programs.",
        ),
    ] = None,
    unsupported: options.Unsupported = "failed",
    limit: options.Limit = None,
    as_json: Annotated[bool, typer.Option("--json", help="Same as --format json.")] = False,
) -> int:
    """Print the metrics of a run, also of one that is not finished.

    Example: pie report runs/test-skylake-1a2b3c4d --format markdown

    Example: pie report runs/answers --style soap

    With --upper-bound: the fastest generation of each problem against its fastest human program.
    """
    from pie.core.report import report_formats
    from pie.core.report.report import read_report
    from pie.core.report.task_report import is_of_tasks
    from sim.errors import InputError

    if threshold <= 1:
        raise InputError(f"the threshold {threshold} is not above 1", "give one such as 1.10")
    counted = options.unsupported_as(unsupported)
    chosen = Format.JSON if as_json else form
    asked = {
        "--errors": errors,
        "--upper-bound": upper_bound is not None,
        "--by-length": by_length,
        "--by-tag": by_tag,
        "--html": html is not None,
    }
    if chosen is Format.LATEX and (is_of_tasks(run) or any(asked.values())):
        raise InputError("LaTeX is for the table of scores alone", "choose markdown or csv")
    names = [name for name, wanted in asked.items() if wanted]
    if style:
        names += ["--fail-under"] if fail_under is not None else []
        if names:
            raise InputError(f"{names[0]} and --style are two reports", "ask for one at a time")
        return _style(run, style, chosen, counted, threshold, not_measured_limit, limit)
    if is_of_tasks(run):
        names += ["--fail-under"] if fail_under is not None else []
        if names:
            raise InputError(f"{names[0]} is a report of pairs", f"{run} is a run of tasks")
        return _tasks(run, chosen, counted, threshold, limit)
    if len(names) > 1:
        raise InputError(f"{' and '.join(names[:2])} are two reports", "ask for one at a time")
    if by_length or by_tag:
        return _relations(run, chosen, counted, limit, by_tag=by_tag)
    if errors:
        return _errors(run, threshold, chosen, counted, limit)
    if upper_bound is not None:
        return _upper_bound(run, upper_bound, chosen, counted, limit)
    report = read_report(
        run,
        threshold=threshold,
        not_measured_limit=not_measured_limit,
        unsupported=counted,
        limit=limit,
    )
    with printing():
        if chosen is Format.TABLE:
            show(report_formats.as_table(report, terminal_width()))
        elif chosen is Format.MARKDOWN:
            sys.stdout.write(report_formats.as_markdown(report))
        elif chosen is Format.CSV:
            sys.stdout.write(report_formats.as_csv(report))
        elif chosen is Format.LATEX:
            sys.stdout.write(report_formats.as_latex(report))
        else:
            sys.stdout.write(report_formats.as_json(report))
    if html is not None:
        from pie.cli.report_page import write

        write(run, report, html, threshold, limit)
    if report.refused:
        return Exit.NOT_MEASURED
    if fail_under is not None:
        score = report.best_at[0] if report.best_at else report.human
        if score.speedup is None or score.speedup.value < fail_under:
            reached = "none" if score.speedup is None else f"{score.speedup.value:.3f}"
            say(f"pie: the mean speedup of {score.name} is {reached}, under {fail_under}")
            return Exit.THRESHOLD
    return Exit.OK


def _tasks(
    run: Path, form: Format, unsupported: UnsupportedAs, threshold: float, limit: int | None
) -> int:
    """Print the report of a run of tasks."""
    from pie.core.report import task_report, task_report_formats
    from pie.core.run_folder import load_json

    manifest = load_json(run / "manifest.json")
    report = task_report.read_task_report(run, manifest, unsupported, threshold, limit)
    with printing():
        if form is Format.TABLE:
            show(task_report_formats.as_table(report))
        elif form is Format.MARKDOWN:
            sys.stdout.write(task_report_formats.as_markdown(report))
        elif form is Format.CSV:
            sys.stdout.write(task_report_formats.as_csv(report))
        else:
            sys.stdout.write(task_report.as_json(report))
    return Exit.OK


def _style(
    run: Path,
    style: str,
    form: Format,
    unsupported: UnsupportedAs,
    threshold: float,
    not_measured_limit: float,
    limit: int | None,
) -> int:
    """Print a run in the form of a paper."""
    from pie.core.report.styles import formats
    from pie.core.report.styles.report import style_report

    report = style_report(
        run,
        style,
        unsupported=unsupported,
        threshold=threshold,
        not_measured_limit=not_measured_limit,
        limit=limit,
    )
    with printing():
        if form is Format.TABLE:
            show(formats.as_table(report))
        elif form is Format.MARKDOWN:
            sys.stdout.write(formats.as_markdown(report))
        elif form is Format.CSV:
            sys.stdout.write(formats.as_csv(report))
        else:
            sys.stdout.write(formats.as_json(report))
    return Exit.NOT_MEASURED if report.refused else Exit.OK


def _upper_bound(
    run: Path, submissions: Path, form: Format, unsupported: UnsupportedAs, limit: int | None
) -> int:
    """Print the fastest humans against the fastest generations."""
    import json

    from pie.core.report import upper_bound_formats as formats
    from pie.flows.upper_bound import read_upper_bound

    compared = read_upper_bound(run, submissions, unsupported, limit)
    title = f"{compared.run} against {compared.submissions}, on {compared.machine}"
    with printing():
        if form is Format.TABLE:
            show(formats.as_table(compared.bound, title))
        elif form is Format.MARKDOWN:
            sys.stdout.write(formats.as_markdown(compared.bound, title))
        elif form is Format.CSV:
            sys.stdout.write(formats.as_csv(compared.bound))
        else:
            about = {"run": compared.run, "submissions": compared.submissions}
            document = {**about, "machine": compared.machine, **formats.as_dict(compared.bound)}
            sys.stdout.write(json.dumps(document, indent=2, allow_nan=False) + "\n")
    if compared.bound.rows and not compared.bound.scored:
        reasons = (f"{reason} {number}" for reason, number in compared.bound.excluded.items())
        say(f"pie: none of {compared.bound.rows} rows could be compared ({', '.join(reasons)})")
        return Exit.INPUT
    return Exit.OK


def _relations(
    run: Path, form: Format, unsupported: UnsupportedAs, limit: int | None, *, by_tag: bool
) -> int:
    """Print what length, or the tag asked for, has to do with accuracy and speedup."""
    from pie.core.report import relation_formats as formats
    from pie.core.report import relations
    from pie.core.report.pair_rows import read_pairs_and_rows
    from pie.core.report.report import read_report

    read_report(run)  # refuses what is not one whole run folder
    pairs = run / "pairs.jsonl"
    rows = read_pairs_and_rows(pairs, limit) if pairs.exists() else ()
    found: relations.ByLength | relations.ByTag
    if by_tag:
        found = relations.by_tag(rows, unsupported)
    else:
        found = relations.by_length(rows, unsupported)
    with printing():
        if form is Format.TABLE:
            show(formats.as_table(found))
            for note in formats.notes(found):
                print(note)
        elif form is Format.MARKDOWN:
            sys.stdout.write(formats.as_markdown(found))
        elif form is Format.CSV:
            sys.stdout.write(formats.as_csv(found))
        else:
            sys.stdout.write(formats.as_json(found))
    return Exit.OK


def _errors(
    run: Path, threshold: float, form: Format, unsupported: UnsupportedAs, limit: int | None
) -> int:
    """Print the error analysis instead of the metrics."""
    from pie.core.extras import require_parsers
    from pie.core.report import error_formats
    from pie.core.report.error_analysis import analyse
    from pie.core.report.pair_rows import read_pairs_and_rows
    from pie.core.report.report import read_report

    require_parsers()
    read_report(run, threshold=threshold)  # refuses what is not one whole run folder
    pairs = run / "pairs.jsonl"
    # A run that was stopped before its first row has no such file yet.
    rows = read_pairs_and_rows(pairs, limit) if pairs.exists() else ()
    found = analyse(rows, threshold, unsupported)
    with printing():
        if form is Format.TABLE:
            show(error_formats.as_table(found))
        elif form is Format.MARKDOWN:
            sys.stdout.write(error_formats.as_markdown(found))
        elif form is Format.CSV:
            sys.stdout.write(error_formats.as_csv(found))
        else:
            sys.stdout.write(error_formats.as_json(found))
    return Exit.OK
