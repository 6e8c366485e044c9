"""Where a run's cycles went, in shares that add up to 100 %, and what a programmer can do about it.

The split is counted in the timing model (`sim/skylake/top_down.c`): each cycle has four slots, and
each slot is given to exactly one cause.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

GROUPS = {
    "retiring": ("retiring",),
    "front end": ("fetch", "code", "target"),
    "bad speculation": ("branch", "order"),
    "memory": ("l1", "l2", "l3", "memory", "stores"),
    "core": ("chain", "division", "serial"),
}
"""The five parts of the top-down split, and the causes that make up each."""

_TELLING_SHARE = 0.10

# What a programmer can do about a cause, with the run's own counts.
_ADVICE = {
    "retiring": "{share} of the time the processor did useful work ({uops_per_cycle:.2f} "
    "micro-operations a cycle): only fewer instructions help, by a better algorithm or by vectors",
    "fetch": "{share} went to fetching {instructions:,} instructions, at most 16 bytes in 4 "
    "cycles: fewer or shorter instructions and fewer taken branches in the hot loop help",
    "code": "{share} went to waiting for code ({l1i_misses:,} misses of the instruction cache): "
    "a short run pays them for its start; a long one wants smaller code in its hot part "
    "(less inlining and unrolling)",
    "target": "{share} went to branches whose target was not known at fetch "
    "({decode_redirects:,} times): fewer distinct branches and calls in the hot part help",
    "branch": "{share} went to {mispredictions:,} mispredicted branches, one in "
    "{per_misprediction:,.0f} instructions: make the branch predictable (sort the data) or do "
    "without it (arithmetic, conditional move, table)",
    "order": "{share} went to loads that came before a store they depend on ({replays:,} times): "
    "keep the value in a variable instead of writing and reading it back",
    "l1": "{share} went to waiting for loads that the first cache served ({loads:,} loads): each "
    "waits for the one before, so shorten the chain of loads that need each other's result",
    "l2": "{share} went to waiting for the second cache ({l1d_misses:,} misses of the first): "
    "let the hot data fit into 32 KiB, by smaller types or by working in blocks",
    "l3": "{share} went to waiting for the third cache ({l2_misses:,} misses of the second): "
    "let the hot data fit into 1 MiB, by smaller types or by working in blocks",
    "memory": "{share} went to waiting for main memory ({l3_misses:,} misses of the last cache): "
    "go through the data in order, make it smaller, or let loads not depend on each other",
    "stores": "{share} went to writing ({stores:,} stores, one at a time to the cache): write "
    "less, to the same lines, and keep running results in variables",
    "chain": "{share} went to operations that wait for each other's result: break the chain, as "
    "by several independent accumulators",
    "division": "{share} went to divisions, remainders and square roots: divide by constants, "
    "multiply by the inverse, or take remainders less often",
    "serial": "{share} went to system calls and operations that must run alone "
    "({system_calls:,} system calls): read and write more at a time, and leave out atomics",
}


@dataclass(frozen=True)
class Explanation:
    """One program's cycles over all its runs, split by cause."""

    cycles: int
    counters: Mapping[str, float]
    """Summed over the runs, without the slots."""
    slots: Mapping[str, int]
    """Slots by cause; together four for each cycle."""

    def share(self, cause: str) -> float:
        """Return a cause's share of all slots."""
        total = sum(self.slots.values())
        return self.slots[cause] / total if total else 0.0

    @property
    def split(self) -> dict[str, float]:
        """Shares of the five parts; they add up to 1."""
        return {
            group: sum(self.share(cause) for cause in causes) for group, causes in GROUPS.items()
        }

    @property
    def advice(self) -> list[str]:
        """One sentence for each cause of at least a tenth of the slots, the largest first."""
        telling = [cause for cause in _ADVICE if self.share(cause) >= _TELLING_SHARE]
        return [self._sentence(cause) for cause in sorted(telling, key=self.share, reverse=True)]

    def _sentence(self, cause: str) -> str:
        counts = {name: int(value) for name, value in self.counters.items()}
        text = _ADVICE[cause].format(
            **counts,
            share=f"{self.share(cause):.0%}",
            uops_per_cycle=counts["micro_operations"] / max(1, self.cycles),
            per_misprediction=counts["instructions"] / max(1, counts["mispredictions"]),
        )
        return f"{text}."

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values; shares are fractions of 1."""
        return {
            "cycles": self.cycles,
            "counters": {name: int(value) for name, value in self.counters.items()},
            "split": self.split,
            "causes": {cause: self.share(cause) for cause in self.slots},
            "slots": dict(self.slots),
            "advice": self.advice,
        }


def explain(runs: list[Mapping[str, float]], cycles: int) -> Explanation | None:
    """Explain the runs of one program by their counters; None where the machine gave no split."""
    causes = [cause for group in GROUPS.values() for cause in group]
    if not runs or any(f"slots_{cause}" not in run for run in runs for cause in causes):
        return None
    return Explanation(
        cycles=cycles,
        counters={
            name: sum(run.get(name, 0) for run in runs)
            for name in runs[0]
            if not name.startswith("slots_")
        },
        slots={cause: sum(int(run[f"slots_{cause}"]) for run in runs) for cause in causes},
    )


def lines(name: str, told: Explanation) -> list[str]:
    """Return an explanation as lines to read."""
    counts = told.counters
    split = ", ".join(f"{group} {share:.1%}" for group, share in told.split.items())
    return [
        f"{name}: {told.cycles:,} cycles, {counts['instructions']:,.0f} instructions, "
        f"{counts['micro_operations']:,.0f} micro-operations",
        f"  misses: L1 instruction {counts['l1i_misses']:,.0f}, L1 data "
        f"{counts['l1d_misses']:,.0f}, L2 {counts['l2_misses']:,.0f}, "
        f"L3 {counts['l3_misses']:,.0f}; mispredictions {counts['mispredictions']:,.0f}",
        f"  {split}",
        *(f"  - {sentence}" for sentence in told.advice),
    ]
