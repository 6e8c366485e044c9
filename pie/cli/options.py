"""Options that several commands share, and the setting that they add up to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pie.core.metrics.standing import UnsupportedAs
    from sim.setting import Setting

Machine = Annotated[
    str,
    typer.Option(
        "--machine",
        "-m",
        help="auto, gem5, skylake, counts, cachegrind or native.",
        show_default=True,
    ),
]
Gem5 = Annotated[
    str,
    typer.Option(
        "--gem5", metavar="PATH", help="A gem5 built for X86; else PIE_GEM5, settings, PATH."
    ),
]
Gem5Configuration = Annotated[
    str, typer.Option("--gem5-config", help="Verbatim, Tuned or Unconstrained.")
]
DEFAULT_FLAGS = "-O3 -std=c++17"
Flags = Annotated[
    str | None,
    typer.Option(
        "--cxxflags",
        help=f"Flags of the C++ compiler. Default: {DEFAULT_FLAGS}, or those of --judge.",
        show_default=False,
    ),
]
Judge = Annotated[
    str,
    typer.Option(
        "--judge",
        help="Compile C++ as a judge does: none, atcoder, codeforces or aizu (flags, macros, "
        "headers). ONLINE_JUDGE is always defined.",
    ),
]
Include = Annotated[
    list[Path] | None,
    typer.Option(
        "--include",
        "-I",
        metavar="DIR",
        help="Folder of headers for C++ programs, such as the AtCoder Library's; repeatable.",
    ),
]
Compiler = Annotated[str, typer.Option("--cxx", help="Name or path of the C++ compiler.")]
Python = Annotated[
    str,
    typer.Option(
        "--python",
        metavar="PATH",
        help="Interpreter of the Python programs, with its packages. Default: the system's.",
        show_default=False,
    ),
]
Link = Annotated[str, typer.Option("--link", help="static or dynamic.")]
Rule = Annotated[
    str, typer.Option("--compare", help="Rule for outputs: tokens, code_contests, exact or pie.")
]
IgnoreCase = Annotated[
    bool, typer.Option("--ignore-case", help="Compare outputs in lower case (ASCII).")
]
AbsoluteTolerance = Annotated[
    float | None,
    typer.Option(
        "--absolute-tolerance",
        help="How far a decimal fraction may be from the expected one; default: 1e-6.",
        show_default=False,
    ),
]
RelativeTolerance = Annotated[
    float | None,
    typer.Option(
        "--relative-tolerance",
        help="The same as a part of the expected number; the wider counts. Default: 1e-6.",
        show_default=False,
    ),
]
Tasks = Annotated[
    Path | None,
    typer.Option("--tasks", help="Tasks with tests and reference solutions (docs/tasks.md)."),
]
Samples = Annotated[
    Path | None,
    typer.Option(
        "--samples",
        help="Answers to the tasks: lines with task_id and solution or completion. Default: "
        "those that stand in the tasks.",
        show_default=False,
    ),
]
LARGEST_BUDGET = 10**15
"""Decades of a simulation; beyond it machines and kernels count no further."""
MaxInstructions = Annotated[
    int | None,
    typer.Option(
        "--max-instructions",
        min=1,
        max=LARGEST_BUDGET,
        help="Budget of simulated instructions of one run; default: 2 billion, and in a row on "
        "gem5 ten times what its source took on the same test (50 million at least).",
        show_default=False,
    ),
]
MaxCycles = Annotated[
    int | None,
    typer.Option(
        "--max-cycles",
        min=1,
        max=LARGEST_BUDGET,
        help="Budget of simulated cycles of one run; gem5, skylake and counts stop there, "
        "cachegrind tells afterwards. Default: none.",
        show_default=False,
    ),
]
MemoryLimit = Annotated[
    int, typer.Option("--memory-limit", min=16, help="Memory of a program, in MiB.")
]
Jobs = Annotated[
    int, typer.Option("--jobs", "-j", min=0, help="Worker processes; 0: one for each processor.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]
TrustPrograms = Annotated[
    bool,
    typer.Option(
        "--trust-programs",
        help="Measure a model's programs on cachegrind, where a program can forge its counts.",
    ),
]
NoCache = Annotated[
    bool,
    typer.Option(
        "--no-cache",
        help="Reuse nothing of other runs and keep nothing for them (the run itself can go on).",
    ),
]
Unsupported = Annotated[
    str,
    typer.Option(
        "--unsupported",
        help="What a generated program counts as that the machine cannot measure: failed or "
        "left-out.",
    ),
]
Strict = Annotated[bool, typer.Option("--strict", help="Stop at a line that cannot be used.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Check the rows, say how much work they are, and stop.")
]
Limit = Annotated[
    int | None,
    typer.Option("--limit", min=1, help="Only the first rows of the file.", show_default=False),
]


def setting(
    machine: str,
    cxxflags: str | None = None,
    cxx: str = "g++",
    link: str = "static",
    compare: str = "tokens",
    max_instructions: int | None = None,
    memory_limit: int = 1024,
    gem5: str = "",
    gem5_configuration: str = "Verbatim",
    *,
    max_cycles: int | None = None,
    in_rows: bool = False,
    judge: str = "none",
    include: Sequence[Path] | None = None,
    ignore_case: bool = False,
    absolute_tolerance: float | None = None,
    relative_tolerance: float | None = None,
    python: str = "",
) -> Setting:
    """Return the setting that a command line asks for; InputError for a value that is not known.

    `in_rows`: the programs come in rows, whose first is the reference of the others.
    """
    from sim import comparison, machines
    from sim.budget import ReferenceBudget
    from sim.errors import InputError
    from sim.limits import MIB, Limits
    from sim.online_judge import OnlineJudge, header_folders, online_judge
    from sim.setting import Setting
    from sim.toolchain import Toolchain, parse_flags

    chosen_comparison = comparison.named(
        compare, ignore_case=ignore_case, absolute=absolute_tolerance, relative=relative_tolerance
    )
    if link not in ("static", "dynamic"):
        raise InputError(f"unknown kind of linking {link!r}", "choose static or dynamic")
    preset = OnlineJudge(Toolchain.flags) if judge == "none" else online_judge(judge)
    try:
        flags = preset.flags if cxxflags is None else parse_flags(cxxflags)
    except ValueError as error:
        raise InputError(
            f"--cxxflags {cxxflags!r} cannot be split ({error})", "check its quotes"
        ) from error
    chosen = machines.machine(machine, gem5, gem5_configuration)
    if max_cycles is not None and not chosen.deterministic:
        raise InputError(
            f"the machine '{chosen.name}' counts no cycles, so --max-cycles cannot be kept",
            "leave the option out, or measure with --machine skylake",
        )
    unbounded = max_instructions is None and max_cycles is None
    return Setting(
        machine=chosen,
        toolchain=Toolchain(
            compiler=cxx,
            flags=flags,
            link="static" if link == "static" else "dynamic",
            defines=preset.defines,
            include=header_folders(include or ()),
            libraries=preset.libraries,
            interpreter=python,
        ),
        comparison=chosen_comparison,
        limits=Limits(
            max_instructions=max_instructions or Limits.max_instructions,
            max_cycles=max_cycles,
            memory_bytes=memory_limit * MIB,
        ),
        budget=ReferenceBudget() if in_rows and unbounded else None,
    )


def unsupported_as(text: str) -> UnsupportedAs:
    """Return the choice of `--unsupported`; InputError names the known ones."""
    from pie.core.metrics.standing import UnsupportedAs
    from sim.errors import InputError

    if text not in tuple(UnsupportedAs):
        known = " or ".join(UnsupportedAs)
        raise InputError(f"unknown choice --unsupported {text!r}", f"choose {known}")
    return UnsupportedAs(text)
