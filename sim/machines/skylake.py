"""The embedded machine: a timing model of gem5's Skylake inside Valgrind's translator.

Cycles are computed, not fitted to counters: see the sources in `sim/skylake/`. A run costs the same
on every host, since the process sees a fixed processor, stack and environment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sim.errors import InstrumentFailure
from sim.limits import Limits
from sim.machines import unknown
from sim.machines.tool_runs import ToolRuns

PROTOCOL = "3"
"""Raised when a change here could give another cost for the same run."""
_MOST_CYCLES = 10_000
"""For an operation: fifty times what one that waits for memory takes, so only a fault is above."""


@dataclass(frozen=True)
class Skylake(ToolRuns):
    """Measures in the timing model."""

    name: str = "skylake"
    mode: str = "cycles"
    protocol: str = PROTOCOL

    def cpu_seconds(self, limits: Limits) -> int:
        """Return the model's bound: it works for each operation, not for each block."""
        return limits.model_cpu_seconds

    def check_counters(self, counters: Mapping[str, int]) -> None:
        """InstrumentFailure where the model took longer than any run can."""
        super().check_counters(counters)
        if counters["cycles"] > _MOST_CYCLES * counters["micro_operations"]:
            raise InstrumentFailure(
                f"the timing model lost count: {counters['cycles']} cycles for "
                f"{counters['micro_operations']} operations",
                "report this with the program",
            )

    def check_known(self, log: bytes, counters: Mapping[str, int]) -> None:
        """Unsupported where too many of its instructions are not in the model."""
        unknown.refuse(log, counters)
