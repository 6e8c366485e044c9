"""`pie index build`, `pie index search` and `pie index stats`."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pie.cli import options
from pie.cli.exits import Exit, printing, say, show, told

if TYPE_CHECKING:
    from pie.flows.examples import Neighbour, Query
    from pie.flows.index import LeftOut, Sources

app = typer.Typer(
    help="Find programs like a program.\n\n"
    "Example: pie index build --pairs train.jsonl --out train.index",
    no_args_is_help=True,
    rich_markup_mode=None,
)


class Kind(StrEnum):
    """FAISS's structures."""

    EXACT = "exact"
    HNSW = "hnsw"
    IVFPQ = "ivfpq"


class Measure(StrEnum):
    """What candidates are re-ranked by."""

    F1 = "f1"
    F3 = "f3"


class Language(StrEnum):
    """The language of an index."""

    CPP = "cpp"
    PYTHON = "python"


Model = Annotated[
    str | None, typer.Option("--model", help="Folder or name of the weights, if not the usual.")
]


@app.command("build")
@told
def build(
    pairs: Annotated[Path, typer.Option("--pairs", help="Rows in PIE's format (JSONL).")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the index.")],
    encoder: Annotated[
        str,
        typer.Option(
            "--encoder",
            help="auto, tokens, codebert-cpp, codebertscore, pie (codebert-cpp, truncated), or "
            "a model's name or path.",
        ),
    ] = "auto",
    model: Model = None,
    kind: Annotated[Kind, typer.Option("--kind", help="exact, hnsw or ivfpq.")] = Kind.EXACT,
    truncate: Annotated[
        bool,
        typer.Option("--truncate", help="Read the first 512 tokens only, as PIE did."),
    ] = False,
    language: Annotated[
        Language | None, typer.Option("--language", help="Index only rows in this language.")
    ] = None,
    above: Annotated[
        float,
        typer.Option("--above", min=0.0, help="Leave out pairs known to be no faster than this."),
    ] = 1.0,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an index that is there.")
    ] = False,
    strict: options.Strict = False,
    limit: options.Limit = None,
    as_json: options.Json = False,
) -> int:
    """Index the distinct sources of a pairs file, each with the best of its targets.

    Example: pie index build --pairs train.jsonl --out train.index --encoder codebert-cpp
    """
    from pie.cli.counter import Counter
    from pie.flows import index as flow
    from sim.program import Language as Known

    request = flow.BuildRequest(
        pairs=pairs,
        out=out,
        encoder="codebert-cpp" if encoder == flow.PIE else encoder,
        model=model,
        kind=kind.value,
        truncate=truncate or encoder == flow.PIE,
        language=Known(language.value) if language else None,
        above=above,
        overwrite=overwrite,
        strict=strict,
        limit=limit,
    )
    flow.check_place(request)
    found = flow.read_sources(request)
    _tell_sources(pairs, found)
    try:
        with Counter("programs", len(found.best)) as counter:
            flow.build(request, found, lambda text: say(f"pie: {text}"), counter.add)
    except KeyboardInterrupt:
        say("pie: interrupted; the same command goes on after what a model has encoded")
        return Exit.INTERRUPTED
    _print_stats(flow.stats(out), as_json)
    return Exit.OK


