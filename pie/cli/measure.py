"""`pie measure`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pie.cli import options
from pie.cli.exits import Exit, printing, say, told

if TYPE_CHECKING:
    from pie.flows.measure import Compared


@told
def command(
    programs: Annotated[list[Path], typer.Argument(help="Programs (.cpp, .cc, .cxx, .py).")],
    inputs: Annotated[
        list[Path] | None, typer.Option("-i", "--input", help="What the programs read; repeatable.")
    ] = None,
    expected: Annotated[
        list[Path] | None,
        typer.Option("-e", "--expected", help="What they must print; one for each -i."),
    ] = None,
    machine: options.Machine = "auto",
    gem5: options.Gem5 = "",
    gem5_config: options.Gem5Configuration = "Verbatim",
    cxxflags: options.Flags = options.DEFAULT_FLAGS,
    cxx: options.Compiler = "g++",
    link: options.Link = "static",
    compare: options.Rule = "tokens",
    max_instructions: options.MaxInstructions = None,
    memory_limit: options.MemoryLimit = 1024,
    no_cache: options.NoCache = False,
    as_json: options.Json = False,
) -> int:
    """Say which of two or more programs is faster, and by how much.

    Example: pie measure slow.cpp fast.cpp -i input.txt -e expected.txt

    Exit code 1 when no speedup can be stated (wrong output, crash, different outputs), 4 when a
    program could not be measured.
    """
    from pie.flows import measure as flow
    from sim import machines
    from sim.verdict import Verdict

    setting = options.setting(
        machine,
        cxxflags,
        cxx,
        link,
        compare,
        max_instructions,
        memory_limit,
        gem5,
        gem5_config,
    )
    if walls := machines.why_weaker(setting.machine):
        say(f"pie: WARNING: weaker sandbox (limits and call filter only): {walls}")
    compared = flow.compare(programs, inputs or [], expected or [], setting, use_cache=not no_cache)
    sentence = flow.sentence(compared)
    document = _document(compared, sentence) if as_json else None
    with printing():
        print(json.dumps(document, allow_nan=False, indent=2) if as_json else sentence)
    if any(one.verdict is Verdict.NOT_MEASURED for one in compared.outcomes):
        return Exit.NOT_MEASURED
    return Exit.OK if compared.comparable else Exit.INPUT


def _document(compared: Compared, sentence: str) -> dict[str, Any]:
    programs = []
    for name, language, one in zip(
        compared.names, compared.languages, compared.outcomes, strict=True
    ):
        programs.append(
            {
                "program": name,
                "verdict": one.verdict.value,
                "detail": one.detail,
                "seconds": one.seconds,
                "cycles": one.cycles,
                "startup_share": compared.startup.share(language, one.seconds, compared.tests),
                "tests": [
                    {
                        "input": test.test,
                        "verdict": test.verdict.value,
                        "detail": test.detail,
                        "seconds": test.run.seconds if test.run else None,
                        "cycles": test.run.cycles if test.run else None,
                        "counters": test.run.counters if test.run else {},
                    }
                    for test in one.tests
                ],
            }
        )
    costs = [one.seconds for one in compared.outcomes]
    speedup = None
    if len(costs) == 2 and costs[0] and costs[1] and compared.comparable:
        speedup = costs[0] / costs[1]
    return {
        "schema_version": 1,
        "machine": compared.machine,
        "sentence": sentence,
        "speedup": speedup,
        "outputs_agree": compared.outputs_agree,
        "programs": programs,
        "startup": compared.startup.as_dict(),
    }
