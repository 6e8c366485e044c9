"""`pie dataset tag`: the score tag of every pair's target among all solutions of its problem."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pie.core.dataset.grouping import MEASURED_COLUMNS, by_problem
from pie.core.dataset.improvement_pairs import accepted, solutions
from pie.core.dataset.manifest import Counts, Step, limited
from pie.core.dataset.output_lock import one_at_a_time
from pie.core.dataset.score_tag import FIELD, score_tag
from pie.core.dataset.table import Writer, is_parquet, require_file
from pie.core.measured_on import same, settings_beside, told
from pie.core.problem import InputError
from pie.flows.dataset.pairs import MADE_BY
from pie.flows.dataset.rows import listing, pair_rows, seconds


@dataclass(frozen=True)
class Request:
    """Which pairs to tag, and among which solutions."""

    pairs: Path
    measured: Path
    out: Path
    fresh: bool = False
    limit: int | None = None
    """Only the first rows of the pairs."""


@one_at_a_time
def run(request: Request, tick: Callable[[int, str], None]) -> dict[str, Any]:
    """Write the pairs with their tag; rows that cannot be tagged are left out and told."""
    for path in (request.pairs, request.measured):
        require_file(path)
    inputs = {"pairs": request.pairs, "measured": request.measured}
    step = Step("tag", request.out, inputs, {"field": FIELD, **limited(request.limit)})
    done = None if request.fresh else step.done()
    if done is not None:
        return done
    step.claim()
    costs, machines = _populations(request.measured, tick)
    counts = Counts("pairs")
    tags = dict.fromkeys(range(1, 11), 0)
    columns = {FIELD: "integer"} if is_parquet(request.pairs) else None
    known = settings_beside(request.pairs, request.measured)
    unlike: tuple[str, str] | None = None
    made = Writer(request.out, columns, request.pairs)
    with made as writer, listing(request.out) as listed:
        for record in pair_rows(request.pairs, counts, listed, request.limit):
            problem_id = str(record.fields["problem_id"])
            population, cost = costs.get(problem_id), seconds(record, "tgt_agg_runtime")
            machine = record.fields.get("measured_on")
            reason = ""
            if population is None:
                reason = "no_solutions_of_its_problem"
            elif cost is None:
                reason = "no_runtime_of_the_target"
            elif machine is not None and not same(str(machine), machines[problem_id], known):
                reason = "measured_on_another_machine"
                unlike = unlike or (str(machine), machines[problem_id])
            if reason or population is None or cost is None:
                counts.left_out[reason] += 1
                listed.write({"place": record.place, "problem_id": problem_id, "reason": reason})
                continue
            tag = score_tag(cost, population)
            tags[tag] += 1
            writer.write({**record.fields, FIELD: tag})
    counts.rows_out = writer.rows
    if not writer.rows and unlike is not None:
        raise InputError(
            f"no pair of {request.pairs} is measured as the solutions of {request.measured} are: "
            f"{unlike[0]} and {unlike[1]}; {told(*unlike, known)}",
            "measure both with the same machine, compiler and options",
        )
    return step.finish(counts, tags=tags, settings=known)


def _populations(
    measured: Path, tick: Callable[[int, str], None]
) -> tuple[dict[str, array[float]], dict[str, str]]:
    """Return each problem's sorted seconds: 8 bytes a distinct program."""
    costs: dict[str, array[float]] = {}
    machines: dict[str, str] = {}
    done = 0
    for group in by_problem(measured, MEASURED_COLUMNS, MADE_BY):
        done += len(group)
        about = next(accepted(group), None)
        if about is None:
            continue
        problem_id = str(about.fields["problem_id"])
        # A text that was submitted twice is one solution.
        distinct: dict[str, float] = {}
        for one in solutions(group):
            distinct[one.code] = min(one.seconds, distinct.get(one.code, one.seconds))
        if not distinct:  # all of them with runtimes that are none
            continue
        costs[problem_id] = array("d", sorted(distinct.values()))
        machines[problem_id] = str(about.fields["measured_on"])
        tick(done, problem_id)
    return costs, machines
