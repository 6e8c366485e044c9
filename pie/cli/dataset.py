"""`pie dataset`: from submissions to measured programs. The steps after that: `dataset_rows`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pie.cli import dataset_check, dataset_rows, dataset_strengthen, dataset_tasks, options
from pie.cli.exits import Exit, say, told
from pie.cli.groups import grouped
from pie.cli.resuming import resumable

if TYPE_CHECKING:
    from pie.core.dataset.submission import Wanted

app = typer.Typer(
    help="Build data sets of pairs from submissions.\n\n"
    "Example: pie dataset build Project_CodeNet --out mine",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Out = Annotated[Path, typer.Option("--out", "-o", help="Output: a .parquet or .jsonl file.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Do it anew, even if it is done already.")]
Contests = Annotated[
    list[Path] | None,
    typer.Option("--code-contests", help="AlphaCode's tests: code_contests as JSONL or Parquet."),
]
Folders = Annotated[
    list[Path] | None,
    typer.Option("--folder", help="Tests in PIE's layout: PROBLEM/input.K.txt, output.K.txt."),
]
LanguageName = Annotated[str, typer.Option("--language", help="cpp or python.")]
PlainC = Annotated[bool, typer.Option("--with-c", help="Also take what was submitted as C.")]
FromTable = Annotated[
    bool,
    typer.Option(
        "--runtimes-from-table",
        help="Measure nothing: take the platform's own CPU times, marked as such everywhere.",
    ),
]


@app.command("import")
@told
def import_(
    source: Annotated[
        Path, typer.Argument(help="A CodeNet folder, or a .csv, .jsonl or .parquet table.")
    ],
    out: Out = Path("submissions.parquet"),
    column: Annotated[
        list[str] | None,
        typer.Option("--column", help="OURS=THEIRS, for a table that names a column otherwise."),
    ] = None,
    language: LanguageName = "cpp",
    with_c: PlainC = False,
    fresh: Fresh = False,
    limit: options.Limit = None,
    as_json: options.Json = False,
) -> int:
    """Take in the accepted programs, ordered by problem, user and time.

    Example: pie dataset import submissions.csv --column user_id=author -o submissions.parquet

    Columns: submission_id, problem_id, user_id, date, language, status, code, and cpu_time (ms)
    where there is one. A CodeNet folder is gone on with where it was stopped.
    """
    from pie.cli.dataset_output import Ticker, print_step
    from pie.flows.dataset import submissions
    from sim.errors import InputError

    renamed = {}
    for one in column or []:
        ours, equals, theirs = one.partition("=")
        if not equals:
            raise InputError(f"--column {one!r} has no =", "write it as OURS=THEIRS")
        renamed[ours] = theirs
    request = submissions.Request(source, out, _wanted(language, with_c), renamed, fresh, limit)
    return resumable(lambda: print_step(submissions.run(request, Ticker().rows), as_json))


@app.command("tests")
@told
@grouped
def merge_tests(
    submissions: Annotated[Path, typer.Argument(help="What `pie dataset import` wrote.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of test cases.")] = Path(
        "test_cases"
    ),
    codenet: Annotated[
        Path | None, typer.Option("--codenet", help="A CodeNet folder with derived/input_output.")
    ] = None,
    code_contests: Contests = None,
    folder: Folders = None,
    references: Annotated[
        int,
        typer.Option(
            "--references", min=0, help="Programs of different users that verify a test; 0: none."
        ),
    ] = 5,
    machine: options.Machine = "auto",
    gem5: options.Gem5 = "",
    gem5_config: options.Gem5Configuration = "Verbatim",
    jobs: options.Jobs = 0,
    *,
    build: options.Programs,
    max_instructions: options.MaxInstructions = 2_000_000_000,
    no_cache: options.NoCache = False,
    fresh: Fresh = False,
    limit: options.Limit = None,
    as_json: options.Json = False,
) -> int:
    """Merge test cases of several sources and keep those that accepted programs agree with.

    Example: pie dataset tests submissions.parquet --codenet Project_CodeNet -o test_cases

    A test stays when more than half of the reference programs print what it expects within the
    budget. What goes is listed with its reason beside the folder.
    """
    from pie.cli.dataset_output import Ticker, print_step
    from pie.flows.dataset import cases
    from pie.flows.dataset.measuring import Measuring

    setting = build.setting(machine, gem5, gem5_config, max_instructions=max_instructions)
    request = cases.Request(
        submissions,
        out,
        Measuring(setting, jobs, not no_cache),
        codenet,
        tuple(code_contests or ()),
        tuple(folder or ()),
        references,
        fresh,
        limit,
    )
    return resumable(lambda: print_step(cases.run(request, Ticker().runs), as_json))


@app.command("measure")
@told
@grouped
def measure(
    submissions: Annotated[Path, typer.Argument(help="What `pie dataset import` wrote.")],
    out: Out = Path("measured.parquet"),
    testcases: options.TestCases = None,
    runtimes_from_table: FromTable = False,
    machine: options.Machine = "auto",
    gem5: options.Gem5 = "",
    gem5_config: options.Gem5Configuration = "Verbatim",
    jobs: options.Jobs = 0,
    *,
    build: options.Programs,
    max_instructions: options.MaxInstructions = 2_000_000_000,
    no_cache: options.NoCache = False,
    fresh: Fresh = False,
    limit: options.Limit = None,
    as_json: options.Json = False,
) -> int:
    """Measure every program on all tests of its problem.

    Example: pie dataset measure submissions.parquet --testcases test_cases -o measured.parquet

    Results are kept as they come; the same command measures only what is missing.
    """
    from pie.cli.dataset_output import Ticker, print_step
    from pie.flows.dataset import measure as flow
    from pie.flows.dataset.measuring import Measuring

    measuring = None
    if not runtimes_from_table:
        setting = build.setting(machine, gem5, gem5_config, max_instructions=max_instructions)
        measuring = Measuring(setting, jobs, not no_cache)
    request = flow.Request(submissions, out, testcases, measuring, fresh, limit)
    return resumable(lambda: _measured(print_step, flow.run(request, Ticker().runs), as_json))


@app.command("build")
@told
@grouped
def build(
    source: Annotated[
        Path, typer.Argument(help="A CodeNet folder, or a .csv, .jsonl or .parquet table.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for everything.")] = Path(
        "dataset"
    ),
    code_contests: Contests = None,
    folder: Folders = None,
    runtimes_from_table: FromTable = False,
    language: LanguageName = "cpp",
    with_c: PlainC = False,
    val: dataset_rows.Val = 0.05,
    test: dataset_rows.Test = 0.03,
    seed: dataset_rows.Seed = 0,
    machine: options.Machine = "auto",
    gem5: options.Gem5 = "",
    gem5_config: options.Gem5Configuration = "Verbatim",
    jobs: options.Jobs = 0,
    *,
    build: options.Programs,
    max_instructions: options.MaxInstructions = 2_000_000_000,
    no_cache: options.NoCache = False,
    limit: options.Limit = None,
    as_json: options.Json = False,
) -> int:
    """Do all steps: import, tests, measure, pairs, fastest, tag, split, hq.

    Example: pie dataset build Project_CodeNet --code-contests code_contests.jsonl --out mine

    The same command goes on where it was stopped; finished steps are not repeated.
    """
    import json

    from pie.cli.dataset_output import Ticker, print_step
    from pie.core.dataset.split import Split
    from pie.flows.dataset import build as flow
    from pie.flows.dataset.measuring import Measuring

    setting = build.setting(machine, gem5, gem5_config, max_instructions=max_instructions)
    request = flow.Request(
        source,
        out,
        Measuring(setting, jobs, not no_cache),
        tuple(code_contests or ()),
        tuple(folder or ()),
        runtimes_from_table,
        _wanted(language, with_c),
        Split(val, test, seed),
        limit,
    )

    def run() -> int:
        worst, ticker, manifests = int(Exit.OK), Ticker(), []
        for manifest in flow.run(request, ticker.rows, ticker.runs):
            manifests.append(manifest)
            if not as_json:
                worst = max(worst, _measured(print_step, manifest, False))
        if as_json:
            sys.stdout.write(json.dumps(manifests, indent=2) + "\n")
        return worst

    return resumable(run)


def _measured(
    print_step: Callable[[dict[str, object], bool], int], manifest: dict[str, object], as_json: bool
) -> int:
    """Print a step; exit with 4 when it holds programs that we failed to measure."""
    from pie.core.wording import count

    code = print_step(manifest, as_json)
    verdicts = manifest.get("verdicts")
    missed = verdicts.get("not_measured", 0) if isinstance(verdicts, dict) else 0
    refused = verdicts.get("unsupported", 0) if isinstance(verdicts, dict) else 0
    if refused:
        did = f"{count(refused, 'program')} did what the machine cannot measure"
        say(f"pie: {did} (final, no runtime)")
    if missed:
        say(f"pie: {count(missed, 'program')} could not be measured; the same command tries again")
        return Exit.NOT_MEASURED
    return code


def _wanted(language: str, with_c: bool) -> Wanted:
    from pie.core.dataset.submission import Wanted
    from sim.errors import InputError
    from sim.program import Language

    if language not in tuple(Language):
        raise InputError(f"unknown language {language!r}", "choose cpp or python")
    return Wanted(Language(language), with_c)


app.command("check")(dataset_check.check)
app.command("tasks")(dataset_tasks.tasks)
app.command("strengthen")(dataset_strengthen.strengthen)
app.command("strength")(dataset_strengthen.strength)
dataset_rows.register(app)
