"""`pie merge`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from pie.cli import options
from pie.cli.exits import Exit, printing, told


@told
def command(
    sources: Annotated[
        list[Path], typer.Argument(help="Runs, or files of answers, generations or training rows.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="A file of rows, or a run's folder.")],
    limit: Annotated[
        int | None,
        typer.Option("--limit", min=1, help="Only the first rows of each.", show_default=False),
    ] = None,
    as_json: options.Json = False,
) -> int:
    """Join runs, answers, rows and shards of one setting; refuse those of different ones.

    Example: pie merge sampled-10 sampled-9 sampled-8 --out mixture.jsonl

    Rows of one pair become one row with all their answers, also within one file, as those of
    several score tags. Runs of `pie simulate` become a run that `pie report` reads.
    """
    from pie.flows import merge as flow

    merged = flow.merge(sources, out, limit)
    with printing():
        document = {
            "schema_version": 1,
            "out": str(merged.out),
            "kind": merged.kind,
            "sources": merged.sources,
            "rows": merged.rows,
            "joined": merged.joined,
        }
        print(json.dumps(document, indent=2) if as_json else flow.sentence(merged))
    return Exit.OK