@app.command("search")
@told
def search(
    index: Annotated[Path, typer.Argument(help="Folder of an index.")],
    code: Annotated[Path | None, typer.Option("--code", help="One program.")] = None,
    pairs: Annotated[
        Path | None, typer.Option("--pairs", help="The sources of a pairs file (JSONL).")
    ] = None,
    problem: Annotated[
        str | None, typer.Option("--problem", help="The problem of --code: nothing of it is found.")
    ] = None,
    k: Annotated[int, typer.Option("--k", "-k", min=1, help="Neighbours of each program.")] = 4,
    encoder: Annotated[
        str | None, typer.Option("--encoder", help="Refuse an index built by another.")
    ] = None,
    model: Model = None,
    rerank: Annotated[
        Measure | None,
        typer.Option("--rerank", help="Order the nearest by CodeBERTScore: f1 or f3."),
    ] = None,
    rerank_model: Annotated[
        str | None, typer.Option("--rerank-model", help="Weights for --rerank, if not the usual.")
    ] = None,
    no_guard: Annotated[
        bool, typer.Option("--no-guard", help="Also find the program's own problem.")
    ] = False,
    limit: options.Limit = None,
    as_json: options.Json = False,
) -> int:
    """Find the nearest sources of other problems, the nearest first.

    Example: pie index search train.index --code slow.cpp --k 4

    Where the index has fewer than k, all of them are given and said to be.
    """
    from pie.flows import examples as flow

    if (code is None) == (pairs is None):
        raise typer.BadParameter("give one of --code and --pairs")
    if problem is not None and pairs is not None:
        raise typer.BadParameter("--problem is that of --code; rows name theirs")
    if limit is not None and pairs is None:
        raise typer.BadParameter("--limit is of the rows of --pairs")
    left_out: Sequence[LeftOut] = ()
    if pairs is not None:
        queries, left_out = flow.queries_of(pairs, limit)
        _tell_left_out(pairs, left_out)
    else:
        assert code is not None
        queries = [flow.query_of(code, problem)]
    examples = flow.open_examples(index, encoder, model, guard=not no_guard)
    asked = [(one.code, one.problem_id) for one in queries]
    if rerank is None:
        found = examples.nearest_of(asked, k)
    else:
        found = examples.reranked_of(asked, k, rerank.value, rerank_model)
    short = [len(near) for near in found if len(near) < k]
    if short:
        say(
            f"pie: the index has too few programs of other problems for k = {k}: "
            f"{len(short)} of {len(queries)} queries got fewer, one only {min(short)}"
        )
    with printing():
        if as_json:
            _print_json(queries, found)
        else:
            _print_table(queries, found)
    return Exit.OK


@app.command("stats")
@told
def stats(
    index: Annotated[Path, typer.Argument(help="Folder of an index.")],
    as_json: options.Json = False,
) -> int:
    """Check the files of an index, and say what it holds and what it was built by.

    Example: pie index stats train.index
    """
    from pie.flows import index as flow

    _print_stats(flow.stats(index), as_json)
    return Exit.OK


def _tell_sources(pairs: Path, found: Sources) -> None:
    from pie.core.wording import count

    _tell_left_out(pairs, found.left_out)
    for fault, number in found.faults.most_common():
        say(f"pie: {count(number, 'row')} left out: {fault}")
    say(f"pie: {count(found.rows, 'row')}, {count(len(found.best), 'distinct source')} to index")


def _tell_left_out(pairs: Path, left_out: Sequence[LeftOut]) -> None:
    from pie.core.wording import count
    from pie.flows.index import REPORTED

    for one in left_out[:REPORTED]:
        say(f"pie: {pairs}:{one.line}: left out: {one.reason}")
    if len(left_out) > REPORTED:
        say(f"pie: ... and {count(len(left_out) - REPORTED, 'more line')} left out")


def _print_stats(found: dict[str, object], as_json: bool) -> None:
    with printing():
        if as_json:
            print(json.dumps({"schema_version": 1, **found}, indent=2))
            return
        for name, value in found.items():
            shown = f"{value:,}" if isinstance(value, int) and value is not True else value
            print(f"{name.replace('_', ' '):>16}  {shown}")


def _print_json(queries: Sequence[Query], found: Sequence[Sequence[Neighbour]]) -> None:
    results = [
        {
            "query": query.name,
            "problem_id": query.problem_id,
            "neighbours": [
                {"rank": rank, "score": one.score, **one.example.payload()}
                for rank, one in enumerate(near, start=1)
            ],
        }
        for query, near in zip(queries, found, strict=True)
    ]
    json.dump({"schema_version": 1, "results": results}, sys.stdout, indent=2)
    print()


def _print_table(queries: Sequence[Query], found: Sequence[Sequence[Neighbour]]) -> None:
    from rich.table import Table

    table = Table()
    for name in ("query", "rank", "score", "source", "target", "problem", "speedup"):
        if name in ("rank", "score", "speedup"):
            table.add_column(name, justify="right")
        else:
            table.add_column(name, overflow="fold")
    for query, near in zip(queries, found, strict=True):
        for rank, one in enumerate(near, start=1):
            example = one.example
            speedup = "unknown" if example.speedup is None else f"{example.speedup:.3f}"
            cells = (query.name, str(rank), f"{one.score:.4f}", example.src_id, example.tgt_id)
            table.add_row(*map(_plain, (*cells, example.problem_id, speedup)))
    show(table)


def _plain(text: str) -> str:
    """Return a text of somebody's file as a table shows it: no markup, nothing unprintable."""
    from rich.markup import escape

    return escape("".join(one if one.isprintable() else "?" for one in text))
