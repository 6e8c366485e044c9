"""Profiles of programs: for `pie measure --annotate`, and for prompts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pie.core.problem import InputError
from pie.core.report.profile_text import Cut, memory_profile, time_profile
from sim import compiler
from sim.jobs import BuildJob, Failed
from sim.procedure import Steps
from sim.profile import Profile, ProfileJob, profile
from sim.program import Build, Program, TestCase
from sim.setting import Setting
from sim.verdict import Verdict


def profile_of(program: Program, tests: Sequence[TestCase], setting: Setting) -> Profile:
    """Build and profile a program on tests; `pie.core.report.profile_text` makes text of it.

    InputError for what cannot be built or profiled; Unsupported and MachineFailure of the machine.
    """
    build = compiler.build(program, setting.toolchain, setting.compile_limits)
    if build.verdict is not None:
        raise InputError(f"the program cannot be built: {build.detail}", "mend it first")
    return profile(program, build, tests, setting)


def profiling(program: Program, tests: Sequence[TestCase], setting: Setting) -> Steps:
    """Profile a program by the scheduler's workers and store; the outcome is `[profile]`.

    Where there is none, the profile's verdict and detail say why.
    """
    nothing = Profile(program.language, setting.machine.name)
    (build,) = yield [BuildJob(program, setting, setting.build_context(program.language))]
    if not isinstance(build, Build):
        return [_without(nothing, Verdict.NOT_MEASURED, build)]
    if build.verdict is not None:
        return [_without(nothing, build.verdict, build.detail)]
    (found,) = yield [ProfileJob(program, build, tuple(tests), setting)]
    if not isinstance(found, Profile):
        return [_without(nothing, Verdict.NOT_MEASURED, found)]
    return [found]


def _without(nothing: Profile, verdict: Verdict, why: Any) -> Profile:
    return replace(nothing, verdict=verdict, detail=why.reason if isinstance(why, Failed) else why)


def texts(profile: Profile, source: str, cut: Cut | None = None) -> tuple[str, str, str]:
    """Return (time profile, memory profile, why there is none), as prompts show them."""
    if not profile.functions:
        detail = f" ({profile.detail})" if profile.detail else ""
        return "", "", f"{profile.verdict}{detail}"
    return time_profile(profile, source, cut), memory_profile(profile, source, cut), ""
