"""`pie dataset pairs`: from measured submissions to PIE's rows, and each problem's fastest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pie.core.dataset import lengths
from pie.core.dataset.grouping import MEASURED_COLUMNS, by_problem
from pie.core.dataset.improvement_pairs import Rules, accepted, pair_row, sift, solutions
from pie.core.dataset.manifest import Counts, Step, earlier_manifest, limited
from pie.core.dataset.output_lock import one_at_a_time
from pie.core.dataset.table import Writer, require_file
from pie.core.dataset.trajectory import Solution, moment
from pie.core.measured_on import settings_beside
from pie.core.problem import InputError
from sim.verdict import Verdict

MADE_BY = "pie dataset measure"
PAIR_COLUMNS = {
    "src_id": "text",
    "tgt_id": "text",
    "problem_id": "text",
    "user_id": "text",
    "language": "text",
    "src_code": "text",
    "tgt_code": "text",
    "tests": "integers",
    "src_agg_runtime": "number",
    "tgt_agg_runtime": "number",
    "speedup": "number",
    "fastest_agg_runtime": "number",
    "fastest_id": "text",
    "target_reward": "number",
    "src_status": "text",
    "tgt_status": "text",
    "measured_on": "text",
}
FASTEST_COLUMNS = {
    "problem_id": "text",
    "fastest_id": "text",
    "user_id": "text",
    "language": "text",
    "fastest_code": "text",
    "fastest_agg_runtime": "number",
    "solutions": "integer",
    "tests": "integers",
    "measured_on": "text",
}


@dataclass(frozen=True)
class Request:
    """Which pairs to make."""

    measured: Path
    out: Path
    rules: Rules
    percentile: float = lengths.PERCENTILE
    """Longer programs are outliers, unless `rules.longest` says a length."""
    fresh: bool = False
    limit: int | None = None
    """Only the first rows of the measured ones."""


@one_at_a_time
def run(request: Request, tick: Callable[[int, str], None]) -> dict[str, Any]:
    """Write the pairs; return the manifest, in which programs and pairs each add up."""
    require_file(request.measured)
    if not (0 < request.percentile <= 100 and 0 < request.rules.near_duplicate <= 1):
        raise InputError(
            "a percentile is above 0 and at most 100, a similarity above 0 and at most 1",
            "check --length-percentile and --near-duplicate",
        )
    rules = request.rules
    parameters = {
        "improvement": rules.improvement,
        "near_duplicate": rules.near_duplicate,
        "longest": rules.longest,
        "per_user": rules.per_user,
        "length_percentile": request.percentile if rules.longest is None else None,
        **limited(request.limit),
    }
    step = Step("pairs", request.out, {"measured": request.measured}, parameters)
    done = None if request.fresh else step.done()
    if done is not None:
        return done
    step.claim()
    if rules.longest is None:
        rules = replace(rules, longest=_cutoff(request))
    programs, candidates = Counts("programs"), Counts("pairs")
    machines: set[str] = set()
    with Writer(request.out, PAIR_COLUMNS) as writer:
        for group in by_problem(request.measured, MEASURED_COLUMNS, MADE_BY, request.limit):
            found = sift(group, rules)
            programs.rows_in += len(group)
            programs.left_out += found.dropped_programs
            candidates.rows_in += found.candidates
            candidates.left_out += found.dropped_pairs
            about = next(accepted(group), None)
            if about is not None:
                machines.add(str(about.fields["measured_on"]))
            for pair in found.pairs:
                assert about is not None
                assert found.fastest is not None
                writer.write(pair_row(pair, about.fields, found.fastest))
            tick(programs.rows_in, str(group[0].fields["problem_id"]))
    programs.rows_out = programs.rows_in - programs.left_out.total()
    candidates.rows_out = writer.rows
    return step.finish(
        programs,
        candidates,
        longest_kept=rules.longest,
        measured_on=sorted(machines),
        measured=earlier_manifest(request.measured).get("measured"),
        settings=settings_beside(request.measured),
    )


def _cutoff(request: Request) -> int | None:
    """Return the length above which a program is an outlier, in a pass of its own."""
    counted: Counter[int] = Counter()
    for group in by_problem(request.measured, MEASURED_COLUMNS, MADE_BY, request.limit):
        for one in group:
            if one.fields["verdict"] == Verdict.ACCEPTED.value:
                counted[len(str(one.fields["code"]))] += 1
    return lengths.cutoff(counted, request.percentile)


@dataclass(frozen=True)
class FastestRequest:
    """Where the measured submissions are, and where to."""

    measured: Path
    out: Path
    fresh: bool = False
    limit: int | None = None
    """Only the first rows of the measured ones."""


@one_at_a_time
def fastest(request: FastestRequest, tick: Callable[[int, str], None]) -> dict[str, Any]:
    """Write the fastest accepted program of each problem; of equal ones the first submitted."""
    require_file(request.measured)
    step = Step("fastest", request.out, {"measured": request.measured}, limited(request.limit))
    done = None if request.fresh else step.done()
    if done is not None:
        return done
    step.claim()
    counts = Counts("problems")
    with Writer(request.out, FASTEST_COLUMNS) as writer:
        for group in by_problem(request.measured, MEASURED_COLUMNS, MADE_BY, request.limit):
            counts.rows_in += 1
            everyone = solutions(group)
            if not everyone:
                some = any(True for _one in accepted(group))
                counts.left_out["runtime_out_of_range" if some else "no_accepted_program"] += 1
                continue
            about = next(accepted(group)).fields
            best = min(everyone, key=_place)
            writer.write(
                {
                    "problem_id": about["problem_id"],
                    "fastest_id": best.submission_id,
                    "user_id": best.user_id,
                    "language": about["language"],
                    "fastest_code": best.code,
                    "fastest_agg_runtime": best.seconds,
                    "solutions": len(everyone),
                    "tests": list(about["tests"]),
                    "measured_on": about["measured_on"],
                }
            )
            tick(counts.rows_in, str(about["problem_id"]))
    counts.rows_out = writer.rows
    return step.finish(counts, settings=settings_beside(request.measured))


def _place(one: Solution) -> tuple[float, tuple[int, list[int | str], str]]:
    return one.cost, moment(one)
