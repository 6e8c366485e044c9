"""What a measured answer is worth: its outcome and its source's in, a reward out. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from pie.core.marks import WORTHLESS, Mark
from pie.core.metrics.standing import UnsupportedAs
from pie.core.report.startup import Net, net_speedup
from pie.core.testing.fuzzed_rows import FuzzedOutcome
from pie.rewards.scale import NOTHING, Cost, Scale, reward_of
from sim.procedure import Outcome
from sim.verdict import Verdict

SUSPICIOUS: dict[str, float | None] = {"none": None, "zero": NOTHING}
"""What an answer that is marked `suspicious` is worth, by the option's value."""


@dataclass(frozen=True)
class Measured:
    """One completion: what became of its program, its speed against the source, its reward."""

    verdict: Verdict
    speedup: float | None
    reward: float | None
    suspicious: bool = False
    """The processor of this host does not agree with the speedup (`sim.agreement`)."""
    net_speedup: float | None = None
    """Without the start of the process; None where nothing is left, or it is not known."""
    marks: frozenset[str] = frozenset()
    """By `pie.core.marks`; docs/rewards.md says what each is worth."""


@dataclass(frozen=True)
class Rules:
    """How an answer's reward is reckoned."""

    scale: Scale = Scale.LOG2
    cap: float = 64.0
    """The speedup from which on more is worth no more."""
    suspicious: float | None = None
    """Of an answer with that mark."""
    cost: Cost = Cost.NET
    unsupported: UnsupportedAs = UnsupportedAs.FAILED


def has_baseline(source: Outcome, net: Net | None, rules: Rules) -> bool:
    """Tell whether anything can be faster than the source."""
    if source.verdict is not Verdict.ACCEPTED:
        return False
    return rules.cost is Cost.GROSS or net is None or not net.below_start


def judge(
    source: Outcome, answer: Outcome | None, before: Net | None, after: Net | None, rules: Rules
) -> Measured:
    """Return what an answer is worth beside its source; None is a completion without a program.

    `before` and `after` are their costs without the start, None where these are not known: then the
    whole cost counts.
    """
    if answer is None:
        return Measured(Verdict.NO_CODE, None, NOTHING)
    verdict = answer.verdict
    if verdict is not Verdict.ACCEPTED:
        reward = reward_of(verdict, None, rules.scale, rules.cap, rules.unsupported)
        return Measured(verdict, None, reward)
    if not has_baseline(source, before, rules):
        return Measured(verdict, None, None)
    # Of integers where there are cycles, so that equal programs have exactly 1.
    whole, own = source.cycles or source.seconds, answer.cycles or answer.seconds
    speedup = (whole or 0.0) / own if own else None
    if after is not None and after.below_start:
        return Measured(verdict, speedup, NOTHING, marks=frozenset({Mark.BELOW_START}))
    marks = frozenset(answer.marks) if isinstance(answer, FuzzedOutcome) else frozenset()
    if marks & WORTHLESS:
        return Measured(verdict, speedup, NOTHING, marks=marks)
    net = net_speedup(before, after)
    counted = speedup if net is None or rules.cost is Cost.GROSS else net
    reward = reward_of(verdict, counted, rules.scale, rules.cap)
    if answer.native is not None and answer.native.suspicious:
        slow = rules.suspicious is None and reward is not None and reward < 1
        # Else a slow answer would leave the step by making itself suspicious.
        return Measured(verdict, speedup, reward if slow else rules.suspicious, True, net)
    return Measured(verdict, speedup, reward, False, net)
