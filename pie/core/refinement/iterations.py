"""The table of a refinement by iteration, from the rows in which all iterations were measured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from pie.core.metrics.pair_result import PairResult
from pie.core.metrics.samples import (
    PerfCodeGenScore,
    Sampled,
    pass_at_k_estimate,
    perfcodegen_score,
)
from pie.core.metrics.score import Score, Tally
from pie.core.metrics.standing import UnsupportedAs
from sim.verdict import Verdict

AT = (1, 8, 20)
"""k of Best@k, as PerfCodeGen has it; those beyond the samples are left out."""


@dataclass(frozen=True)
class Iteration:
    """What the private tests say of the programs after one iteration."""

    number: int
    best_at: tuple[Score, ...]
    """PIE's Best@k: clamped, over all rows with a baseline."""
    perfcodegen: tuple[PerfCodeGenScore, ...]
    """PerfCodeGen's own: the reference is the row's fast program."""


def by_iteration(
    rows: Iterable[PairResult],
    iterations: int,
    samples: int,
    unsupported: UnsupportedAs = UnsupportedAs.FAILED,
) -> list[Iteration]:
    """Return a line for each iteration.

    The generations of each row are `iterations` times `samples`, by iteration, then by sample.
    ValueError where a row has another number.
    """
    results = list(rows)
    return [
        _iteration(list(_at(results, number, iterations, samples)), number, samples, unsupported)
        for number in range(iterations)
    ]


def _at(
    rows: Iterable[PairResult], number: int, iterations: int, samples: int
) -> Iterator[PairResult]:
    for row in rows:
        if len(row.generations) != iterations * samples:
            raise ValueError(
                f"row {row.name} has {len(row.generations)} programs, "
                f"not {iterations} iterations of {samples}"
            )
        yield replace(row, generations=row.generations[number * samples : (number + 1) * samples])


def _iteration(
    rows: list[PairResult], number: int, samples: int, unsupported: UnsupportedAs
) -> Iteration:
    ks = sorted({k for k in AT if k <= samples} | {samples})
    scores = []
    for k in ks:
        tally = Tally(unsupported=unsupported)
        for row in rows:
            tally.add_best_at_k(row, k)
        scores.append(tally.score(f"iteration {number}, best@{k}", k))
    tasks = {
        f"{position} {row.name}": Sampled(
            row.tgt_seconds, tuple(one.seconds for one in row.generations), row.problem_id
        )
        for position, row in enumerate(rows)
        if row.tgt_seconds is not None
        and all(one.verdict is not Verdict.NOT_MEASURED for one in row.generations)
    }
    return Iteration(number, tuple(scores), tuple(perfcodegen_score(tasks, k) for k in ks))


def pass_at_1(rows: Iterable[PairResult], number: int, iterations: int, samples: int) -> Any:
    """Return the unbiased pass@1 of an iteration over its rows, None without rows."""
    flags = {
        f"{position} {row.name}": [one.verdict is Verdict.ACCEPTED for one in row.generations]
        for position, row in enumerate(_at(rows, number, iterations, samples))
        if row.generations
    }
    return pass_at_k_estimate(flags, 1) if flags else None


def as_dict(one: Iteration) -> dict[str, Any]:
    """Return a line as plain values."""
    return asdict(one)
