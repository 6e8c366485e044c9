"""`pie measure`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pie.cli import options
from pie.cli.exits import Exit, printing, say, told
from pie.cli.groups import grouped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pie.core.report import explanation
    from pie.flows.measure import Compared


@told
@grouped
def command(
    programs: Annotated[
        list[Path],
        typer.Argument(help="Programs (.cpp, .cc, .cxx, .c, .py), folders or patterns of them."),
    ],
    inputs: Annotated[
        list[Path] | None,
        typer.Option(
            "-i", "--input", help="What the programs read; repeatable; - is standard input."
        ),
    ] = None,
    expected: Annotated[
        list[Path] | None,
        typer.Option("-e", "--expected", help="What they must print; one for each -i."),
    ] = None,
    tests: Annotated[
        Path | None,
        typer.Option(
            "--tests",
            metavar="DIR",
            help="Folder of inputs with outputs: input.1.txt and output.1.txt, 1.in and 1.out.",
        ),
    ] = None,
    checker: Annotated[
        Path | None,
        typer.Option(
            "--checker",
            metavar="FILE",
            help="Program that decides what is right: C++ with testlib's protocol, or Python.",
        ),
    ] = None,
    reference: Annotated[
        Path | None,
        typer.Option(
            "--reference",
            metavar="FILE",
            help="Program that the others are compared with; without -e it says what is right.",
        ),
    ] = None,
    arguments: Annotated[
        str, typer.Option("--args", metavar="TEXT", help="What C++ programs are started with.")
    ] = "",
    parameter: Annotated[
        list[str] | None,
        typer.Option(
            "--parameter",
            metavar="NAME=a,b,c",
            help="Measure with each value in place of {NAME} in --cxxflags and --args; repeatable.",
        ),
    ] = None,
    export: Annotated[
        list[Path] | None,
        typer.Option(
            "--export", metavar="FILE", help="Also write .json, .csv, .md or .tex; repeatable."
        ),
    ] = None,
    machine: options.Machine = "auto",
    gem5: options.Gem5 = "",
    gem5_config: options.Gem5Configuration = "Verbatim",
    *,
    build: options.Programs,
    beside: Annotated[
        bool,
        typer.Option(
            "--native", help="Also measure on this host's processor, as a second opinion."
        ),
    ] = False,
    max_instructions: options.MaxInstructions = None,
    max_cycles: options.MaxCycles = None,
    explained: Annotated[
        bool, typer.Option("--explain", help="Tell where the cycles went, and what would help.")
    ] = False,
    annotated: Annotated[
        bool, typer.Option("--annotate", help="Tell what each source line costs.")
    ] = False,
    lines: Annotated[
        int | None,
        typer.Option("--lines", min=1, help="How many lines --annotate shows. [C++: 15]"),
    ] = None,
    sizes: Annotated[
        bool,
        typer.Option("--sizes", help="Grow the inputs, and tell how cost grows with them."),
    ] = False,
    no_cache: options.NoCache = False,
    as_json: options.Json = False,
) -> int:
    """Rank programs by their cost, and say which is faster, by how much.

    Example: pie measure slow.cpp fast.cpp -i input.txt -e expected.txt

    Where the cycles went: pie measure slow.cpp -i input.txt --explain --annotate (on the machine
    skylake, which these two take where `auto` is asked for).

    Without -e the first program that ends well says what the others must print. Exit code 1 when a
    program has no number (wrong output, crash), 4 when one could not be measured.
    """
    from pie.core.report import explanation
    from pie.flows import measure as flow
    from pie.flows import measure_files
    from pie.flows.annotate import ANNOTATING, lines_of_all
    from sim import machines
    from sim.errors import InputError
    from sim.verdict import Verdict

    if (explained or annotated) and machine == "auto":
        machine = "skylake"
    if (explained and machine != "skylake") or (annotated and machine not in ANNOTATING):
        raise InputError(
            f"the machine '{machine}' does not tell where cycles went",
            "measure with --machine skylake",
        )
    from pie.cli import measure_output as output
    from pie.cli.phases import Phases

    writers = output.writers(export or [])
    settings = output.variants(build, parameter or [], arguments)
    programs = measure_files.program_files(programs)
    variants = [
        (
            words,
            output.with_arguments(
                one.setting(
                    machine,
                    gem5,
                    gem5_config,
                    max_instructions=max_instructions,
                    max_cycles=max_cycles,
                ),
                started_with,
                programs,
            ),
        )
        for words, one, started_with in settings
    ]
    setting = variants[0][1]
    if len(variants) > 1 and beside:
        raise InputError("--native measures one build", "leave --parameter out")
    if beside and Path("-") in [*(inputs or []), *(expected or [])]:
        raise InputError("standard input can be read once", "give a file with -i for --native")
    if len(variants) > 1 and (explained or annotated or sizes):
        raise InputError(
            "--explain, --annotate and --sizes tell of one build", "leave --parameter out"
        )
    if not inputs and tests is None and not expected:
        say("pie: no input is given (-i FILE, --tests DIR), so the programs read an empty one")
    for notice in machines.weaker_walls(setting.machine):
        say(f"pie: {notice}")
    with Phases() as phases:
        compared = flow.compare(
            programs,
            inputs or [],
            expected or [],
            setting,
            use_cache=not no_cache,
            folder=tests,
            reference=reference,
            variants=variants,
            checker=checker,
            show=phases.show,
        )
        opinion = None
        if beside and setting.machine.name != "native":
            opinion = flow.compare(
                programs,
                inputs or [],
                expected or [],
                output.with_arguments(build.setting("native"), arguments, programs),
                use_cache=not no_cache,
                folder=tests,
                reference=reference,
                checker=checker,
                show=lambda phase: phases.show(f"{phase} on this host's processor"),
            )
    sentence = flow.sentence(compared)
    fine = all(one.cycles is not None for one in compared.outcomes)
    split = flow.explanations(compared) if explained and fine else []
    if not as_json:
        with printing():
            print("\n".join(output.lines(compared, sentence)))
            if opinion is not None:
                print("\n".join(output.beside(compared, opinion)))
            for name, one_split in zip(compared.names, split, strict=False):
                print("\n".join(explanation.lines(name, one_split)))
    shown = lines_of_all(compared, setting) if annotated else []
    grown = None
    if sizes and compared.comparable:
        from pie.flows import growth

        given = [] if not inputs and tests is None else [one.input_path for one in compared.cases]
        grown = growth.grow(compared.programs, given, setting, use_cache=not no_cache)
        if not as_json:
            with printing():
                print("\n".join(growth.lines(compared.names, grown)))
    document = _document(compared, sentence, split)
    document["annotations"] = [one.as_dict() for one in shown]
    document["growth"] = None if grown is None else asdict(grown)
    if opinion is not None:
        document["native"] = opinion.ranking.as_dicts()
    for file, write in writers:
        write(file, compared.ranking, document)
    with printing():
        if as_json:
            print(json.dumps(document, allow_nan=False, indent=2))
        for one in [] if as_json else shown:
            print("\n".join(one.table(lines)))
    if any(one.verdict is Verdict.NOT_MEASURED for one in compared.outcomes):
        return Exit.NOT_MEASURED
    return Exit.OK if compared.comparable else Exit.INPUT


def _document(
    compared: Compared, sentence: str, split: Sequence[explanation.Explanation]
) -> dict[str, Any]:
    from pie.core.report.startup import net_speedup

    programs: list[dict[str, Any]] = []
    for name, language, one, net in zip(
        compared.names, compared.languages, compared.outcomes, compared.nets, strict=True
    ):
        programs.append(
            {
                "program": name,
                "verdict": one.verdict.value,
                "detail": one.detail,
                "seconds": one.seconds,
                "cycles": one.cycles,
                "startup_share": compared.startup.share(language, one.seconds, compared.tests),
                "net_cycles": net.cycles if net else None,
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
    for program, one_split in zip(programs, split, strict=False):
        program["explanation"] = one_split.as_dict()
    costs = [one.seconds for one in compared.outcomes]
    speedup = None
    if len(costs) == 2 and costs[0] and costs[1] and compared.comparable:
        speedup = costs[0] / costs[1]
    return {
        "schema_version": 1,
        "machine": compared.machine,
        "sentence": sentence,
        "speedup": speedup,
        "net_speedup": None if speedup is None else net_speedup(*compared.nets),
        "outputs_agree": compared.outputs_agree,
        "answers_from": compared.answers_from,
        "measured_on": list(compared.measured_on),
        "ranking": compared.ranking.as_dicts(),
        "programs": programs,
        "startup": compared.startup.as_dict(),
    }
