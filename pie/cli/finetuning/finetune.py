"""`pie finetune data`, `run`, `merge`, `push`, `pull` and `submit`."""

# Annotations are values here: as texts Typer would compile each option anew for every `--help`.

import json
from pathlib import Path
from typing import Annotated

import typer

from pie.cli import options
from pie.cli.exits import Exit, printing, say, told

app = typer.Typer(
    help="Train a model on pairs.\n\n"
    "Example: pie finetune run --config pie-lora --train rows.jsonl --output runs/lora",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("data")
@told
def data(
    out: Annotated[Path, typer.Option("--out", "-o", help="The rows to write (.jsonl).")],
    pairs: Annotated[Path | None, typer.Option("--pairs", help="Rows in PIE's format.")] = None,
    refined: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="RUN",
            help="A run of `pie refine` in the place of pairs: a row for each program that it made "
            "faster, or right.",
        ),
    ] = None,
    kind: Annotated[
        str,
        typer.Option(
            "--format",
            "-f",
            help="plain (default), perf-conditioned (with --tags), perf-conditioned-code, ecco, "
            "ecco-execution or ecco-trajectory.",
        ),
    ] = "",
    tags: Annotated[
        str,
        typer.Option(
            "--tags", help="Scores of 10, as 10,9,8: targets to train on, or to ask for (10)."
        ),
    ] = "",
    sampling: Annotated[
        bool, typer.Option("--sampling", help="Prompts only, one for each tag, to ask a model.")
    ] = False,
    hq: Annotated[
        bool, typer.Option("--hq", help="Only the highest speedups, few of each problem.")
    ] = False,
    per_problem: Annotated[int, typer.Option("--per-problem", min=1, help="Of --hq.")] = 4,
    size: Annotated[
        int | None, typer.Option("--size", min=1, help="Of --hq: at most so many pairs.")
    ] = None,
    self_play: Annotated[
        Path | None, typer.Option("--self-play", help="Pairs of self-play, all added.")
    ] = None,
    run_folder: Annotated[
        Path | None,
        typer.Option("--run", help="A run of `pie simulate` of these pairs, for ecco-execution."),
    ] = None,
    tests_shown: Annotated[
        int, typer.Option("--tests-shown", min=1, help="Of ecco-execution: a row's first tests.")
    ] = 3,
    form: Annotated[
        str,
        typer.Option(
            "--form", help="plain (default), or chat: messages for the model's chat template."
        ),
    ] = "",
    openai: Annotated[
        bool, typer.Option("--openai", help="Write chat rows for hosted fine-tuning.")
    ] = False,
    tokenizer: Annotated[
        str, typer.Option("--tokenizer", help="Model that counts tokens; else bytes / 3.")
    ] = "",
    max_tokens: Annotated[
        int | None,
        typer.Option("--max-tokens", min=2, help="Leave longer rows out, whole (PIE: 2000)."),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Stop at a row that cannot be used.")
    ] = False,
    limit: options.Limit = None,
    as_json: options.Json = False,
) -> int:
    """Turn pairs into prompt/completion rows, by the templates that sampling uses.

    Example: pie finetune data --pairs train.jsonl --format perf-conditioned --out rows.jsonl
    Example: pie finetune data --from refined --format ecco-execution --out rows.jsonl

    Nothing is cut: a row that is too long is left out and counted. One row is shown with what of it
    is in the loss. Beside the rows lie OUT.left_out.jsonl and OUT.manifest.json.
    """
    from pie.core.training.formats import format_of, named_form, parse_tags
    from pie.flows.finetuning import data as flow
    from pie.flows.finetuning.candidates import Request

    request = Request(
        pairs=pairs,
        refined=refined,
        out=out,
        format=format_of(kind or ("perf-conditioned" if tags else "plain")),
        tags=parse_tags(tags) if tags else (),
        sampling=sampling,
        hq=hq,
        per_problem=per_problem,
        size=size,
        self_play=self_play,
        run=run_folder,
        tests_shown=tests_shown,
        form=named_form(form) if form else None,
        openai=openai,
        tokenizer=tokenizer,
        max_tokens=max_tokens,
        strict=strict,
        limit=limit,
    )
    manifest = flow.run(request)
    say(f"the first row:\n{manifest['example']}")
    with printing():
        if as_json:
            print(json.dumps(manifest, indent=2))
        else:
            print(_sentence(manifest, out))
    return Exit.OK


