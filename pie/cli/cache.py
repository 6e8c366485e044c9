"""`pie cache info` and `pie cache prune`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from pie.cli import options
from pie.cli.exits import Exit, printing, told

if TYPE_CHECKING:
    from pie.flows.cache import CacheInfo

app = typer.Typer(
    help="What is kept between runs.\n\nExample: pie cache info",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("info")
@told
def info(as_json: options.Json = False) -> int:
    """Say where the cache is, what it holds and how large it is.

    Example: pie cache info
    """
    from pie.flows import cache

    with printing():
        _print(cache.info(), as_json)
    return Exit.OK


@app.command("prune")
@told
def prune(
    days: Annotated[
        float | None,
        typer.Option("--results-older-than", min=0.0, help="Also delete results older, in days."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Delete the whole cache.")] = False,
    as_json: options.Json = False,
) -> int:
    """Delete executables and headers that can be made again; results only if asked for.

    Example: pie cache prune --results-older-than 90
    """
    from pie.flows import cache

    pruned = cache.prune(days, everything)
    with printing():
        _print(pruned, as_json)
    return Exit.OK


def _print(found: CacheInfo, as_json: bool) -> None:
    if as_json:
        document = {"path": str(found.path), "results": found.results, "bytes": found.bytes_of}
        print(json.dumps({"schema_version": 1, **document}, indent=2))
        return
    print(f"cache: {found.path}")
    for kind, number in sorted(found.results.items()):
        print(f"  {number:>10,} results of {kind} jobs")
    for name, size in found.bytes_of.items():
        print(f"  {size / 1e6:>10,.1f} MB {name}")
