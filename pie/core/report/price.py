"""What a run will take, told before it: core hours, disk, and the cores for a wish of hours.

Rates are those of BENCHMARKS.md ("One start for all tests of a program"): CPU time of programs of
up to a million instructions, which most tests of PIE's are. They are of one host, and say the order
of magnitude.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from sim.machines.counts import Counts
from sim.machines.skylake import Skylake

_COMPILE_SECONDS = 0.66
_START_SECONDS = 0.09
"""Of a program that serves all its tests from one start."""
_RUN_SECONDS = {Skylake.name: 0.018, Counts.name: 0.013}
"""Judging and measuring one test, by machine; of others no rate holds for all programs."""
_LONG_SECONDS = {Skylake.name: 1 / 15e6, Counts.name: 1 / 150e6}
"""For each instruction beyond."""
_EXECUTABLE_BYTES = 1_800_000
_RESULT_BYTES = 2_900


@dataclass(frozen=True)
class Price:
    """What a run takes if nothing of it is kept yet."""

    core_hours: float
    disk_bytes: int
    hours_a_billion: float
    """Core hours for each billion instructions that runs have beyond a million."""

    def cores_for(self, hours: float) -> int:
        """Return on how many cores the run ends within so many hours."""
        return max(1, math.ceil(self.core_hours / hours))

    def sentence(self, within: float | None) -> str:
        """Say the price, and the cores for a wish of hours."""
        gigabytes = self.disk_bytes / 1e9
        told = (
            f"about {_number(self.core_hours)} core hours if no result is kept yet and no run is "
            f"longer than a million instructions ({_number(self.hours_a_billion)} more for each "
            f"billion beyond), and {_number(gigabytes)} GB of disk"
        )
        if within is None:
            return told
        cores = self.cores_for(within)
        many = "1 core" if cores == 1 else f"{cores} cores"
        return f"{told}; within {within:g} hours on {many}"


def price(machine: str, compiled: int, programs: int, runs: int) -> Price | None:
    """Return the price of a plan; None for a machine whose rate depends on the programs alone.

    `compiled` of the programs have executables of their own.
    """
    if machine not in _RUN_SECONDS:
        return None
    seconds = compiled * _COMPILE_SECONDS + programs * _START_SECONDS + runs * _RUN_SECONDS[machine]
    disk = compiled * _EXECUTABLE_BYTES + (2 * programs + runs) * _RESULT_BYTES
    return Price(seconds / 3600, disk, _LONG_SECONDS[machine] * 1e9 / 3600)


def _number(value: float) -> str:
    return f"{value:.2g}" if value < 10 else f"{value:,.0f}"
