"""Programs side by side, the fastest first: what `pie measure` shows, prints and exports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.verdict import Verdict

EQUAL = "1.000"
"""A ratio that reads so is no difference that anybody should be told of."""


@dataclass(frozen=True)
class InputCost:
    """One program on one input."""

    name: str
    verdict: Verdict
    seconds: float | None
    cycles: int | None = None
    instructions: int | None = None


@dataclass(frozen=True)
class Entry:
    """One program over all inputs. Every number is None where it was not measured."""

    name: str
    verdict: Verdict
    reason: str
    """Why it has no number, with the last line that it wrote to standard error; else empty."""
    seconds: float | None
    cycles: int | None
    instructions: int | None
    peak_bytes: int | None
    """Most memory resident at once, natively, over all inputs."""
    startup_share: float | None
    """Part of its time that is the start of the process, between 0 and 1."""
    inputs: tuple[InputCost, ...] = ()

    @property
    def instructions_per_cycle(self) -> float | None:
        """None where the machine counts no cycles of its own."""
        return self.instructions / self.cycles if self.instructions and self.cycles else None


@dataclass(frozen=True)
class Ranking:
    """Entries in the order of the command line, on one machine."""

    entries: tuple[Entry, ...]
    machine: str
    unit: str
    """`time`, or `instructions` where a machine's cost is a count."""
    reference: int | None = None
    """Place of the program that the others are compared with; None: the fastest."""

    @property
    def measured(self) -> list[Entry]:
        """Those with a cost, the fastest first; equal ones in the order of the command line."""
        return sorted(
            (one for one in self.entries if one.seconds), key=lambda one: one.seconds or 0.0
        )

    @property
    def failed(self) -> list[Entry]:
        """Those without, in the order of the command line."""
        return [one for one in self.entries if not one.seconds]

    @property
    def base(self) -> Entry | None:
        """The program whose ratio is 1; None where it has no cost."""
        if self.reference is not None:
            named = self.entries[self.reference]
            return named if named.seconds else None
        measured = self.measured
        return measured[0] if measured else None

    def ratio(self, entry: Entry) -> float | None:
        """Return how many times the base's cost an entry costs."""
        base = self.base
        if base is None or not base.seconds or not entry.seconds:
            return None
        return entry.seconds / base.seconds

    def as_dicts(self) -> list[dict[str, object]]:
        """Return a line for each program, the ranked ones first, as plain values."""
        return [
            {
                "rank": rank if one.seconds else None,
                "program": one.name,
                "verdict": one.verdict.value,
                "reason": one.reason,
                "seconds": one.seconds,
                "ratio": self.ratio(one),
                "cycles": one.cycles,
                "instructions": one.instructions,
                "instructions_per_cycle": one.instructions_per_cycle,
                "peak_memory_bytes": one.peak_bytes,
                "startup_share": one.startup_share,
            }
            for rank, one in enumerate([*self.measured, *self.failed], start=1)
        ]


def against(best: Entry, other: Entry, named: str) -> str:
    """Say how much faster one program is than another, or that they are equal.

    `named` is the other with its cost.
    """
    assert best.seconds
    assert other.seconds
    if best.seconds == other.seconds:
        return f"exactly as fast as {other.name}"
    ratio = f"{other.seconds / best.seconds:.3f}"
    if ratio == EQUAL:
        return f"as fast as {named}, to within 0.05%"
    return f"{ratio} times faster than {named}"


def disagreement(model: Ranking, processor: Ranking, noise: float) -> str:
    """Say whether a processor ranks the programs as a model does.

    `noise`: how much a program differed from itself on the processor, as a part of 1. Two programs
    that are closer than that there, or closer than 1 % in the model, are not told apart.
    """
    model_costs = {one.name: one.seconds for one in model.measured}
    costs = {one.name: one.seconds for one in processor.measured}
    names = [name for name in model_costs if name in costs]
    least = 1 + max(noise, 0.01)
    against_it = []
    for place, fast in enumerate(names):
        for slow in names[place + 1 :]:
            modelled = (model_costs[slow] or 0) / (model_costs[fast] or 1)
            measured = (costs[slow] or 0) / (costs[fast] or 1)
            if modelled >= 1.01 and measured * least <= 1:
                against_it.append(f"{slow} is {1 / measured:.2f} times faster than {fast} there")
    if against_it:
        return (
            f"The processor disagrees with the model '{model.machine}' about who is faster: "
            f"{'; '.join(against_it)}."
        )
    return (
        f"The processor agrees with the model '{model.machine}' about who is faster, as far as it "
        f"tells programs apart (it differed from itself by up to {noise:.1%})."
    )


def listed(words: Sequence[str]) -> str:
    """Join words as a sentence does."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
