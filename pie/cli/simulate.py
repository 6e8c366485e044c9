"""`pie simulate`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pie.cli import options
from pie.cli.exits import Exit, printing, say, told
from pie.cli.groups import grouped

if TYPE_CHECKING:
    from pie.core.plan import Plan
    from pie.flows.simulate import Finished, Request


@told
@grouped
def command(
    pairs: options.Pairs = None,
    tasks: options.Tasks = None,
    samples: options.Samples = None,
    testcases: options.TestCases = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Run folder; default: runs/NAME-MACHINE-CONFIGURATION."),
    ] = None,
    *,
    measuring: options.Measuring,
    strict: options.Strict = False,
    limit: options.Limit = None,
    shard: options.Part = "",
    answers: Annotated[
        str,
        typer.Option(
            "--answers",
            metavar="FIELD",
            help="Field of the programs to measure beside source and target, such as PIE's "
            "fastest_code.",
        ),
    ] = "generated_answers",
    fuzz: Annotated[
        int,
        typer.Option(
            "--fuzz",
            min=0,
            metavar="N",
            help="Run accepted answers beside their source on N made inputs, too.",
        ),
    ] = 0,
    fuzz_seed: Annotated[int, typer.Option("--fuzz-seed", help="Of the made inputs.")] = 0,
    dry_run: options.DryRun = False,
    within: Annotated[
        float | None,
        typer.Option(
            "--within",
            min=0.01,
            metavar="HOURS",
            help="With --dry-run: tell on how many cores the run ends within so many hours.",
            show_default=False,
        ),
    ] = None,
    plan_only: Annotated[bool, typer.Option("--plan", hidden=True)] = False,
    fail_under: Annotated[
        float | None,
        typer.Option(
            "--fail-under", help="Exit with 3 when the mean source/target speedup is lower."
        ),
    ] = None,
    unsupported: options.Unsupported = "failed",
    as_json: options.Json = False,
) -> int:
    """Compile, judge and measure every program of a file of pairs, or of tasks.

    Example: pie simulate --pairs examples/test.jsonl
    Example: pie simulate --tasks tasks.jsonl --samples samples.jsonl

    The same command again goes on where it was stopped. Exit codes: 1 input, 3 --fail-under missed,
    4 some programs could not be measured, 130 interrupted.
    """
    from pie.cli import simulate_tasks
    from pie.cli.progress import Display
    from pie.core.problem import InputError
    from pie.core.rows import ANSWERS
    from pie.core.shard import Shard
    from pie.flows import simulate as flow

    if samples is None and tasks is None:
        options.pairs_or_tasks(pairs, tasks)
    setting = measuring.setting()
    if tasks is not None:
        given = {
            "--pairs": pairs is not None,
            "--testcases": testcases is not None,
            "--answers": answers != ANSWERS,
            "--fail-under": fail_under is not None,
            "--fuzz": fuzz > 0,
            "--shard": bool(shard),
        }
        simulate_tasks.refuse_others(given)
        task_request = simulate_tasks.Request(
            tasks=tasks,
            setting=setting,
            samples=samples,
            out=out,
            jobs=measuring.jobs,
            use_cache=not measuring.no_cache,
            strict=strict,
            trust_programs=measuring.trust_programs,
            unsupported=options.unsupported_as(unsupported),
            limit=limit,
        )
        return simulate_tasks.run(task_request, only_plan=dry_run or plan_only, as_json=as_json)
    if pairs is None or samples is not None:
        raise InputError("--samples answers tasks, and none are given", "give --tasks FILE, too")
    request = flow.Request(
        pairs=pairs,
        setting=setting,
        testcases=testcases,
        out=out,
        jobs=measuring.jobs,
        use_cache=not measuring.no_cache,
        strict=strict,
        trust_programs=measuring.trust_programs,
        unsupported=options.unsupported_as(unsupported),
        limit=limit,
        answers=answers,
        fuzz=fuzz,
        fuzz_seed=fuzz_seed,
        shard=Shard.parse(shard) if shard else None,
    )
    made = flow.plan(request)
    _tell_plan(request, made)
    if dry_run or plan_only:
        _tell_price(request, made, within)
        return Exit.OK
    for notice in flow.walls(request.setting):
        say(f"pie: {notice}")
    folder: list[Path] = []
    try:
        with Display() as display:
            finished = flow.simulate(request, made, folder.append, display.show)
    except KeyboardInterrupt:
        kept = f" in {folder[0]}" if folder else ""
        say(f"pie: interrupted; everything measured is kept{kept}. Go on with:")
        say(f"  {flow.resume_line(sys.argv[1:])}")
        return Exit.INTERRUPTED
    from pie.cli import simulate_output

    with printing():
        if as_json:
            simulate_output.print_json(finished)
        else:
            simulate_output.print_table(finished)
    return _exit_code(finished, fail_under)


def _tell_plan(request: Request, made: object) -> None:
    from pie.core.plan import Plan
    from pie.core.wording import count

    assert isinstance(made, Plan)
    for one in made.left_out[:10]:
        say(f"pie: {request.pairs}:{one.line}: left out: {one.reason}")
    if len(made.left_out) > 10:
        more = count(len(made.left_out) - 10, "more line")
        say(f"pie: ... and {more} left out (see left_out.jsonl)")
    say(
        f"pie: {count(made.rows, 'row')}, {count(made.programs, 'distinct program')}, "
        f"{count(made.runs, 'run')} to judge and measure on {request.setting.machine.name}; "
        f"{count(len(made.left_out), 'line')} left out"
    )


def _tell_price(request: Request, made: Plan, within: float | None) -> None:
    from pie.core.report.price import price

    name = request.setting.machine.name
    found = price(name, made.compiled, made.programs, made.runs)
    if found is None:
        say(f"pie: no price: on {name} a run takes as long as its program makes it")
    else:
        say(f"pie: {found.sentence(within)}")


def _exit_code(finished: Finished, fail_under: float | None) -> int:
    from pie.core.wording import count
    from sim.verdict import Verdict

    if finished.unsupported:
        for reason, number in finished.reasons(Verdict.UNSUPPORTED).most_common(5):
            say(f"pie: unsupported: {reason} ({count(number, 'program')})")
        say(
            f"pie: {count(finished.unsupported, 'program')} did what the machine cannot measure "
            "(final; --unsupported says how these count)"
        )
    if finished.not_measured:
        for reason, number in finished.reasons(Verdict.NOT_MEASURED).most_common(5):
            say(f"pie: not measured: {reason} ({count(number, 'program')})")
        say(
            f"pie: {count(finished.not_measured, 'program')} could not be measured; "
            "the same command tries these again"
        )
        return Exit.NOT_MEASURED
    if fail_under is not None:
        speedup = finished.report.human.speedup
        if speedup is None or speedup.value < fail_under:
            reached = "none" if speedup is None else f"{speedup.value:.3f}"
            say(f"pie: mean speedup {reached} is under {fail_under}")
            return Exit.THRESHOLD
    return Exit.OK
