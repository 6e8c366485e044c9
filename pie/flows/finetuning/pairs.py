"""Pairs as training rows, before they are rendered: each pair, or the trajectories of users."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pie.core.dataset.high_quality import Best
from pie.core.dataset.manifest import Counts
from pie.core.dataset.score_tag import FIELD
from pie.core.dataset.table import Record, Writer
from pie.core.problem import RowProblem
from pie.core.prompting.prompts import BEST_SCORE
from pie.core.rows import language_of
from pie.core.training import execution
from pie.core.training.formats import SCORED, Shown, tag_of
from pie.core.training.trajectory import Solution, trajectory
from pie.flows.dataset.rows import pair_rows, seconds, speedup
from pie.flows.finetuning.candidates import Candidate, Request, leave_out
from sim.program import Program
from sim.verdict import Verdict


def candidates(request: Request, counts: Counts, listed: Writer) -> Iterator[Candidate]:
    """Yield what can be rendered; the rest is counted and listed with its reason."""
    runs: execution.Runs = {}
    if request.run is not None:
        wanted = {_program_of(record)[1] for record in _records(request, Counts(), None)}
        runs = execution.read_runs(request.run, wanted)
    for record in _records(request, counts, listed):
        fields = record.fields
        try:
            program, key = _program_of(record)
            tag = _tag(request, record)
        except (RowProblem, ValueError) as problem:
            known = isinstance(problem, RowProblem)
            reason = "unknown_language" if known else "tag_outside_1_to_10"
            leave_out(counts, listed, record.place, reason, request.strict)
            continue
        shown = Shown(program.language, (program.source,))
        reason = ""
        if not request.sampling and not str(fields["tgt_code"]).strip():
            reason = "no_completion"
        elif not request.sampling and str(fields["tgt_code"]).strip() == program.source.strip():
            reason = "target_equals_source"
        elif not request.sampling and fields.get("tgt_verdict") not in (None, Verdict.ACCEPTED):
            reason = "target_not_accepted"
        elif not request.sampling and request.tags and tag not in request.tags:
            reason = "tag_not_asked_for"
        elif request.run is not None:
            tests = [_test(number, one) for number, one in enumerate(fields.get("tests") or [])]
            found = execution.chosen(runs.get(key, {}), tests, request.tests_shown)
            shown = Shown(program.language, (program.source,), runs=found)
            reason = "" if found else "source_not_in_the_run"
        if not reason and _tagged(request) and tag is None:
            reason = "no_tag"
        if reason:
            leave_out(counts, listed, record.place, reason, request.strict)
            continue
        about = {name: fields.get(name) for name in ("problem_id", "src_id", "tgt_id")}
        if request.format not in SCORED:
            yield Candidate(record.place, shown, str(fields["tgt_code"]), about, fields)
            continue
        asked = (request.tags or (BEST_SCORE,)) if request.sampling else (tag or BEST_SCORE,)
        for extra, score in enumerate(asked):
            counts.rows_in += extra > 0
            scored = Shown(shown.language, shown.programs, score)
            completion = str(fields["tgt_code"])
            yield Candidate(record.place, scored, completion, {**about, "score": score}, fields)


def trajectories(
    request: Request, pairs: Counts, counts: Counts, listed: Writer
) -> Iterator[Candidate]:
    """Yield the trajectory of each user and problem, as far as there are three programs."""
    groups: dict[tuple[str, str], dict[str, Solution]] = {}
    tests: dict[str, Any] = {}
    for record in _records(request, pairs, listed):
        fields = record.fields
        user = fields.get("user_id")
        try:
            language = language_of(str(fields.get("language") or "cpp"))
        except RowProblem:
            leave_out(pairs, listed, record.place, "unknown_language", request.strict)
            continue
        times = [seconds(record, f"{role}_agg_runtime") for role in ("src", "tgt")]
        if user is None or None in times:
            reason = "no_user_id" if user is None else "no_runtime"
            leave_out(pairs, listed, record.place, reason, request.strict)
            continue
        if not all(str(fields[f"{role}_code"]).strip() for role in ("src", "tgt")):
            leave_out(pairs, listed, record.place, "no_program", request.strict)
            continue
        tests.setdefault(str(fields["problem_id"]), fields.get("tests"))
        group = groups.setdefault((str(fields["problem_id"]), str(user)), {})
        for role, time in zip(("src", "tgt"), times, strict=True):
            name = str(fields.get(f"{role}_id") or f"{record.place} {role}")
            group[name] = Solution(name, language, str(fields[f"{role}_code"]), time or 0.0)
    pairs.rows_out = pairs.rows_in - pairs.left_out.total()
    for (problem_id, user), group in groups.items():
        counts.rows_in += 1
        found = trajectory(group.values())
        place = f"user {user}, problem {problem_id}"
        if found is None:
            leave_out(counts, listed, place, "fewer_than_three_programs", request.strict)
            continue
        if found.target.code.strip() == found.shown[-1].code.strip():
            leave_out(counts, listed, place, "target_equals_source", request.strict)
            continue
        about = {"problem_id": problem_id, "user_id": user, "tgt_id": found.target.id}
        steps = [one.id for one in found.shown]
        shown = Shown(found.target.language, tuple(one.code for one in found.shown))
        last = found.shown[-1]
        pair = {
            "src_id": last.id,
            "src_code": last.code,
            "tgt_code": found.target.code,
            "language": str(found.target.language),
            "tests": tests[problem_id],
        }
        yield Candidate(place, shown, found.target.code, {**about, "steps": steps}, pair)


def _records(request: Request, counts: Counts, listed: Writer | None) -> Iterator[Record]:
    """Yield the pairs that are chosen, then those of self-play."""
    assert request.pairs is not None
    if not request.hq:
        yield from pair_rows(request.pairs, counts, listed, request.limit)
    else:
        best = Best(request.per_problem)
        first = pair_rows(request.pairs, Counts(), limit=request.limit)
        for number, record in enumerate(first):
            ratio = speedup(record)
            if ratio is not None:
                ids = str(record.fields.get("src_id")), str(record.fields.get("tgt_id"))
                best.add(str(record.fields["problem_id"]), ratio, *ids, number)
        numbers = best.numbers(request.size)
        first = pair_rows(request.pairs, counts, listed, request.limit)
        for number, record in enumerate(first):
            if number in numbers:
                yield record
            else:
                known = speedup(record) is not None
                counts.left_out["not_among_the_best" if known else "no_speedup"] += 1
    if request.self_play is not None:
        yield from pair_rows(request.self_play, counts, listed)


def _program_of(record: Record) -> tuple[Program, tuple[str, str]]:
    """Return a row's source and its key in a run."""
    fields = record.fields
    program = Program(language_of(str(fields.get("language") or "cpp")), str(fields["src_code"]))
    return program, (str(fields["problem_id"]), program.digest)


def _test(number: int, test: object) -> str:
    return f"inline.{number}" if isinstance(test, Mapping) else str(test)


def _tagged(request: Request) -> bool:
    """Whether the rows show the score of their target."""
    return request.format in SCORED and not request.sampling


def _tag(request: Request, record: Record) -> int | None:
    """Return the target's tag where training needs it; None where the row has none."""
    return tag_of(record.fields.get(FIELD)) if _tagged(request) else None