def _sentence(manifest: dict[str, object], out: Path) -> str:
    counts = manifest["counts"]
    assert isinstance(counts, list)
    parts = [f"wrote {counts[-1]['out']:,} rows to {out} (length: {manifest['length']})"]
    for one in counts:
        reasons = ", ".join(f"{number:,} {why}" for why, number in one["left_out"].items())
        if reasons:
            parts.append(f"of {one['in']:,} {one['unit']} left out: {reasons}")
    return "; ".join(parts)


@app.command("run")
@told
def run(
    config: Annotated[
        str, typer.Option("--config", "-c", help="A YAML file, or the name of a shipped recipe.")
    ],
    model: Annotated[str, typer.Option("--model", help="Base model: folder or name.")] = "",
    train: Annotated[str, typer.Option("--train", help="Rows to train on.")] = "",
    evaluation: Annotated[str, typer.Option("--eval", help="Rows to evaluate on.")] = "",
    output: Annotated[str, typer.Option("--output", "-o", help="The run's folder.")] = "",
    node_rank: Annotated[
        int | None, typer.Option("--node-rank", min=0, help="This node's number, of several.")
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="Any key of the recipe, as lora.rank=16; repeatable."
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit", min=1, help="Only the first rows of each file.", show_default=False
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the `accelerate launch` line; start nothing.")
    ] = False,
    show: Annotated[bool, typer.Option("--print", hidden=True)] = False,
    as_json: options.Json = False,
) -> int:
    """Train by a recipe, or go on where the same run stopped.

    Example: pie finetune run --config pie-lora --train rows.jsonl --output runs/lora

    Shipped recipes: pie-full, pie-hq, pie-lora, ecco-lora, qlora, dpo-lora, grpo-lora, cpu,
    single-gpu, one-node-fsdp, several-nodes. The folder gets metrics.jsonl, loss.png, checkpoints,
    and model/ or adapter/. After SIGTERM a step is finished and saved, and the exit code is 143.
    """
    from pie.flows.finetuning import finetune as flow

    given = {"model": model, "train": train, "eval": evaluation, "output": output}
    named = {name: value for name, value in given.items() if value}
    more = [] if limit is None else [f"limit={limit}"]
    planned = flow.plan(config, named, [*(changes or []), *more], node_rank)
    for doubt in planned.doubts:
        say(f"warning: {doubt}")
    if dry_run or show:
        with printing():
            document = {"schema_version": 1, "line": planned.line, "words": planned.words}
            print(json.dumps(document, indent=2) if as_json else planned.line)
        return Exit.OK
    code = flow.run(planned)
    if code == Exit.OK and not node_rank:
        outcome = flow.outcome(planned)
        with printing():
            print(json.dumps(outcome, indent=2) if as_json else outcome["folder"])
    return code


@app.command("merge")
@told
def merge(
    run_folder: Annotated[
        Path, typer.Argument(metavar="RUN", help="A run, one of its checkpoints, or an adapter.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The model's folder, new.")],
    base: Annotated[
        str, typer.Option("--base", help="The base model, where the run's name is not found.")
    ] = "",
    dtype: Annotated[
        str, typer.Option("--dtype", help="auto (the base model's), bf16, fp16 or fp32.")
    ] = "auto",
    as_json: options.Json = False,
) -> int:
    """Make one safetensors model, which hf: and vllm: load.

    Example: pie finetune merge runs/lora --output models/lora
    """
    from pie.flows.finetuning import finetune as flow

    merged = flow.merge(run_folder, output, base, dtype)
    with printing():
        document = {
            "schema_version": 1,
            "folder": str(merged.folder),
            "base": merged.base,
            "dtype": merged.dtype,
            "bytes": merged.bytes,
        }
        sentence = f"wrote {merged.folder} ({merged.bytes / 1e6:,.1f} MB, {merged.dtype})"
        print(json.dumps(document, indent=2) if as_json else sentence)
    return Exit.OK


