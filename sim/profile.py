"""A program's profile: what each line cost, in runs of their own beside the measured ones.

A profile is text for a person or a model; no number of a measurement is ever taken from it. Of a
program that ends badly it holds what was seen until then, and says how it ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from sim import annotation, compiler
from sim.allocations import Allocations, by_line
from sim.errors import InputError, Unsupported
from sim.kept_build import ensure_kept
from sim.line_costs import FunctionLines, LineCost, joined
from sim.machine import Measurement
from sim.machines.tool_runs import ToolRuns
from sim.program import Build, Language, Program, TestCase, digest_of
from sim.setting import Setting
from sim.verdict import Verdict

PROFILE_VERSION = 1
"""Raised when a change here could give another profile of the same runs."""
_MOST_ELSEWHERE = 5
WHOLE_FILE = "main.cpp"
"""The name of the one entry of a C++ program, whose lines are not told apart by function."""


@dataclass(frozen=True)
class Profile:
    """What a program's lines cost, summed over tests."""

    language: Language
    machine: str
    """`skylake` (costs are its cycles) or `counts` (costs are instructions)."""
    functions: tuple[FunctionLines, ...] = ()
    """In the order of their first lines; a Python module's own lines are of `<module>`."""
    cycles: int = 0
    """Of the profiled runs that came to their end."""
    verdict: Verdict = Verdict.ACCEPTED
    """Of the first run that did not end well, else accepted; outputs are not compared."""
    detail: str = ""
    test: str = ""
    """The test of that verdict."""
    elsewhere: tuple[tuple[str, int], ...] = ()
    """Of C++: the costliest functions outside of the user's file, and what each cost."""

    def after(self, run: Measurement, test: TestCase) -> Profile:
        """Return this profile with the end of one more run."""
        longer = replace(self, cycles=self.cycles + (run.cycles or 0))
        if self.verdict is not Verdict.ACCEPTED or run.verdict is Verdict.ACCEPTED:
            return longer
        return replace(longer, verdict=run.verdict, detail=run.detail, test=test.name)


def profile(program: Program, build: Build, tests: Sequence[TestCase], setting: Setting) -> Profile:
    """Profile a built program's runs on tests.

    InputError where the machine or the way it is linked rules that out; Unsupported and
    MachineFailure as `Machine.measure`; MissingTool for C++ without binutils' addr2line.
    """
    if not isinstance(setting.machine, ToolRuns):
        raise InputError(
            f"the machine '{setting.machine.name}' does not tell what lines cost",
            "use --machine skylake or counts",
        )
    if program.language is Language.PYTHON:
        return _of_python(build, tests, setting, setting.machine)
    return _of_cpp(program, tests, setting, setting.machine)


def _of_python(
    build: Build, tests: Sequence[TestCase], setting: Setting, machine: ToolRuns
) -> Profile:
    found = Profile(Language.PYTHON, machine.name)
    functions: list[FunctionLines] = []
    for test in tests:
        path = Path(test.input_path)
        run, lines = machine.profile(build, path, setting.limits, setting.toolchain)
        functions += lines
        found = found.after(run, test)
    return replace(found, functions=tuple(joined(functions)))


def _of_cpp(
    program: Program, tests: Sequence[TestCase], setting: Setting, machine: ToolRuns
) -> Profile:
    if setting.toolchain.link != "static":
        raise InputError("lines are told of programs that are linked statically", "--link static")
    toolchain = replace(setting.toolchain, flags=(*setting.toolchain.flags, "-g"))
    build = compiler.build(program, toolchain, setting.compile_limits)
    if build.verdict is not None:
        raise Unsupported(f"the program cannot be built with -g: {build.detail}")
    found = Profile(Language.CPP, machine.name)
    costs: dict[int, annotation.Counts] = {}
    asked: dict[tuple[int, ...], Allocations] = {}
    for test in tests:
        path = Path(test.input_path)
        run, counts, chains = machine.annotate(build, path, setting.limits, toolchain)
        found = found.after(run, test)
        for address, one in counts.items():
            costs[address] = costs.get(address, annotation.Counts()) + one
        for callers, more in chains.items():
            asked[callers] = asked.get(callers, Allocations()) + more
    count = len(program.source.split("\n"))  # as the compiler counts lines
    lines = annotation.lines_of(build, costs, count)
    memory = by_line(build, asked, count)
    told = {
        number: LineCost(
            hits=lines.times.get(number, 0),
            cycles=lines.own.get(number, annotation.Counts()).cycles,
            own_cycles=lines.own.get(number, annotation.Counts()).cycles,
            allocations=memory.get(number, Allocations()).calls,
            allocated_bytes=memory.get(number, Allocations()).bytes,
        )
        for number in sorted({*lines.own, *memory} - {0})
    }
    outside = sorted(
        ((name, one.cycles) for name, one in lines.elsewhere.items() if one.cycles),
        key=lambda item: (-item[1], item[0]),
    )
    functions = (FunctionLines(1, count, WHOLE_FILE, told),)
    return replace(found, functions=functions, elsewhere=tuple(outside[:_MOST_ELSEWHERE]))


@dataclass(frozen=True)
class ProfileJob:
    """Profile one built program on tests."""

    program: Program
    build: Build
    tests: tuple[TestCase, ...]
    setting: Setting
    kind: str = "profile"

    @property
    def key(self) -> str:
        tests = [[test.name, *test.identity] for test in self.tests]
        setting = self.setting
        # A budget decides how much is seen of a run that does not end.
        context = setting.measure_context(), setting.build_context(self.program.language)
        # The build with debug information is made of the source, in which each line counts.
        return digest_of(
            self.kind, PROFILE_VERSION, self.program.digest, self.build.digest, tests, context
        )

    def run(self) -> Profile:
        """Profile it; where that cannot be done, the profile says why."""
        ensure_kept(self.program, self.build, self.setting)
        try:
            return profile(self.program, self.build, self.tests, self.setting)
        except (InputError, Unsupported) as limit:
            language, machine = self.program.language, self.setting.machine.name
            return Profile(language, machine, (), 0, Verdict.UNSUPPORTED, str(limit))

    @staticmethod
    def dump(result: Profile) -> Any:
        return asdict(result)

    @staticmethod
    def load(data: Any) -> Profile:
        functions = tuple(
            FunctionLines(
                **{
                    **one,
                    "lines": {
                        int(number): LineCost(**cost) for number, cost in one["lines"].items()
                    },
                }
            )
            for one in data.pop("functions")
        )
        elsewhere = tuple((name, cycles) for name, cycles in data.pop("elsewhere"))
        language, verdict = Language(data.pop("language")), Verdict(data.pop("verdict"))
        return Profile(
            language=language, functions=functions, elsewhere=elsewhere, verdict=verdict, **data
        )
