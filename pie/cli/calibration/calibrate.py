"""`pie calibrate`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pie.cli import options
from pie.cli.exits import Exit, printing, say, told
from pie.cli.groups import grouped

if TYPE_CHECKING:
    from pie.flows.calibration.calibrate import Finished, Planned, Request
    from sim.setting import Setting


@told
@grouped
def command(
    pairs: Annotated[
        list[Path],
        typer.Option("--pairs", help="Rows in PIE's format (JSONL); may be given several times."),
    ],
    reference: Annotated[
        str, typer.Option("--reference", help="The machine to be compared with, measured here.")
    ] = "gem5",
    reference_results: Annotated[
        Path | None,
        typer.Option(
            "--reference-results",
            help="Recorded measurements instead (JSONL: sha, problem_id, test, cycles).",
        ),
    ] = None,
    reference_name: Annotated[
        str, typer.Option("--reference-name", help="What the reference is called in the results.")
    ] = "",
    machine: Annotated[
        str,
        typer.Option(
            "--machine", "-m", help="Which one; default: skylake, and cachegrind with --refit."
        ),
    ] = "",
    refit: Annotated[
        bool,
        typer.Option("--refit", help="Write cachegrind's constants, fitted to the reference."),
    ] = False,
    folds: Annotated[
        int, typer.Option("--folds", min=2, help="Folds of the cross-validation, by problem.")
    ] = 10,
    testcases: Annotated[
        Path | None,
        typer.Option(
            "--testcases", help="Folder of test cases; default: test_cases/ beside each file."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder of the results; default: runs/NAME-calibrate-..."),
    ] = None,
    gem5: options.Gem5 = "",
    gem5_config: options.Gem5Configuration = "Verbatim",
    jobs: options.Jobs = 0,
    *,
    build: options.Programs,
    max_instructions: options.MaxInstructions = 2_000_000_000,
    strict: options.Strict = False,
    no_cache: options.NoCache = False,
    limit: options.Limit = None,
    dry_run: options.DryRun = False,
    as_json: options.Json = False,
) -> int:
    """Say how well a machine agrees with a reference, and fit its cost to it.

    Example: pie calibrate --pairs examples/test.jsonl --reference-results examples/gem5.jsonl

    Prints the error of cycles and speedups beside that of simpler and refitted models, which are
    cross-validated by problem. The same command again goes on where it was stopped.
    """
    from pie.cli.calibration import output
    from pie.cli.progress import Display
    from pie.flows.calibration import calibrate as flow
    from sim import machines

    def setting(name: str) -> Setting:
        return build.setting(name, gem5, gem5_config, max_instructions=max_instructions)

    request = flow.Request(
        pairs=tuple(pairs),
        setting=setting(machine or ("cachegrind" if refit else machines.DEFAULT)),
        reference=None if reference_results else setting(reference),
        reference_results=reference_results,
        reference_name=reference_name,
        testcases=testcases,
        out=out,
        jobs=jobs,
        use_cache=not no_cache,
        strict=strict,
        refit=refit,
        folds=folds,
        limit=limit,
    )
    planned = flow.plan(request)
    _tell_plan(request, planned)
    if dry_run:
        return Exit.OK
    folder: list[Path] = []
    try:
        with Display() as display:
            finished = flow.calibrate(request, planned, folder.append, display.show)
    except KeyboardInterrupt:
        from pie.flows.simulate import resume_line

        say("pie: interrupted; everything measured is kept. Go on with:")
        say(f"  {resume_line(sys.argv[1:])}")
        return Exit.INTERRUPTED
    with printing():
        if as_json:
            output.print_json(finished)
        else:
            output.print_table(finished)
    for notice in finished.notices:
        say(f"pie: {notice}")
    if finished.constants is not None:
        say(output.how_to_use(finished.constants, finished.made.is_refit_better))
    return _exit_code(finished)


def _tell_plan(request: Request, planned: Planned) -> None:
    from pie.core.wording import count
    from pie.flows.simulate import walls

    settings = [one for one in (request.setting, request.reference) if one is not None]
    for notice in sorted({notice for one in settings for notice in walls(one)}):
        say(f"pie: {notice}")
    names = request.setting.machine.name
    if request.reference is not None:
        names += f" and {request.reference.machine.name}"
    say(
        f"pie: at most {count(planned.selection.runs, 'run')} of "
        f"{count(len(planned.selection.work), 'row')} to judge and measure on {names}; "
        f"the reference is {planned.reference['name']}"
    )


def _exit_code(finished: Finished) -> int:
    from pie.core.wording import count

    for reason, number in sorted(finished.unsupported.items(), key=lambda one: -one[1])[:5]:
        say(f"pie: unsupported on {reason} ({count(number, 'run')})")
    if not finished.not_measured:
        return Exit.OK
    for reason, number in sorted(finished.not_measured.items(), key=lambda one: -one[1])[:5]:
        say(f"pie: not measured: {reason} ({count(number, 'run')})")
    return Exit.NOT_MEASURED
