"""The instructions that a program may use, derived from what its row's reference used.

2,000,000,000 instructions are a few seconds natively and 2.4 hours in gem5: too long to wait for
each answer that never ends, where the source that it should improve needs a million.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ReferenceBudget:
    """Budgets on a ladder of a few rungs, so that rows with other references share their runs.

    The rungs are `floor`, `step * floor`, `step**2 * floor` and so on, ending with the absolute
    limit. The reference itself has that limit; any other program of its row has, on the same test,
    the lowest rung that holds `multiple` times the reference's count. So a budget
    follows from programs and tests alone, never from the order of runs or from what is kept.
    """

    multiple: int = 10
    floor: int = 50_000_000
    step: int = 4

    def rungs(self, limit: int) -> list[int]:
        """Return the budgets up to the absolute limit, which is the last."""
        rungs = []
        rung = self.floor
        while rung < limit:
            rungs.append(rung)
            rung *= self.step
        return [*rungs, limit]

    def after(self, instructions: int, limit: int) -> int:
        """Return the budget beside a reference that used so many instructions."""
        wanted = self.multiple * instructions
        return next((rung for rung in self.rungs(limit) if rung >= wanted), limit)

    def origin(self, instructions: int) -> str:
        """Say where the budget comes from, for the detail of a verdict."""
        return (
            f"the budget beside the source's own {instructions} on this test "
            f"({self.multiple} times, rounded up, {self.floor} at least; "
            "--max-instructions sets another)"
        )
