"""`pie generate`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pie.cli import options
from pie.cli.exits import Exit, printing, say, told
from pie.cli.generation.options import Options
from pie.cli.groups import grouped

if TYPE_CHECKING:
    from pie.core.prompting.prompt_plan import PromptPlan
    from pie.flows.generation.generate import Asked, Generated


@told
@grouped
def command(
    settings: Options,
    row: Annotated[int, typer.Option("--row", min=1, help="Of --dry-run.")] = 1,
    as_json: options.Json = False,
) -> int:
    """Ask a model for faster versions of each slow program, for `pie simulate` to measure.

    Example: pie generate --pairs test.jsonl --strategy instruction --model openai:gpt-4o --out RUN
    Example: pie generate --tasks tasks.jsonl --model openai:gpt-4o --samples 1 --out RUN

    Each answer is stored as it arrives; the same command again goes on where it was stopped.
    RUN/generations.jsonl holds the rows with `generated_answers`; of tasks RUN/samples.jsonl holds
    the solutions. Exit codes: 1 input, 4 some
    requests got no answer (the same command asks these again), 130 interrupted.
    """
    from pie.flows.generation import generate as flow
    from pie.flows.generation.options import open_asked, open_tasks

    if settings.pairs == Path() and settings.tasks is None:
        options.pairs_or_tasks(None, None)
    if settings.tasks is not None:
        from pie.cli.generation import tasks

        solving = open_tasks(settings)
        if settings.dry_run:
            return tasks.show_prompt(solving, row, as_json)
        return tasks.run(solving, as_json)
    asked = open_asked(settings)
    if settings.dry_run:
        return _dry_run(asked, row, as_json)
    from pie.cli.generation.progress import Display

    folder: list[Path] = []

    def started(path: Path, plan: PromptPlan) -> None:
        folder.append(path)
        _tell_plan(asked, plan)

    try:
        with Display() as display:
            made = flow.generate(asked, started, display.show)
    except KeyboardInterrupt:
        import shlex

        kept = f" in {folder[0]}" if folder else ""
        say(f"pie: interrupted; every answer is kept{kept}. Go on with:")
        say(f"  {shlex.join(['pie', *sys.argv[1:]])}")
        return Exit.INTERRUPTED
    with printing():
        if as_json:
            document = {"schema_version": 1, "run": str(made.folder), **made.summary}
            print(json.dumps(document, indent=2, allow_nan=False))
        else:
            _print(made, asked.pairs)
    return _exit_code(made)


def _dry_run(asked: Asked, number: int, as_json: bool) -> int:
    from pie.core.wording import count
    from pie.flows.generation.generate import dry_run

    row, prompt, about = dry_run(asked, number)
    messages = [{"role": one.role, "content": one.content} for one in prompt.messages]
    with printing():
        if as_json:
            document = {
                "schema_version": 1,
                "problem_id": row.problem_id,
                "src_id": row.src_id,
                "form": prompt.form.value,
                "prompt": messages or prompt.text,
                "stop": list(prompt.stop),
                **about,
            }
            print(json.dumps(document, indent=2))
        elif messages:
            for one in messages:
                print(f"<<< {one['role']} >>>")
                print(one["content"])
        else:
            sys.stdout.write(prompt.text)
    short = ""
    if len(about["examples"]) + about["examples_dropped"] < about["examples_wanted"]:
        short = f" of the {about['examples_wanted']} asked for"
    fits = "" if about["fits"] else "; TOO LONG for the model's context, it would not be sent"
    say(
        f"pie: row {number}, {prompt.form} form, {count(about['tokens'], 'token')} "
        f"({about['tokens_counted']}), {count(len(about['examples']), 'example')}{short} shown, "
        f"{about['examples_dropped']} dropped for want of room{fits}"
    )
    return Exit.OK


def _tell_plan(asked: Asked, plan: PromptPlan) -> None:
    from pie.core.wording import count

    for one in plan.left_out[:10]:
        say(f"pie: {asked.pairs}:{one.line}: left out: {one.reason}")
    if len(plan.left_out) > 10:
        more = count(len(plan.left_out) - 10, "more line")
        say(f"pie: ... and {more} left out (see left_out.jsonl)")
    say(
        f"pie: {count(len(plan.rows), 'row')}, {count(len(plan.prompts), 'distinct prompt')}, "
        f"{count(asked.samples, 'sample')} each from {asked.model.name} "
        f"({asked.model.parallel}, {asked.prompting.form} form)"
    )
    if asked.examples_unfit:
        say(
            f"pie: {count(asked.examples_unfit, 'row')} of the examples not shown: the target is "
            "known to be wrong, no faster, or the source itself"
        )
    if plan.dropped:
        say(f"pie: {count(plan.dropped, 'example')} left out of prompts that were too long")
    if plan.examples_missing:
        say(
            f"pie: {count(plan.examples_missing, 'row')} with no example of another problem to "
            "show: asked without any (zero-shot)"
        )
    if plan.examples_short:
        say(
            f"pie: {plan.examples_short} of {count(len(plan.rows), 'row')} with fewer than "
            f"{count(asked.prompting.wanted, 'example')} of other problems to show"
        )
    if plan.too_long:
        say(
            f"pie: {count(plan.too_long, 'row')} whose prompt exceeds {asked.prompting.room} "
            f"tokens even without examples ({asked.model.counts}): counted as no_code, "
            "with the reason prompt_too_long"
        )


def _print(made: Generated, pairs: Path) -> None:
    from pie.core.test_cases import measuring_command

    summary = made.summary
    samples = sum(summary["found"].values())
    asked = f" ({summary['answers']:,} asked for: rows with equal prompts share theirs)"
    sent = samples - summary["rows_prompt_too_long"] * summary["samples"]
    shared = asked if sent > summary["answers"] else ""
    print(f"{samples:,} answers of rows{shared}, by how a program was found:")
    for found, number in summary["found"].items():
        if number:
            print(f"  {number:>8,} {found}")
    if summary["several_programs"]:
        several = f"{summary['several_programs']:,} of them with several complete programs"
        print(f"  ({several}: of fenced ones the last that reads input is taken, else the first)")
    print(f"tokens: {summary['tokens_in']:,} in, {summary['tokens_out']:,} out")
    if summary["answers_without_usage"]:
        print(f"  (and of {summary['answers_without_usage']:,} answers nobody said how many)")
    if summary["cost"] is not None:
        print(f"cost: {summary['cost']:.4f}")
    print(f"Measure them with: {measuring_command(made.folder / 'generations.jsonl', pairs)}")


def _exit_code(made: Generated) -> int:
    from pie.core.wording import count

    summary: dict[str, Any] = made.summary
    if not summary["rows_unanswered"]:
        return Exit.OK
    for reason, number in list(summary["failures"].items())[:5]:
        say(f"pie: no answer: {reason} ({count(number, 'request')})")
    say(
        f"pie: {count(summary['rows_unanswered'], 'row')} without all answers, not in "
        "generations.jsonl (see unanswered.jsonl); the same command asks again"
    )
    return Exit.NOT_MEASURED
