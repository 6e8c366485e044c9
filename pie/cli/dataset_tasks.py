"""`pie dataset tasks`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pie.cli import options
from pie.cli.exits import Exit, printing, say, told

if TYPE_CHECKING:
    from pie.flows.tasks.load import Finished

_SHOWN = 10


@told
def tasks(
    given: Annotated[
        str,
        typer.Argument(
            metavar="[SOURCE]",
            help="A file, COFFE's folder, or a name on Hugging Face (OWNER/NAME:CONFIG@SPLIT). "
            "Default: where the data set is published.",
        ),
    ] = "",
    name: Annotated[
        str,
        typer.Option(
            "--from",
            help="humaneval, humaneval-plus, mbpp, mbpp-plus, apps, effibench, evalperf, enamel, "
            "coffe, ecco or pie-perf.",
        ),
    ] = "",
    out: Annotated[Path, typer.Option("--out", "-o", help="File of tasks (JSONL).")] = Path(
        "tasks.jsonl"
    ),
    pairs: Annotated[
        Path | None, typer.Option("--pairs", help="Also write the pairs of ecco and pie-perf here.")
    ] = None,
    public: Annotated[
        Path | None, typer.Option("--public", help="Folder of public tests, for ecco and pie-perf.")
    ] = None,
    private: Annotated[
        Path | None, typer.Option("--private", help="Folder of private tests, for these.")
    ] = None,
    helpers: Annotated[
        Path | None, typer.Option("--helpers", help="ENAMEL's enam/datautils.py.")
    ] = None,
    base: Annotated[
        list[Path] | None,
        typer.Option("--base", help="Tasks with EvalPerf's prompts and tests (HumanEval+, MBPP+)."),
    ] = None,
    references: Annotated[
        int, typer.Option("--references", min=1, help="Reference solutions of a task, at most.")
    ] = 3,
    largest: Annotated[
        int, typer.Option("--largest", min=100, help="Characters of a test, at most.")
    ] = 1_000_000,
    no_stress: Annotated[
        bool, typer.Option("--no-stress", help="Run no input generators.")
    ] = False,
    limit: options.Limit = None,
    as_json: options.Json = False,
) -> int:
    """Make tasks of a published data set.

    Example: pie dataset tasks HumanEval.jsonl.gz --from humaneval -o humaneval.jsonl

    Then `pie dataset check --tasks` says which reference solutions pass. Input generators and
    reference solutions run in the sandbox, with a fixed seed. Exit codes: 1 input, 3 some rows
    could not be used.
    """
    from pie.cli.dataset_output import Ticker
    from pie.core.tasks.loaders.context import Context
    from pie.flows.tasks import load as flow
    from sim.errors import InputError

    try:
        text = "" if helpers is None else helpers.read_text("utf-8")
    except (OSError, ValueError) as error:
        raise InputError(f"{helpers} cannot be read ({error})", "check --helpers") from error
    context = Context(
        largest=largest,
        references=references,
        public=public,
        private=private,
        helpers=text,
        stress=not no_stress,
    )
    request = flow.Request(name, given, out, pairs, context, tuple(base or ()), limit)
    finished = flow.run(request, Ticker().rows)
    with printing():
        if as_json:
            sys.stdout.write(json.dumps(finished.as_dict(), indent=2) + "\n")
        else:
            _print(finished, pairs)
    return Exit.THRESHOLD if finished.left_out else Exit.OK


def _print(finished: Finished, pairs: Path | None) -> None:
    for place, reason in finished.left_out[:_SHOWN]:
        say(f"pie: {place}: left out: {reason}")
    if len(finished.left_out) > _SHOWN:
        say(f"pie: ... and {len(finished.left_out) - _SHOWN} more (--json lists all)")
    kinds = ", ".join(f"{kind} {number:,}" for kind, number in sorted(finished.tests.items()))
    print(f"  {finished.rows:>9,} rows of {finished.name}; {_about_count(finished)}")
    for number, what in (
        (-len(finished.left_out), "cannot be used"),
        (-finished.merged, "of a task that stands there already"),
    ):
        if number:
            print(f"  {number:>9,} {what}")
    print(f"  {finished.tasks:>9,} tasks in {finished.out}")
    if pairs is not None:
        print(f"  {finished.pairs:>9,} pairs in {pairs}")
    print(f"  tests: {finished.public:,} public, {finished.private:,} private ({kinds})")
    for number, what in (
        (finished.too_large, "larger than --largest, left out"),
        (finished.without_value, "without a value: the generator or the reference failed"),
    ):
        if number:
            print(f"  tests {what}: {number:,}")


def _about_count(finished: Finished) -> str:
    if not finished.published:
        return "no count is published"
    counts = " or ".join(f"{number:,}" for number in finished.published)
    return f"as published ({counts})" if finished.as_published else f"published: {counts}"
