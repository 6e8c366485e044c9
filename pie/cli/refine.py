"""`pie refine`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pie.cli import options
from pie.cli.exits import Exit, printing, say, told
from pie.cli.generation.options import Backend, BaseUrl, Form
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
    pairs: Annotated[
        Path | None, typer.Option("--pairs", help="Rows in PIE's format (JSONL).")
    ] = None,
    tasks: options.Tasks = None,
    model: Annotated[
        str,
        typer.Option("--model", help="openai:NAME, hf:NAME or folder, vllm:..., replay:FILE."),
    ] = "",
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
    start: Annotated[
        str,
        typer.Option(
            "--start",
            help="source: the slow program (a task's first one is asked for), or answers: chain k "
            "from answer k of an earlier run, as the rows hold it.",
        ),
    ] = "source",
    temperature: Annotated[float, typer.Option("--temperature", min=0.0, help="0: greedy.")] = 0.7,
    top_p: Annotated[float, typer.Option("--top-p", min=0.0, max=1.0)] = 1.0,
    max_new_tokens: Annotated[int, typer.Option("--max-new-tokens", min=1)] = 1024,
    seed: Annotated[int, typer.Option("--seed", min=0)] = 0,
    form: Form = "auto",
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Run folder; default: runs/NAME-STRATEGY-CONFIGURATION."),
    ] = None,
    testcases: Annotated[
        Path | None,
        typer.Option(
            "--testcases", help="Folder of test cases; default: test_cases/ beside the file."
        ),
    ] = None,
    base_url: BaseUrl = "",
    *,
    backend: Backend,
    price_in: Annotated[
        float | None, typer.Option("--price-in", min=0.0, help="Of a million prompt tokens.")
    ] = None,
    price_out: Annotated[
        float | None, typer.Option("--price-out", min=0.0, help="Of a million answer tokens.")
    ] = None,
    max_cost: Annotated[
        float | None,
        typer.Option("--max-cost", min=0.0, help="Ask nothing more once this is spent."),
    ] = None,
    max_total_tokens: Annotated[
        int | None,
        typer.Option("--max-total-tokens", min=1, help="The same, of tokens in and out."),
    ] = None,
    machine: options.Machine = "auto",
    gem5: options.Gem5 = "",
    gem5_config: options.Gem5Configuration = "Verbatim",
    jobs: options.Jobs = 0,
    build: options.Programs,
    max_instructions: options.MaxInstructions = None,
    max_cycles: options.MaxCycles = None,
    trust_programs: options.TrustPrograms = False,
    no_cache: options.NoCache = False,
    limit: options.Limit = None,
    dry_run: options.DryRun = False,
    as_json: options.Json = False,
) -> int:
    """Refine programs in turns, with what public tests show, and measure each iteration.

    Example: pie refine --pairs examples/test.jsonl --strategy soap --public 1 --model openai:gpt-4o

    A model sees public tests only; the table comes from the others. Every answer is kept as it
    arrives, and the same command goes on where it was stopped. RUN/turns.jsonl holds every turn,
    RUN/refined.jsonl the rows for `pie simulate`. Exit codes: 1 input, 4 some requests got no
    answer or a limit ended the run, 130 interrupted.
    """
    if strategy == "list":
        return _list()
    from pie.core.models import Sampling
    from pie.core.problem import InputError
    from pie.flows.generation.generate import Prices
    from pie.flows.generation.options import model_options
    from pie.flows.refinement import refine as flow
    from pie.flows.refinement.options import Chosen, open_request

    options.pairs_or_tasks(pairs, tasks)
    if start not in ("source", "answers"):
        raise InputError(f"unknown --start {start!r}", "choose source or answers")
    rows = tasks or pairs or Path()
    request = open_request(
        Chosen(
            rows=rows,
            of_tasks=tasks is not None,
            from_answers=start == "answers",
            strategy=strategy,
            model=model or ("replay:none" if dry_run else ""),
            rounds=rounds,
            samples=samples,
            public=public,
            form=form,
            sampling=Sampling(temperature, top_p, max_new_tokens, seed),
            options=model_options(backend, base_url),
            setting=build.setting(
                machine,
                gem5,
                gem5_config,
                max_instructions=max_instructions,
                max_cycles=max_cycles,
                in_rows=True,
            ),
            out=out,
            testcases=testcases,
            jobs=jobs,
            use_cache=not no_cache,
            trust_programs=trust_programs,
            limit=limit,
            prices=Prices(price_in, price_out),
            max_cost=max_cost,
            max_total_tokens=max_total_tokens,
        )
    )
    made = flow.plan(request)
    _tell_plan(request, made)
    if dry_run:
        return Exit.OK
    from pie.cli import progress as measuring
    from pie.cli.refine_output import Display, as_document, print_result
    from pie.flows.refinement.measured import measure

    folder: list[Path] = []
    try:
        with Display() as display:
            done = flow.refine_all(request, made, folder.append, display.show)
        with measuring.Display() as shown:
            table = measure(request, done.folder, shown.show)
    except KeyboardInterrupt:
        import shlex

        kept = f" in {folder[0]}" if folder else ""
        say(f"pie: interrupted; every answer is kept{kept}. Go on with:")
        say(f"  {shlex.join(['pie', *sys.argv[1:]])}")
        return Exit.INTERRUPTED
    with printing():
        if as_json:
            print(json.dumps(as_document(done, table), indent=2, allow_nan=False))
        else:
            print_result(done, table, rows, of_tasks=tasks is not None)
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
            f"pie: {count(stops['budget'], 'chain')} ended by the limit of cost or tokens; the "
            "same command with a higher one goes on from there"
        )
    if stops["unanswered"]:
        say(
            f"pie: {count(stops['unanswered'], 'chain')} with a request that got no answer; the "
            "same command asks it again"
        )
    return Exit.NOT_MEASURED if stops["budget"] or stops["unanswered"] else Exit.OK
