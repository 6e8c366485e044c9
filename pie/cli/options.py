"""Options that several commands share, and the setting that they add up to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pie.core.metrics.standing import UnsupportedAs
    from sim.setting import Setting
    from sim.toolchain import Toolchain

Machine = Annotated[
    str,
    typer.Option(
        "--machine",
        "-m",
        help="auto, gem5, skylake, counts, cachegrind, native or judge0.",
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
Judge0 = Annotated[
    str,
    typer.Option(
        "--judge0",
        metavar="URL",
        help="Judge0 server of -m judge0; else PIE_JUDGE0. It is sent each program and its inputs.",
    ),
]
Judge0Token = Annotated[
    str,
    typer.Option(
        "--judge0-token",
        metavar="NAME",
        help="Environment variable that holds the server's token. Default: PIE_JUDGE0_TOKEN.",
        show_default=False,
    ),
]
Judge0Runs = Annotated[
    int,
    typer.Option("--judge0-runs", min=1, help="Runs of each program, whose mean it gives."),
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
Pairs = Annotated[
    Path | None,
    typer.Option("--pairs", help="Rows in PIE's format (JSONL).", show_default=False),
]
TestCases = Annotated[
    Path | None,
    typer.Option("--testcases", help="Folder of test cases; default: test_cases/ beside the file."),
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
Part = Annotated[
    str,
    typer.Option(
        "--shard",
        metavar="I/N",
        help="Only the I-th of N parts of the file, for hosts that share the work; `pie merge` "
        "joins the runs.",
        show_default=False,
    ),
]


@dataclass(frozen=True)
class Programs:
    """How programs are built and judged, option by option."""

    cxxflags: Flags = None
    judge: Judge = "none"
    include: Include = None
    cxx: Compiler = "g++"
    python: Python = ""
    link: Link = "static"
    compare: Rule = "tokens"
    ignore_case: IgnoreCase = False
    absolute_tolerance: AbsoluteTolerance = None
    relative_tolerance: RelativeTolerance = None
    memory_limit: MemoryLimit = 1024
    judge0: Judge0 = ""
    judge0_token: Judge0Token = "PIE_JUDGE0_TOKEN"
    judge0_runs: Judge0Runs = 3

    def setting(
        self,
        machine: str,
        gem5: str = "",
        gem5_configuration: str = "Verbatim",
        *,
        max_instructions: int | None = None,
        max_cycles: int | None = None,
        in_rows: bool = False,
    ) -> Setting:
        """Return the setting that a command line asks for; InputError for an unknown value.

        `in_rows`: the programs come in rows, whose first is the reference of the others.
        """
        from sim import comparison, machines
        from sim.budget import ReferenceBudget
        from sim.errors import InputError
        from sim.limits import MIB, Limits
        from sim.setting import Setting

        compared = comparison.named(
            self.compare,
            ignore_case=self.ignore_case,
            absolute=self.absolute_tolerance,
            relative=self.relative_tolerance,
        )
        toolchain = self._toolchain()
        server = machines.Judge0Options(self.judge0, self.judge0_token, self.judge0_runs)
        chosen = machines.machine(machine, gem5, gem5_configuration, server)
        if max_cycles is not None and not chosen.deterministic:
            raise InputError(
                f"the machine '{chosen.name}' counts no cycles, so --max-cycles cannot be kept",
                "leave the option out, or measure with --machine skylake",
            )
        unbounded = max_instructions is None and max_cycles is None
        return Setting(
            machine=chosen,
            toolchain=toolchain,
            comparison=compared,
            limits=Limits(
                max_instructions=max_instructions or Limits.max_instructions,
                max_cycles=max_cycles,
                memory_bytes=self.memory_limit * MIB,
            ),
            budget=ReferenceBudget() if in_rows and unbounded else None,
        )

    def _toolchain(self) -> Toolchain:
        from sim.errors import InputError
        from sim.online_judge import OnlineJudge, header_folders, online_judge
        from sim.toolchain import Toolchain, parse_flags

        if self.link not in ("static", "dynamic"):
            raise InputError(f"unknown kind of linking {self.link!r}", "choose static or dynamic")
        known = OnlineJudge(Toolchain.flags) if self.judge == "none" else online_judge(self.judge)
        try:
            flags = known.flags if self.cxxflags is None else parse_flags(self.cxxflags)
        except ValueError as error:
            raise InputError(
                f"--cxxflags {self.cxxflags!r} cannot be split ({error})", "check its quotes"
            ) from error
        return Toolchain(
            compiler=self.cxx,
            flags=flags,
            link="static" if self.link == "static" else "dynamic",
            defines=known.defines,
            include=header_folders(self.include or ()),
            libraries=known.libraries,
            interpreter=self.python,
        )


@dataclass(frozen=True)
class Measuring:
    """On which machine programs in rows are measured, and how: option by option."""

    build: Programs
    machine: Machine = "auto"
    gem5: Gem5 = ""
    gem5_config: Gem5Configuration = "Verbatim"
    jobs: Jobs = 0
    max_instructions: MaxInstructions = None
    max_cycles: MaxCycles = None
    trust_programs: TrustPrograms = False
    no_cache: NoCache = False

    def setting(self) -> Setting:
        """Return the setting for rows; InputError for an unknown value."""
        return self.build.setting(
            self.machine,
            self.gem5,
            self.gem5_config,
            max_instructions=self.max_instructions,
            max_cycles=self.max_cycles,
            in_rows=True,
        )


def pairs_or_tasks(pairs: Path | None, tasks: Path | None) -> None:
    """Refuse a command line that names neither, as one that lacks what it needs; or both."""
    if (pairs is None) is (tasks is None):
        raise typer.BadParameter("give either --pairs FILE or --tasks FILE")


def unsupported_as(text: str) -> UnsupportedAs:
    """Return the choice of `--unsupported`; InputError names the known ones."""
    from pie.core.metrics.standing import UnsupportedAs
    from sim.errors import InputError

    if text not in tuple(UnsupportedAs):
        known = " or ".join(UnsupportedAs)
        raise InputError(f"unknown choice --unsupported {text!r}", f"choose {known}")
    return UnsupportedAs(text)