@app.command("push")
@told
def push(
    run_folder: Annotated[Path, typer.Argument(metavar="RUN", help="A run of `finetune run`.")],
    to: Annotated[str, typer.Option("--to", metavar="OWNER/NAME", help="Repository of the hub.")],
    model: Annotated[
        Path | None,
        typer.Option("--model", help="Upload this folder, as of `finetune merge`, in its place."),
    ] = None,
    measured: Annotated[
        list[Path] | None,
        typer.Option("--measured", help="A run of `pie simulate` for the card; repeatable."),
    ] = None,
    public: Annotated[
        bool, typer.Option("--public", help="For everybody, if the repository is new.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the model card; upload nothing.")
    ] = False,
    as_json: options.Json = False,
) -> int:
    """Upload the model or adapter of a run to the Hugging Face hub, with a model card.

    Example: pie finetune push runs/lora --to me/pie-lora --measured runs/test-skylake-1a2b3c4d

    The card has the recipe, how the training went, and the reports of the measured runs. The token
    is HF_TOKEN's, the server HF_ENDPOINT's.
    """
    from pie.flows.finetuning import hub as flow

    if dry_run:
        with printing():
            print(flow.card_of(run_folder, measured or [], model), end="")
        return Exit.OK
    address = flow.push(run_folder, to, measured or [], model, private=not public)
    with printing():
        document = {"schema_version": 1, "repository": to, "commit": address}
        print(json.dumps(document, indent=2) if as_json else address)
    return Exit.OK


@app.command("pull")
@told
def pull(
    name: Annotated[str, typer.Argument(metavar="OWNER/NAME", help="Repository of the hub.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The model's folder, new.")],
    revision: Annotated[
        str, typer.Option("--revision", help="Branch, tag or commit; else the newest.")
    ] = "",
    as_json: options.Json = False,
) -> int:
    """Download a model or adapter from the Hugging Face hub into a folder of its own.

    Example: pie finetune pull me/pie-lora --output models/lora
    """
    from pie.flows.finetuning import hub as flow

    folder = flow.pull(name, output, revision)
    with printing():
        document = {"schema_version": 1, "folder": str(folder)}
        print(json.dumps(document, indent=2) if as_json else folder)
    return Exit.OK


@app.command("submit")
@told
def submit(
    rows: Annotated[Path, typer.Argument(help="Chat rows of `pie finetune data --openai`.")],
    model: Annotated[str, typer.Option("--model", help="The model that the service trains.")],
    validation: Annotated[
        Path | None, typer.Option("--validation", help="Chat rows to evaluate on.")
    ] = None,
    epochs: Annotated[
        int, typer.Option("--epochs", min=0, help="0: the service chooses. PIE: 1.")
    ] = 1,
    suffix: Annotated[str, typer.Option("--suffix", help="Part of the new model's name.")] = "",
    seed: Annotated[int | None, typer.Option("--seed", min=0)] = None,
    base_url: Annotated[
        str, typer.Option("--base-url", help="Of the server; else OPENAI_BASE_URL.")
    ] = "",
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Wait until the job has ended.")
    ] = True,
    seconds: Annotated[
        float, typer.Option("--poll-seconds", min=0.01, help="Between two questions of --wait.")
    ] = 30.0,
    limit: options.Limit = None,
    as_json: options.Json = False,
) -> int:
    """Have a service fine-tune a model: check the rows, upload them, start the job, wait.

    Example: pie finetune submit chat.jsonl --model gpt-3.5-turbo --suffix pie

    The key is read from OPENAI_API_KEY. The same command goes on with the same job
    (ROWS.job.json) and never pays for a second one.
    """
    from dataclasses import asdict

    from finetune.hosted import Asked
    from pie.flows.finetuning import finetune as flow

    asked = Asked(model, epochs or None, suffix, seed)
    job = flow.submit(rows, validation, asked, base_url, seconds if wait else None, say, limit)
    with printing():
        document = {"schema_version": 1, **asdict(job)}
        print(json.dumps(document, indent=2) if as_json else job.model or f"{job.id} {job.status}")
    return Exit.OK
