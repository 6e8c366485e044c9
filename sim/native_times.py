"""A program's CPU time on this host's own processor, repeated: what a simulated speedup is held to.

It differs between hosts, so it decides no verdict and no number of a result.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.limits import Limits
from sim.native_guest import allowance_for
from sim.native_run import NativeRuns
from sim.program import Build, TestCase
from sim.toolchain import Toolchain

NATIVE_TIMES_VERSION = 2
"""Raised when a change here could give another time for the same runs."""
REPEATS = 3


@dataclass(frozen=True)
class NativeTimes:
    """CPU seconds (user and system) of a program's tests and of its empty process.

    Both are without the start of an interpreter.
    """

    seconds: float
    """The least of the repeats of each test, summed over the tests."""
    startup_seconds: float
    """The least of an empty program's runs."""
    repeats: int
    complete: bool = True
    """Whether all runs ended well; else the times are of a part."""


def native_times(
    build: Build, empty: Build, tests: Sequence[TestCase], limits: Limits, toolchain: Toolchain
) -> NativeTimes:
    """Run a program on its tests, and an empty one, `REPEATS` times each, in turn."""
    allowance = allowance_for(limits)
    least = [float("inf")] * len(tests)
    startup = float("inf")
    with (
        NativeRuns(empty, toolchain, allowance, shared=False) as nothing,
        NativeRuns(build, toolchain, allowance, shared=False) as program,
    ):
        for _ in range(REPEATS):
            startup = min(startup, nothing.run(tests[0].input_path).own_seconds)
            for index, test in enumerate(tests):
                ended = program.run(test.input_path)
                if not ended.ok:
                    known = [one for one in least if one < float("inf")]
                    return NativeTimes(sum(known), startup, REPEATS, complete=False)
                least[index] = min(least[index], ended.own_seconds)
    return NativeTimes(sum(least), startup, REPEATS)
