"""`pie dataset check`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pie.cli import options
from pie.cli.exits import Exit, printing, say, told
from pie.cli.groups import grouped

if TYPE_CHECKING:
    from pie.flows.dataset.check import Checked

_SHOWN = 20
_LONGEST_DETAIL = 200


@told
@grouped
def check(
    pairs: Annotated[
        Path | None, typer.Option("--pairs", help="Rows in PIE's format (JSONL).")
    ] = None,
    tasks: options.Tasks = None,
    testcases: Annotated[
        Path | None,
        typer.Option(
            "--testcases", help="Folder of test cases; default: test_cases/ beside the file."
        ),
    ] = None,
    limit: options.Limit = None,
    samples: Annotated[
        int | None, typer.Option("--samples", min=1, help="Check N rows, drawn from all.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Draws other rows.")] = 0,
    jobs: options.Jobs = 0,
    *,
    build: options.Programs,
    max_instructions: options.MaxInstructions = 2_000_000_000,
    no_cache: options.NoCache = False,
    as_json: options.Json = False,
) -> int:
    """Run every source and target, or reference solution, on its own tests: each must be accepted.

    Example: pie dataset check --pairs examples/test.jsonl
    Example: pie dataset check --tasks tasks.jsonl

    Nothing is measured.

    Run it first on a new data set, with the options of the measurement to come. The same command
    again judges only what is missing. Exit codes: 1 input, 3 a program failed or a line cannot be
    used, 4 we failed to judge some programs, 130 interrupted.
    """
    from pie.cli.dataset_output import Ticker
    from pie.flows.dataset import check as flow
    from pie.flows.simulate import resume_line
    from pie.flows.tasks import check as task_flow
    from sim.errors import InputError

    setting = build.setting("native", max_instructions=max_instructions)
    options.pairs_or_tasks(pairs, tasks)
    if tasks is not None and testcases is not None:
        raise InputError("--testcases belongs to pairs, not to --tasks", "leave it out")
    request = flow.Request(
        tasks or pairs or Path(),
        setting,
        testcases,
        jobs,
        limit,
        samples,
        seed,
        use_cache=not no_cache,
    )
    try:
        check_all = flow.run if tasks is None else task_flow.run
        checked = check_all(request, Ticker().rows)
    except KeyboardInterrupt:
        kept = "nothing is kept without the cache" if no_cache else "what was judged is kept"
        say(f"pie: interrupted; {kept}. {'Begin again' if no_cache else 'Go on'} with:")
        say(f"  {resume_line(sys.argv[1:])}")
        return Exit.INTERRUPTED
    with printing():
        if as_json:
            sys.stdout.write(json.dumps(checked.as_dict(), indent=2) + "\n")
        else:
            _print(checked)
    return _exit_code(checked)


def _print(checked: Checked) -> None:
    """Print what failed, with what to do about it, and counts that add up."""
    from pie.core.wording import one_line

    for line in checked.left_out[:_SHOWN]:
        print(f"{checked.pairs}:{line.line}: left out: {line.reason}")
    _print_more(len(checked.left_out), "line")
    for failure in checked.failures[:_SHOWN]:
        name = f" {failure.id}" if failure.id else ""
        detail = one_line(failure.detail, _LONGEST_DETAIL)
        print(
            f"{checked.pairs}:{failure.line}: {failure.problem_id} {failure.role}{name}: "
            f"{failure.verdict} ({detail}); {failure.remedy}"
        )
    _print_more(len(checked.failures), "program")
    rows = checked.as_dict()["rows"]
    print(f"  {rows['lines']:>12,} lines in {checked.pairs.name}")
    for name, word in (
        ("left_out", "cannot be used"),
        ("not_drawn", "not drawn"),
        ("failed", "with a program that is not accepted"),
    ):
        if rows[name]:
            print(f"  {-rows[name]:>12,} {word}")
    print(f"  {rows['accepted']:>12,} {checked.what_is_accepted}")
    verdicts = ", ".join(
        f"{verdict} {number:,}" for verdict, number in sorted(checked.programs.items())
    )
    print(f"  distinct programs: {verdicts or 'none'}")


def _print_more(number: int, noun: str) -> None:
    from pie.core.wording import count

    if number > _SHOWN:
        print(f"... and {count(number - _SHOWN, f'more {noun}')} (--json lists all)")


def _exit_code(checked: Checked) -> int:
    from pie.core.wording import count

    if checked.not_measured:
        say(
            f"pie: {count(checked.not_measured, 'program')} could not be judged; the same command "
            "tries again"
        )
        return Exit.NOT_MEASURED
    return Exit.OK if checked.sound else Exit.THRESHOLD
