"""`pie dataset hq`: the pairs with the highest speedups, at most so many of each problem."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pie.core.dataset.high_quality import PER_PROBLEM, Best
from pie.core.dataset.manifest import Counts, Step, limited
from pie.core.dataset.output_lock import one_at_a_time
from pie.core.dataset.table import Writer, require_file
from pie.flows.dataset.rows import listing, pair_rows, speedup


@dataclass(frozen=True)
class Request:
    """Which pairs to choose from, and how many."""

    pairs: Path
    out: Path
    per_problem: int = PER_PROBLEM
    least_speedup: float = 0.0
    size: int | None = None
    fresh: bool = False
    limit: int | None = None
    """Only the first rows of the pairs."""


@one_at_a_time
def run(request: Request) -> dict[str, Any]:
    """Write the chosen rows in the order of the file; the others are counted and told."""
    require_file(request.pairs)
    parameters = {
        "per_problem": request.per_problem,
        "least_speedup": request.least_speedup,
        "size": request.size,
        **limited(request.limit),
    }
    step = Step("hq", request.out, {"pairs": request.pairs}, parameters)
    done = None if request.fresh else step.done()
    if done is not None:
        return done
    step.claim()
    best = Best(request.per_problem, request.least_speedup)
    for number, record in enumerate(pair_rows(request.pairs, Counts(), limit=request.limit)):
        ratio = speedup(record)
        if ratio is not None:
            ids = str(record.fields.get("src_id")), str(record.fields.get("tgt_id"))
            best.add(str(record.fields["problem_id"]), ratio, *ids, number)
    best_of_each, chosen = best.numbers(), best.numbers(request.size)
    counts = Counts("pairs")
    problems: set[str] = set()
    with Writer(request.out, like=request.pairs) as writer, listing(request.out) as listed:
        for number, record in enumerate(pair_rows(request.pairs, counts, listed, request.limit)):
            problem_id = str(record.fields["problem_id"])
            if number in chosen:
                writer.write(record.fields)
                problems.add(problem_id)
                continue
            reason = best.reason(speedup(record), number in best_of_each)
            counts.left_out[reason] += 1
            listed.write({"place": record.place, "problem_id": problem_id, "reason": reason})
    counts.rows_out = writer.rows
    return step.finish(counts, problems=len(problems))
