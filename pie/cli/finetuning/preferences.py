"""`pie finetune preferences`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from pie.cli import options
from pie.cli.exits import Exit, printing, told


@told
def command(
    run_folder: Annotated[
        Path, typer.Argument(metavar="RUN", help="A run of `pie simulate` of sampled answers.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="The rows to write (.jsonl).")],
    min_ratio: Annotated[
        float, typer.Option("--min-ratio", help="Least ratio of two programs' times, above 1.")
    ] = 1.10,
    per_row: Annotated[
        int, typer.Option("--per-row", min=1, help="Preferences of a row, largest ratio first.")
    ] = 4,
    failed: Annotated[
        bool, typer.Option("--failed", help="Also the fastest accepted over those that failed.")
    ] = False,
    form: Annotated[
        str,
        typer.Option(
            "--format", "-f", help="plain or perf-conditioned; else as the answers were sampled."
        ),
    ] = "",
    score: Annotated[
        int, typer.Option("--score", min=1, max=10, help="Tag of perf-conditioned, of 10.")
    ] = 10,
    unsupported: options.Unsupported = "failed",
    limit: options.Limit = None,
    as_json: options.Json = False,
) -> int:
    """Turn measured answers into preference rows for DPO: a faster program over a slower one.

    Example: pie finetune preferences runs/sampled-skylake-1a2b3c4d --out preferences.jsonl

    Rows have prompt, chosen and rejected, as trl.DPOTrainer reads them. Only accepted programs are
    ever chosen; answers that could not be measured take no part.
    """
    import math

    from pie.core.training.formats import SCORED, Format, format_of
    from pie.core.training.preferences import Rules
    from pie.flows.finetuning import preferences as flow
    from sim.errors import InputError

    if not (math.isfinite(min_ratio) and min_ratio > 1):
        raise InputError(f"--min-ratio {min_ratio} is not above 1", "give for example 1.1")
    chosen = format_of(form) if form else None
    if chosen not in (None, Format.PLAIN, *SCORED):
        raise InputError(
            f"preferences have no prompts of the format {form}", "give plain or perf-conditioned"
        )
    rules = Rules(min_ratio, per_row, failed, options.unsupported_as(unsupported))
    manifest = flow.build(flow.Request(run_folder, out, rules, chosen, score, limit))
    with printing():
        if as_json:
            print(json.dumps(manifest, indent=2))
        else:
            told_of = manifest["counts"][0]
            print(
                f"wrote {manifest['preferences']:,} preferences of {told_of['out']:,} rows to "
                f"{out}; {sum(told_of['left_out'].values()):,} rows gave none"
            )
    return Exit.OK
