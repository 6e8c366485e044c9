"""`pie dataset strengthen` and `pie dataset strength`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pie.cli import options
from pie.cli.dataset_rows import Fresh
from pie.cli.exits import told
from pie.cli.groups import grouped
from pie.cli.resuming import resumable


@told
@grouped
def strengthen(
    pairs: Annotated[Path, typer.Option("--pairs", help="Rows in PIE's format.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="A folder: rows, tests, card.")],
    testcases: Annotated[
        Path | None,
        typer.Option("--testcases", help="Folder of test cases; default: test_cases/ beside."),
    ] = None,
    tests: Annotated[int, typer.Option("--tests", min=1, help="Of a problem, at most.")] = 50,
    work: Annotated[
        int,
        typer.Option(
            "--work", min=0, help="Inputs grow until the fastest program needs so many cycles."
        ),
    ] = 10_000_000,
    seed: Annotated[int, typer.Option("--seed", help="Of the made inputs.")] = 0,
    name: Annotated[str, typer.Option("--name", help="Of the set, for its card.")] = "strengthened",
    machine: options.Machine = "counts",
    gem5: options.Gem5 = "",
    gem5_config: options.Gem5Configuration = "Verbatim",
    jobs: options.Jobs = 0,
    *,
    build: options.Programs,
    max_instructions: options.MaxInstructions = 2_000_000_000,
    no_cache: options.NoCache = False,
    fresh: Fresh = False,
    limit: options.Limit = None,
    as_json: options.Json = False,
) -> int:
    """Make further tests for each problem: inputs that its accepted programs agree on.

    Example: pie dataset strengthen --pairs test.jsonl --out strong

    The folder has pairs.jsonl, test_cases/, tests.jsonl and a card: `pie simulate --pairs
    strong/pairs.jsonl` measures on the made tests. The published ones stay as they are.
    """
    from pie.cli.dataset_output import Ticker, print_step
    from pie.core.testing.strengthening import Wanted
    from pie.flows.dataset import strengthen as flow
    from pie.flows.dataset.measuring import Measuring

    setting = build.setting(machine, gem5, gem5_config, max_instructions=max_instructions)
    request = flow.Request(
        pairs=pairs,
        out=out,
        measuring=Measuring(setting, jobs, not no_cache),
        testcases=testcases,
        wanted=Wanted(tests, work, seed),
        name=name,
        fresh=fresh,
        limit=limit,
    )
    return resumable(lambda: print_step(flow.run(request, Ticker().runs), as_json))


@told
@grouped
def strength(
    pairs: Annotated[Path, typer.Option("--pairs", help="Rows in PIE's format.")],
    testcases: Annotated[
        Path | None,
        typer.Option("--testcases", help="Folder of test cases; default: test_cases/ beside."),
    ] = None,
    strengthened: Annotated[
        Path | None,
        typer.Option("--strengthened", help="What `pie dataset strengthen` wrote of these rows."),
    ] = None,
    mutants: Annotated[
        int, typer.Option("--mutants", min=1, help="Broken programs of a problem, at most.")
    ] = 20,
    seed: Annotated[int, typer.Option("--seed", help="Of the broken programs.")] = 0,
    machine: options.Machine = "counts",
    gem5: options.Gem5 = "",
    gem5_config: options.Gem5Configuration = "Verbatim",
    jobs: options.Jobs = 0,
    *,
    build: options.Programs,
    max_instructions: options.MaxInstructions = 2_000_000_000,
    no_cache: options.NoCache = False,
    limit: options.Limit = None,
    as_json: options.Json = False,
) -> int:
    """Tell how many broken versions of an accepted program the tests of each problem notice.

    Example: pie dataset strength --pairs test.jsonl --strengthened strong

    A version has a constant off by one, another comparison, a branch that is never taken, a smaller
    array, or a sum turned round. Of --json each survivor has its text: some do what the program
    does, and no test can notice them.
    """
    from pie.cli.dataset_output import Ticker, print_strength
    from pie.flows.dataset import strength as flow
    from pie.flows.dataset.measuring import Measuring

    setting = build.setting(machine, gem5, gem5_config, max_instructions=max_instructions)
    measuring = Measuring(setting, jobs, not no_cache)
    request = flow.Request(pairs, measuring, testcases, strengthened, mutants, seed, limit)
    return resumable(lambda: print_strength(flow.run(request, Ticker().runs), as_json))
