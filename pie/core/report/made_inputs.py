"""What a report says of made inputs: how many answers were run on how many."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median

from pie.core.metrics.pair_result import PairResult
from pie.core.wording import count
from sim.verdict import Verdict


@dataclass
class MadeInputs:
    """The accepted answers of a run with `--fuzz`."""

    fuzzed: bool
    """Whether the run was one."""
    accepted: int = 0
    inputs: list[int] = field(default_factory=list)
    """Of each answer that was run on any."""

    def seen(self, pair: PairResult) -> bool:
        """Take a row; tell whether it belongs to the headline under fuzzing."""
        for one in pair.generations if self.fuzzed else ():
            self.accepted += one.verdict is Verdict.ACCEPTED
            if one.made_inputs:
                self.inputs.append(one.made_inputs)
        return self.fuzzed

    def notes(self) -> Iterable[str]:
        """Yield how far fuzzing went."""
        if self.fuzzed:
            several = f", {median(self.inputs):g} each in the median" if self.inputs else ""
            yield (
                f"fuzzed: {len(self.inputs)} of {count(self.accepted, 'accepted generation')} "
                f"were run on made inputs{several}; the others count as they did"
            )
