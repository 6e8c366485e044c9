"""`pie dataset`, from measured programs to the parts of a data set."""

# Annotations are values here: as texts Typer would compile each option anew for every `--help`.

import math
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pie.cli import options
from pie.cli.exits import Exit, told

Out = Annotated[Path, typer.Option("--out", "-o", help="Output: a .jsonl or .parquet file.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Do it anew, even if it is done already.")]
Measured = Annotated[Path, typer.Argument(help="What `pie dataset measure` wrote.")]
Pairs = Annotated[Path, typer.Argument(help="Rows in PIE's format (JSONL or Parquet).")]
Val = Annotated[float, typer.Option("--val", help="Share of problems for validation.")]
Test = Annotated[float, typer.Option("--test", help="Share of problems for the test.")]
Seed = Annotated[int, typer.Option("--seed", help="Deals the problems out otherwise.")]
Near = Annotated[
    float,
    typer.Option("--near-duplicate", help="Jaccard index of token 5-grams from which it is one."),
]


class NearDuplicates(StrEnum):
    """What becomes of rows that are nearly those of another part."""

    COUNT = "count"
    REMOVE = "remove"
    IGNORE = "ignore"


@told
def pairs(
    measured: Measured,
    out: Out = Path("pairs.jsonl"),
    improvement: Annotated[
        float, typer.Option("--improvement", min=0.0, max=1.0, help="Least relative gain in time.")
    ] = 0.10,
    near_duplicate: Near = 0.9,
    length_percentile: Annotated[
        float,
        typer.Option("--length-percentile", help="Programs longer than so many percent go."),
    ] = 99.5,
    longest: Annotated[
        int | None,
        typer.Option("--longest", min=1, help="Characters of a program, instead of a percentile."),
    ] = None,
    per_user: Annotated[
        int, typer.Option("--per-user", min=1, help="Most pairs of one user in a problem.")
    ] = 10_000,
    fresh: Fresh = False,
    limit: options.Limit = None,
    as_json: options.Json = False,
) -> int:
    """Make the pairs in which a user's later program is faster.

    Example: pie dataset pairs measured.parquet -o pairs.jsonl

    The best come first: a pair goes when one that stays already has a near source and a near
    target, and when its user has --per-user pairs in the problem.
    """
    from pie.cli.dataset_output import Ticker, print_step
    from pie.core.dataset.improvement_pairs import Rules
    from pie.flows.dataset import pairs as flow

    rules = Rules(improvement, near_duplicate, longest, per_user)
    request = flow.Request(measured, out, rules, length_percentile, fresh, limit)
    return print_step(flow.run(request, Ticker().rows), as_json)


@told
def fastest(
    measured: Measured,
    out: Out = Path("fastest.jsonl"),
    fresh: Fresh = False,
    limit: options.Limit = None,
    as_json: options.Json = False,
) -> int:
    """Write the fastest accepted program of each problem.

    Example: pie dataset fastest measured.parquet -o fastest.jsonl
    """
    from pie.cli.dataset_output import Ticker, print_step
    from pie.flows.dataset import pairs as flow

    request = flow.FastestRequest(measured, out, fresh, limit)
    return print_step(flow.fastest(request, Ticker().rows), as_json)


@told
def tag(
    rows: Pairs,
    measured: Annotated[
        Path, typer.Option("--among", help="All solutions, as `pie dataset measure` wrote them.")
    ],
    out: Out = Path("tagged.jsonl"),
    fresh: Fresh = False,
    limit: options.Limit = None,
    as_json: options.Json = False,
) -> int:
    """Tag every target from 1 to 10: its decile among all solutions of its problem, 10 is best.

    Example: pie dataset tag pairs.jsonl --among measured.parquet -o tagged.jsonl
    """
    from pie.cli.dataset_output import Ticker, print_step
    from pie.flows.dataset import tag as flow

    request = flow.Request(rows, measured, out, fresh, limit)
    return print_step(flow.run(request, Ticker().rows), as_json)


