"""The counting machine: how many instructions a run executes, and nothing else.

It is the mode `counts` of our own tool (`sim/skylake/counting.c`): the same guard, clocks and files
as on `skylake`, and exactly its number of instructions, several times faster than cachegrind. Its
cost is one cycle for each instruction, so a speedup is a ratio of instructions: it is blind to
caches, branch prediction, division and dependences.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.limits import Limits
from sim.machines.tool_runs import ToolRuns

PROTOCOL = "2"
"""Raised when a change here could give another count for the same run."""


@dataclass(frozen=True)
class Counts(ToolRuns):
    """Counts instructions."""

    name: str = "counts"
    mode: str = "counts"
    protocol: str = PROTOCOL

    def cpu_seconds(self, limits: Limits) -> int:
        """Return an instrument's bound."""
        return limits.instrument_cpu_seconds

    def fingerprint(self) -> dict[str, str]:
        """Return the tool's fingerprint, with the unit of the cost."""
        return {**super().fingerprint(), "mode": self.mode, "cost": "1 cycle per instruction"}
