"""`pie refine`."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pie.cli import options
from pie.cli.exits import Exit, printing, say, told
from pie.cli.generation.options import Asked
from pie.cli.groups import grouped

if TYPE_CHECKING:
    from pie.flows.refinement.refine import Plan, Refinement
    from pie.flows.refinement.request import Request


@told
@grouped
def command(
    strategy: Annotated[
        str,
        typer.Option(
            "--strategy",
            "-s",
            help="soap, perfcodegen, ecco-self-refine, ..., or a YAML file; --strategy list.",
        ),
    ],
    pairs: options.Pairs = None,
    tasks: options.Tasks = None,
    rounds: Annotated[
        int | None,
        typer.Option("--rounds", min=1, max=100, help="Iterations; default: the strategy's."),
    ] = None,
    samples: Annotated[
        int, typer.Option("--samples", "-n", min=1, help="Chains of turns for each task.")
    ] = 1,
    public: Annotated[
        int | None,
        typer.Option(
            "--public",
            min=1,
            metavar="N",
            help="The first N tests of a row are shown to the model, where it names no "
            "public_tests; the others judge.",
        ),
    ] = None,
    from_run: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="RUN",
            help="Chain k starts from answer k of an earlier run: a folder of `pie generate` or "
            "`pie refine`, or a file. Its rows are refined where no --pairs are given.",
        ),
    ] = None,
    index: Annotated[
        Path | None,
        typer.Option(
            "--index",
            help="Of `pie index build`, for sbllm: similar and dissimilar edits come from it.",
        ),
    ] = None,
    testcases: options.TestCases = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Run folder; default: runs/NAME-STRATEGY-CONFIGURATION."),
    ] = None,
    *,
    asked: Asked,
    max_cost: Annotated[
        float | None,
        typer.Option("--max-cost", min=0.0, help="Ask nothing more once this is spent."),
    ] = None,
    max_total_tokens: Annotated[
        int | None,
        typer.Option("--max-total-tokens", min=1, help="The same, of tokens in and out."),
    ] = None,
    measuring: options.Measuring,
    limit: options.Limit = None,
    dry_run: options.DryRun = False,
    as_json: options.Json = False,
) -> int:
    """Refine programs in turns, with what public tests show, and measure each iteration.

    Example: pie refine --pairs examples/test.jsonl --strategy soap --public 1 --model openai:gpt-4o

    Example: pie refine --from sampled --strategy perfcodegen --public 1 --model openai:gpt-4o

    A model sees public tests only; the table comes from the others. Every answer is kept as it
    arrives, and the same command goes on where it was stopped. RUN/turns.jsonl holds every turn,
    RUN/refined.jsonl the rows for `pie simulate`. Exit codes: 1 input, 4 some requests got no
    answer or a limit ended the run, 130 interrupted.
    """
    if strategy == "list":
        return _list()
    from pie.flows.generation.generate import Prices
    from pie.flows.generation.options import model_options
    from pie.flows.refinement import refine as flow
    from pie.flows.refinement.options import Chosen, open_request

    if from_run is None and pairs is None and tasks is None:
        raise typer.BadParameter("give --pairs FILE, --tasks FILE, or --from RUN of pairs")
    if None not in (pairs, tasks):
        options.pairs_or_tasks(pairs, tasks)
    request = open_request(
        Chosen(
            pairs=pairs,
            tasks=tasks,
            from_run=from_run,
            strategy=strategy,
            model=asked.model or ("replay:none" if dry_run else ""),
            rounds=rounds,
            samples=samples,
            public=public,
            form=asked.form,
            sampling=asked.sampling(),
            options=model_options(asked.backend, asked.base_url),
            setting=measuring.setting(),
            out=out,
            index=index,
            testcases=testcases,
            jobs=measuring.jobs,
            use_cache=not measuring.no_cache,
            trust_programs=measuring.trust_programs,
            limit=limit,
            prices=Prices(asked.price_in, asked.price_out),
            max_cost=max_cost,
            max_total_tokens=max_total_tokens,
        )
    )
    made = flow.plan(request)
    _tell_plan(request, made)
    if dry_run:
        return Exit.OK
    from pie.cli import progress
    from pie.cli.refine_output import Display, as_document, print_result
    from pie.flows.refinement.measured import measure

    folder: list[Path] = []
    try:
        with Display() as display:
            done = flow.refine_all(request, made, folder.append, display.show)
        with progress.Display() as shown:
            table = measure(request, done.folder, shown.show)
    except KeyboardInterrupt:
        kept = f" in {folder[0]}" if folder else ""
        say(f"pie: interrupted; every answer is kept{kept}. Go on with:")
        say(f"  {shlex.join(['pie', *sys.argv[1:]])}")
        return Exit.INTERRUPTED
    with printing():
        if as_json:
            print(json.dumps(as_document(done, table), indent=2, allow_nan=False))
        else:
            print_result(request, done, table)
    return _exit_code(done)


def _list() -> int:
    from pie.core.refinement.strategy import load, shipped

    with printing():
        for name in shipped():
            print(f"{name:<26} {load(name)[0].source}")
    return Exit.OK


def _tell_plan(request: Request, made: Plan) -> None:
    from pie.core.wording import count

    for one in made.left_out[:10]:
        say(f"pie: {request.rows}:{one.line}: left out: {one.reason}")
    if len(made.left_out) > 10:
        more = count(len(made.left_out) - 10, "more line")
        say(f"pie: ... and {more} left out (see left_out.jsonl)")
    strategy = request.templates.strategy
    if "patterns" in strategy.shows and request.patterns is None:
        say(f"pie: {strategy.name} shows no patterns of edits without --index")
    if request.rounds != strategy.rounds and all(one.repeat != "rounds" for one in strategy.steps):
        say(f"pie: {strategy.name} has no step that --rounds repeats; it changes nothing")
    say(
        f"pie: {count(made.tasks, 'task')}, strategy {strategy.name} with "
        f"{count(strategy.iterations(request.rounds), 'iteration')}, "
        f"{count(request.samples, 'chain')} each, {request.model.name} "
        f"({request.model.parallel}, {request.form} form) on {request.setting.machine.name}"
    )


def _exit_code(done: Refinement) -> int:
    from pie.core.wording import count

    stops = done.summary["stops"]
    for reason, number in list(done.summary["unanswered"].items())[:5]:
        say(f"pie: no answer: {reason} ({count(number, 'request')})")
    if stops["budget"]:
        say(
            f"pie: {count(stops['budget'], 'chain')} ended by the limit of cost or tokens; raise "
            "it to go on from there, or go on without one:"
        )
        say(f"  {without_limits(sys.argv[1:])}")
    if stops["unanswered"]:
        say(
            f"pie: {count(stops['unanswered'], 'chain')} with a request that got no answer; the "
            "same command asks it again"
        )
    return Exit.NOT_MEASURED if stops["budget"] or stops["unanswered"] else Exit.OK


def without_limits(arguments: list[str]) -> str:
    """Return the command line without its limits of cost and tokens."""
    names = ("--max-cost", "--max-total-tokens")
    kept = []
    words = iter(arguments)
    for word in words:
        if word in names:
            next(words, None)
        elif not word.startswith(tuple(f"{name}=" for name in names)):
            kept.append(word)
    return shlex.join(["pie", *kept])
