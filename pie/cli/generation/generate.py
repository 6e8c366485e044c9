"""`pie generate`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pie.cli import options
from pie.cli.exits import Exit, printing, say, told

if TYPE_CHECKING:
    from pie.core.prompting.prompt_plan import PromptPlan
    from pie.flows.generation.generate import Asked, Generated


@told
def command(
    pairs: Annotated[Path, typer.Option("--pairs", help="Rows in PIE's format (JSONL).")],
    strategy: Annotated[
        str,
        typer.Option(
            "--strategy",
            "-s",
            help="instruction (default), few-shot, few-shot-drawn, cot, retrieval, finetuned, "
            "perf-conditioned or perf-conditioned-code; rows that hold a prompt are asked with it.",
        ),
    ] = "",
    model: Annotated[
        str,
        typer.Option("--model", help="openai:NAME, hf:NAME or folder, vllm:..., replay:FILE."),
    ] = "",
    samples: Annotated[int, typer.Option("--samples", "-n", min=1, help="Answers a row.")] = 8,
    temperature: Annotated[float, typer.Option("--temperature", min=0.0, help="0: greedy.")] = 0.7,
    top_p: Annotated[float, typer.Option("--top-p", min=0.0, max=1.0)] = 1.0,
    max_new_tokens: Annotated[int, typer.Option("--max-new-tokens", min=1)] = 1024,
    seed: Annotated[
        int, typer.Option("--seed", min=0, help="Sample i of each row has this seed + i.")
    ] = 0,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Run folder; default: runs/NAME-STRATEGY-CONFIGURATION."),
    ] = None,
    form: Annotated[
        str, typer.Option("--form", help="plain, chat, or auto: what suits the model.")
    ] = "auto",
    examples: Annotated[
        Path | None, typer.Option("--examples", help="Pairs that few-shot draws from (JSONL).")
    ] = None,
    shots: Annotated[int, typer.Option("--shots", min=1, help="Pairs that few-shot shows.")] = 2,
    index: Annotated[
        Path | None, typer.Option("--index", help="An index of `pie index`, for retrieval.")
    ] = None,
    k: Annotated[int, typer.Option("--k", min=1, help="Pairs retrieved; PIE: 1, 2, 4.")] = 4,
    score: Annotated[
        int, typer.Option("--score", min=1, max=10, help="Tag of perf-conditioned, of 10.")
    ] = 10,
    context: Annotated[
        int | None,
        typer.Option("--context", min=1, help="The model's context in tokens; hf: its own."),
    ] = None,
    tokenizer: Annotated[
        Path | None,
        typer.Option("--tokenizer", help="Counts tokens; else estimated (bytes / 3)."),
    ] = None,
    base_url: Annotated[
        str, typer.Option("--base-url", help="Of the server; else OPENAI_BASE_URL.")
    ] = "",
    concurrency: Annotated[
        int, typer.Option("--concurrency", min=1, max=4096, help="Requests at once.")
    ] = 16,
    max_retries: Annotated[int, typer.Option("--max-retries", min=0)] = 6,
    timeout: Annotated[
        float, typer.Option("--timeout", min=0.01, help="Seconds for one answer.")
    ] = 600.0,
    body: Annotated[
        str,
        typer.Option("--body", help="JSON object: more fields of a request; null removes one."),
    ] = "",
    price_in: Annotated[
        float | None, typer.Option("--price-in", min=0.0, help="Of a million prompt tokens.")
    ] = None,
    price_out: Annotated[
        float | None, typer.Option("--price-out", min=0.0, help="Of a million answer tokens.")
    ] = None,
    batch_size: Annotated[int, typer.Option("--batch-size", min=1, help="Of hf.")] = 8,
    dtype: Annotated[str, typer.Option("--dtype", help="Of hf and vllm.")] = "auto",
    device: Annotated[str, typer.Option("--device", help="Of hf; default: a GPU if any.")] = "",
    tensor_parallel: options.TensorParallel = 0,
    data_parallel: options.DataParallel = 0,
    gpu_memory: options.GpuMemory = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Stop at a row that cannot be used.")
    ] = False,
    limit: options.Limit = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the prompt of one row; ask no model.")
    ] = False,
    row: Annotated[int, typer.Option("--row", min=1, help="Of --dry-run.")] = 1,
    as_json: options.Json = False,
) -> int:
    """Ask a model for faster versions of each slow program, for `pie simulate` to measure.

    Example: pie generate --pairs test.jsonl --strategy instruction --model openai:gpt-4o --out RUN

    Each answer is stored as it arrives; the same command again goes on where it was stopped.
    RUN/generations.jsonl holds the rows with `generated_answers`. Exit codes: 1 input, 4 some
    requests got no answer (the same command asks these again), 130 interrupted.
    """
    from pie.flows.generation import generate as flow
    from pie.flows.generation.options import Chosen, open_asked

    asked = open_asked(
        Chosen(
            pairs=pairs,
            strategy=strategy,
            form=form,
            model=model,
            samples=samples,
            temperature=temperature,
            top_p=top_p,
            max_new_tokens=max_new_tokens,
            seed=seed,
            out=out,
            examples=examples,
            shots=shots,
            index=index,
            k=k,
            score=score,
            context=context,
            tokenizer=tokenizer,
            base_url=base_url,
            concurrency=concurrency,
            max_retries=max_retries,
            timeout_seconds=timeout,
            body=body,
            price_in=price_in,
            price_out=price_out,
            batch_size=batch_size,
            dtype=dtype,
            device=device,
            strict=strict,
            dry_run=dry_run,
            limit=limit,
            tensor_parallel=tensor_parallel,
            data_parallel=data_parallel,
            gpu_memory=gpu_memory,
        )
    )
    if dry_run:
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
