"""Profiles of programs: for `pie measure --annotate`, and for prompts."""

from __future__ import annotations

from collections.abc import Sequence

from pie.core.problem import InputError
from sim import compiler
from sim.profile import Profile, profile
from sim.program import Program, TestCase
from sim.setting import Setting


def profile_of(program: Program, tests: Sequence[TestCase], setting: Setting) -> Profile:
    """Build and profile a Python program on tests; `pie.core.report.profile_text` makes text of it.

    InputError for what cannot be built or profiled; Unsupported and MachineFailure of the machine.
    """
    build = compiler.build(program, setting.toolchain, setting.compile_limits)
    if build.verdict is not None:
        raise InputError(f"the program cannot be built: {build.detail}", "mend it first")
    return profile(build, tests, setting)
