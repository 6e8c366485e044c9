"""PerfCodeGen's, ECCO's and SBLLM's speedups of several samples a task.

A task has a reference cost and samples in the order of generation; a sample that is not correct has
no cost. Where paper and code disagree both are here under their own names. Costs may be cycles,
instructions or seconds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pie.core.metrics.averages import pass_at_k
from pie.core.metrics.estimate import Estimate, mean_estimate, ratio_of_sums_estimate
from pie.core.metrics.metrics import is_optimised_perfcodegen


@dataclass(frozen=True, slots=True)
class Sampled:
    """One task with what its samples cost, None for one that is not correct.

    ValueError for a cost that is not finite and above zero: a zero is a failure to measure.
    """

    reference: float
    samples: tuple[float | None, ...]
    problem: str = ""
    """What is drawn again for the intervals; empty: the task itself."""

    def __post_init__(self) -> None:
        for cost in (self.reference, *self.samples):
            if cost is not None and not (math.isfinite(cost) and cost > 0):
                raise ValueError(f"a cost of {cost}; it must be finite and above zero")

    def best(self, k: int) -> float | None:
        """Cost of the best correct sample among the first k, None if none is correct."""
        if k < 1:
            raise ValueError(f"best@k needs a k of at least 1, not {k}")
        return min((cost for cost in self.samples[:k] if cost is not None), default=None)


@dataclass(frozen=True, slots=True)
class PerfCodeGenScore:
    """PerfCodeGen's numbers at one k. The two speedups cover the tasks with a correct sample."""

    k: int
    tasks: int
    """All tasks: the denominator of %Opt and %Correct."""
    with_correct: int
    """Tasks with a correct sample among the first k: the denominator of the speedups."""
    speedup_ratio_of_sums: Estimate | None
    """The paper's: sum of the references over the sum of the best samples."""
    speedup_mean_of_ratios: Estimate | None
    """The released code's, without its silent filter that drops what is over 100 times faster."""
    optimised: Estimate | None
    correct: Estimate | None


def perfcodegen_score(tasks: Mapping[str, Sampled], k: int) -> PerfCodeGenScore:
    """PerfCodeGen's two speedups, %Opt and %Correct over the tasks, by id.

    Not clamped: a refinement may be slower. Source: PerfCodeGen 3.1 and evaluate_execution_time.
    References (1, 100) with samples (0.1, 100) give 1.009 by sums and 5.5 by ratios.
    """
    pairs: dict[str, list[tuple[float, float]]] = {}
    faster: dict[str, list[float]] = {}
    correct: dict[str, list[float]] = {}
    for name, task in tasks.items():
        problem, best = task.problem or name, task.best(k)
        correct.setdefault(problem, []).append(float(best is not None))
        is_faster = best is not None and is_optimised_perfcodegen(task.reference, best)
        faster.setdefault(problem, []).append(float(is_faster))
        if best is not None:
            pairs.setdefault(problem, []).append((task.reference, best))
    return PerfCodeGenScore(
        k=k,
        tasks=len(tasks),
        with_correct=sum(map(len, pairs.values())),
        speedup_ratio_of_sums=ratio_of_sums_estimate(pairs),
        speedup_mean_of_ratios=mean_estimate(
            {problem: [b / a for b, a in both] for problem, both in pairs.items()}
        ),
        optimised=mean_estimate(faster),
        correct=mean_estimate(correct),
    )


def pass_at_k_estimate(
    correct: Mapping[str, Sequence[bool]], k: int, problems: Mapping[str, str] | None = None
) -> Estimate | None:
    """Unbiased pass@k over tasks; ValueError for a task with fewer than k samples.

    `problems` tells which tasks are drawn together for the interval; None: each by itself.
    """
    chances: dict[str, list[float]] = {}
    for task, flags in correct.items():
        problem = task if problems is None else problems[task]
        chances.setdefault(problem, []).append(pass_at_k(len(flags), sum(flags), k))
    return mean_estimate(chances)


@dataclass(frozen=True, slots=True)
class EccoRun:
    """One program of ECCO's edit task: by test whether it passed, and what it cost there.

    A cost is None where the program did not pass. `costs` are seconds or KB.
    """

    costs: tuple[float | None, ...]

    @property
    def accepted(self) -> bool:
        """Whether every test passed (there must be at least one)."""
        return bool(self.costs) and all(cost is not None for cost in self.costs)


def ecco_ratio(given: EccoRun, edited: EccoRun) -> float | None:
    """ECCO's speedup or memory reduction of one edit: sum before / sum after over all tests.

    None unless both pass every test, as the paper asks. The released code asks it of the given
    program only, so that a program which crashes on all tests but one has a speedup.
    """
    if len(given.costs) != len(edited.costs):
        raise ValueError("both programs need the same tests")
    before = [cost for cost in given.costs if cost is not None]
    after = [cost for cost in edited.costs if cost is not None]
    if not (given.accepted and edited.accepted):
        return None
    return math.fsum(before) / math.fsum(after)


SBLLM_OPTIMISED = 10.0
"""SBLLM's OPT counts gains above this, in percent."""


def sbllm_gain(before: float, after: float | None) -> float:
    """SBLLM's gain of one program: 100 x (t_in / t_out - 1), 0 where it is not better, in percent.

    SP is its mean: ratios (2, 0.5, 1.25) give 41.67. None, no correct program, gains 0.
    """
    return 0.0 if after is None else max(0.0, 100 * (before / after - 1))
