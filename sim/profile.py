"""A program's profile: what each line cost, in a run of its own beside the measured one.

A profile is text for a person or a model; no number of a measurement is ever taken from it. Of a
program that ends badly it holds what was seen until then, and says how it ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sim.errors import InputError
from sim.line_costs import FunctionLines, joined
from sim.machines.tool_runs import ToolRuns
from sim.program import Build, Language, TestCase
from sim.setting import Setting
from sim.verdict import Verdict


@dataclass(frozen=True)
class Profile:
    """What a program's lines cost, summed over tests."""

    machine: str
    """`skylake` (costs are its cycles) or `counts` (costs are instructions)."""
    functions: tuple[FunctionLines, ...]
    """In the order of their first lines; the module itself is `<module>`."""
    cycles: int = 0
    """Of the profiled runs that came to their end."""
    verdict: Verdict = Verdict.ACCEPTED
    """Of the first run that did not end well, else accepted; outputs are not compared."""
    detail: str = ""
    test: str = ""
    """The test of that verdict."""


def profile(build: Build, tests: Sequence[TestCase], setting: Setting) -> Profile:
    """Profile a Python program's runs on tests.

    InputError on a machine that cannot; Unsupported and MachineFailure as `Machine.measure`.
    """
    machine = setting.machine
    if build.language is not Language.PYTHON or not isinstance(machine, ToolRuns):
        raise InputError(
            f"the machine '{machine.name}' cannot profile {build.language} programs",
            "use --machine skylake or counts",
        )
    functions: list[FunctionLines] = []
    cycles, verdict, detail, name = 0, Verdict.ACCEPTED, "", ""
    for test in tests:
        run, lines = machine.profile(
            build, Path(test.input_path), setting.limits, setting.toolchain
        )
        functions += lines
        cycles += run.cycles or 0
        if verdict is Verdict.ACCEPTED and run.verdict is not Verdict.ACCEPTED:
            verdict, detail, name = run.verdict, run.detail, test.name
    return Profile(machine.name, tuple(joined(functions)), cycles, verdict, detail, name)