@told
def split(
    rows: Pairs,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the parts.")] = Path("split"),
    val: Annotated[
        float | None, typer.Option("--val", help="Share of problems for validation, or 0.05.")
    ] = None,
    test: Annotated[
        float | None, typer.Option("--test", help="Share of problems for the test, or 0.03.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", help="Deals the problems out otherwise than 0.")
    ] = None,
    train_problems: Annotated[
        Path | None,
        typer.Option("--train-problems", help="A published part: rows, or an id a line."),
    ] = None,
    val_problems: Annotated[Path | None, typer.Option("--val-problems")] = None,
    test_problems: Annotated[Path | None, typer.Option("--test-problems")] = None,
    same_problems: Annotated[
        Path | None,
        typer.Option("--same-problems", help="Groups of ids that are one problem, one a line."),
    ] = None,
    near_duplicates: Annotated[
        NearDuplicates,
        typer.Option("--near-duplicates", help="Of another part: count, remove or ignore them."),
    ] = NearDuplicates.COUNT,
    near_duplicate: Near = 0.9,
    fresh: Fresh = False,
    limit: options.Limit = None,
    as_json: options.Json = False,
) -> int:
    """Deal the problems out to train, val and test, none to two of them.

    Example: pie dataset split tagged.jsonl -o split --near-duplicates remove

    With published parts (--train-problems and so on) nothing is dealt out, so --val, --test and
    --seed are not for them.
    """
    from pie.cli.dataset_output import Ticker, print_step
    from pie.core.dataset.split import Split
    from pie.flows.dataset import split as flow
    from sim.errors import InputError

    if not 0 < near_duplicate <= 1:
        raise InputError(f"--near-duplicate {near_duplicate} is no similarity", "give 0.9, say")
    given = {"train": train_problems, "val": val_problems, "test": test_problems}
    published = {part: path for part, path in given.items() if path is not None}
    dealt = {"--val": val, "--test": test, "--seed": seed}
    ignored = next((name for name, value in dealt.items() if value is not None), None)
    if published and ignored is not None:
        raise typer.BadParameter(
            f"{ignored} has no effect beside published parts (--{next(iter(published))}-problems): "
            "leave one of them out"
        )
    usual = Split()
    dealing = Split(
        usual.val if val is None else val,
        usual.test if test is None else test,
        usual.seed if seed is None else seed,
    )
    request = flow.Request(
        rows,
        out,
        dealing,
        published,
        same_problems,
        near_duplicates.value,
        near_duplicate,
        fresh,
        limit,
    )
    return print_step(flow.run(request, Ticker().rows), as_json)


@told
def hq(
    rows: Pairs,
    out: Out = Path("hq.jsonl"),
    per_problem: Annotated[
        int, typer.Option("--per-problem", min=1, help="Most pairs of a problem.")
    ] = 4,
    least_speedup: Annotated[
        float, typer.Option("--least-speedup", min=0.0, help="Pairs below go.")
    ] = 0.0,
    size: Annotated[
        int | None, typer.Option("--size", min=1, help="Most pairs; PIE has 4085.")
    ] = None,
    fresh: Fresh = False,
    limit: options.Limit = None,
    as_json: options.Json = False,
) -> int:
    """Choose the pairs with the highest speedups, few of each problem.

    Example: pie dataset hq split/train.jsonl -o train_hq.jsonl
    """
    from pie.cli.dataset_output import print_step
    from pie.flows.dataset import hq as flow
    from sim.errors import InputError

    if math.isinf(least_speedup):
        raise InputError("no pair has an infinite speedup", "give a number for --least-speedup")
    request = flow.Request(rows, out, per_problem, least_speedup, size, fresh, limit)
    return print_step(flow.run(request), as_json)


@told
def card(
    files: Annotated[list[Path], typer.Argument(help="Pairs files, such as train, val and test.")],
    length: Annotated[
        str,
        typer.Option(
            "--length",
            help="What lengths are counted in: characters, leaves (tokens of C++), or a "
            "tokenizer.json or model name; PIE's table is of gpt2.",
        ),
    ] = "leaves",
    limit: options.Limit = None,
    as_json: options.Json = False,
) -> int:
    """Print the tables of PIE A.5 for data sets, side by side.

    Example: pie dataset card split/train.jsonl split/val.jsonl split/test.jsonl
    """
    from pie.cli.dataset_output import print_card
    from pie.flows.dataset.card import read_cards

    print_card(read_cards(files, length, limit), as_json)
    return Exit.OK


def register(app: typer.Typer) -> None:
    """Add these commands to `pie dataset`."""
    for command in (pairs, fastest, tag, split, hq, card):
        app.command(command.__name__)(command)
