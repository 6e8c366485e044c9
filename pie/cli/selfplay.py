"""`pie selfplay`."""

# Annotations are values here: as texts Typer would compile each option anew for every `--help`.

import sys
from pathlib import Path
from typing import Annotated

import typer

from pie.cli import options
from pie.cli.exits import Exit, say, told
from pie.cli.generation.options import Backend, BaseUrl, Form
from pie.cli.groups import grouped


@told
@grouped
def command(
    seeds: Annotated[
        Path, typer.Option("--seeds", help="Pairs to begin from, in PIE's format (JSONL).")
    ],
    model: Annotated[
        str,
        typer.Option("--model", help="Proposes: openai:NAME, hf:NAME, vllm:NAME, replay:FILE."),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for everything.")],
    optimiser: Annotated[
        str, typer.Option("--optimiser", help="Makes faster; default: the same model.")
    ] = "",
    proposals: Annotated[
        int, typer.Option("--proposals", min=1, help="Programs to ask for, over all prompts.")
    ] = 10_000,
    per_prompt: Annotated[int, typer.Option("--per-prompt", min=1, help="Answers a prompt.")] = 5,
    temperature: Annotated[float, typer.Option("--temperature", min=0.0)] = 1.0,
    top_p: Annotated[float, typer.Option("--top-p", min=0.0, max=1.0)] = 0.9,
    prompt_tokens: Annotated[
        int, typer.Option("--prompt-tokens", min=1, help="Longest prompt of the proposer.")
    ] = 10_000,
    max_new_tokens: Annotated[
        int, typer.Option("--max-new-tokens", min=1, help="Longest answer of either model.")
    ] = 2048,
    strategy: Annotated[
        str,
        typer.Option(
            "--strategy",
            "-s",
            help="Of the optimiser: perf-conditioned, finetuned or instruction.",
        ),
    ] = "perf-conditioned",
    samples: Annotated[
        int, typer.Option("--samples", "-n", min=1, help="Faster versions of each program.")
    ] = 1,
    optimiser_temperature: Annotated[
        float, typer.Option("--optimiser-temperature", min=0.0, help="0: greedy.")
    ] = 0.7,
    optimiser_top_p: Annotated[float, typer.Option("--optimiser-top-p", min=0.0, max=1.0)] = 1.0,
    known: Annotated[
        list[Path] | None,
        typer.Option("--known", help="More pairs whose programs are not new (val, test)."),
    ] = None,
    testcases: Annotated[
        Path | None, typer.Option("--testcases", help="Folder of test cases in PIE's layout.")
    ] = None,
    descriptions: Annotated[
        Path | None,
        typer.Option("--descriptions", help="Folder of PROBLEM.html, .md or .txt, as CodeNet's."),
    ] = None,
    bases: Annotated[
        int, typer.Option("--bases", min=1, help="Problems whose inputs are read.")
    ] = 10,
    inputs: Annotated[int, typer.Option("--inputs", min=1, help="Inputs of each of these.")] = 20,
    mutate: Annotated[
        int, typer.Option("--mutate", min=0, help="Mutated inputs of each besides, at most.")
    ] = 0,
    distinct_outputs: Annotated[
        int,
        typer.Option("--distinct-outputs", min=1, help="Different outputs a new program prints."),
    ] = 2,
    near_duplicate: Annotated[
        float,
        typer.Option("--near-duplicate", help="Similarity that drops, within a class (0 to 1)."),
    ] = 0.9,
    at_least: Annotated[
        float, typer.Option("--at-least", help="Speedup of the pairs that are kept.")
    ] = 5.0,
    per_class: Annotated[
        int, typer.Option("--per-class", min=1, help="Pairs kept of programs that do the same.")
    ] = 3,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of all that is drawn.")] = 0,
    form: Form = "auto",
    base_url: BaseUrl = "",
    optimiser_base_url: Annotated[
        str, typer.Option("--optimiser-base-url", help="Default: the same server.")
    ] = "",
    *,
    backend: Backend,
    machine: options.Machine = "auto",
    trust_programs: options.TrustPrograms = False,
    gem5: options.Gem5 = "",
    gem5_config: options.Gem5Configuration = "Verbatim",
    jobs: options.Jobs = 0,
    build: options.Programs,
    max_instructions: options.MaxInstructions = None,
    no_cache: options.NoCache = False,
    limit: options.Limit = None,
    as_json: options.Json = False,
) -> int:
    """Make new training pairs: a model proposes programs, another makes them faster (PIE, A.6).

    Example: pie selfplay --seeds train.jsonl --model openai:gpt-4o --optimiser hf:mine -o FOLDER

    FOLDER/synthetic.jsonl holds the pairs at least five times faster, at most three of programs
    that do the same. The same command goes on where it was stopped. Exit codes: 1 input, 4 some
    answers or measurements are missing (the same command tries them again), 130 interrupted.
    """
    from pie.cli.selfplay_output import Display, print_summary
    from pie.flows.dataset.measuring import Measuring
    from pie.flows.generation.options import model_options
    from pie.flows.selfplay import run as flow
    from pie.flows.selfplay.options import Chosen, open_asking, strategy_of
    from pie.flows.selfplay.request import Request

    setting = build.setting(
        machine, gem5, gem5_config, max_instructions=max_instructions, in_rows=True
    )
    opened = model_options(backend, "")
    proposer = Chosen(
        model, base_url, temperature, top_p, max_new_tokens, per_prompt, seed, form, prompt_tokens
    )
    improver = Chosen(
        optimiser or model,
        optimiser_base_url or base_url,
        optimiser_temperature,
        optimiser_top_p,
        max_new_tokens,
        samples,
        seed,
        form,
    )
    request = Request(
        seeds=seeds,
        out=out,
        trust_programs=trust_programs,
        proposer=open_asking(proposer, opened),
        optimiser=open_asking(improver, opened),
        measuring=Measuring(setting, jobs, not no_cache),
        proposals=proposals,
        strategy=strategy_of(strategy),
        bases=bases,
        inputs=inputs,
        mutate=mutate,
        known=tuple(known or ()),
        testcases=testcases,
        descriptions=descriptions,
        distinct_outputs=distinct_outputs,
        near_duplicate=near_duplicate,
        at_least=at_least,
        per_class=per_class,
        seed=seed,
        limit=limit,
    )
    try:
        with Display() as display:
            summary = flow.run(request, display.told())
    except KeyboardInterrupt:
        from pie.flows.simulate import resume_line

        say("pie: interrupted; what was done is kept. Go on with:")
        say(f"  {resume_line(sys.argv[1:])}")
        return Exit.INTERRUPTED
    return print_summary(summary, as_json)
