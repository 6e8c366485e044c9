"""`pie finetune data`: pairs to the rows that a model is trained on, or asked with."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pie.core.dataset.high_quality import PER_PROBLEM, Best
from pie.core.dataset.manifest import Counts, Step
from pie.core.dataset.score_tag import FIELD
from pie.core.dataset.table import Record, Writer, is_parquet, require_file
from pie.core.problem import InputError, RowProblem
from pie.core.prompting.prompts import BEST_SCORE, Form, Prompt
from pie.core.rows import language_of
from pie.core.training import chat, execution
from pie.core.training.formats import SCORED, Format, Shown, chat_row, prompt_of, tag_of
from pie.core.training.length import Length
from pie.core.training.trajectory import Solution, trajectory
from pie.flows.dataset.rows import listing, pair_rows, seconds, speedup
from sim.program import Program
from sim.verdict import Verdict


@dataclass(frozen=True)
class Request:
    """Which pairs, and what becomes of them."""

    pairs: Path
    out: Path
    format: Format = Format.PLAIN
    tags: tuple[int, ...] = ()
    """Training: only targets with one of these; sampling: a prompt for each (none given: 10)."""
    sampling: bool = False
    """Prompts only, as a trained model is asked."""
    hq: bool = False
    per_problem: int = PER_PROBLEM
    size: int | None = None
    self_play: Path | None = None
    run: Path | None = None
    """Of `pie simulate`, for `ecco-execution`."""
    tests_shown: int = execution.PUBLIC_TESTS
    form: Form | None = None
    """Plain text, or messages for the model's chat template; None: what the rest implies."""
    openai: bool = False
    """Chat rows as a hosted service takes them."""
    tokenizer: str = ""
    max_tokens: int | None = None
    strict: bool = False
    limit: int | None = None
    """Only the first rows of the pairs."""


@dataclass(frozen=True)
class Candidate:
    """A row before it is rendered: what is shown, what is to be learned, and whose it is."""

    place: str
    shown: Shown
    completion: str
    about: Mapping[str, Any] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)
    """The pair itself, which `pie generate` passes on and `pie simulate` measures."""


class _NoRow(Exception):
    """Nothing is left to write; the output is not made, the list of reasons is."""


def run(request: Request) -> dict[str, Any]:
    """Write the rows and return the manifest, with the first row as `example`."""
    _check(request)
    inputs = {"pairs": request.pairs}
    if request.self_play is not None:
        inputs["self_play"] = request.self_play
    for path in inputs.values():
        require_file(path)
    length = Length(request.tokenizer, request.max_tokens)
    parameters = {
        "format": request.format,
        "tags": list(request.tags),
        "sampling": request.sampling,
        "hq": request.hq,
        "per_problem": request.per_problem,
        "size": request.size,
        "form": request.form,
        "openai": request.openai,
        "tokenizer": request.tokenizer,
        "max_tokens": request.max_tokens,
        "tests_shown": request.tests_shown,
        "run": str(request.run) if request.run else None,
        "limit": request.limit,
    }
    step = Step("finetune-data", request.out, inputs, parameters)
    is_parquet(request.out)  # a name that says neither is refused before anything is written
    step.claim()
    counts = Counts("rows")
    all_counts = [counts]
    form = Form.CHAT if request.openai else request.form or Form.PLAIN
    example = ""
    with listing(request.out) as listed:
        if request.format is Format.ECCO_TRAJECTORY:
            pairs, counts = Counts("pairs"), Counts("trajectories")
            all_counts = [pairs, counts]
            candidates = _trajectories(request, pairs, counts, listed)
        else:
            candidates = _candidates(request, counts, listed)
        with contextlib.suppress(_NoRow), Writer(request.out) as writer:
            for one in candidates:
                prompt = prompt_of(request.format, form, one.shown)
                completion = "" if request.sampling else one.completion
                if not _is_unicode(completion):  # JSON can hold it, and no tokeniser takes it
                    _leave_out(counts, listed, one.place, "half_a_character", request.strict)
                    continue
                if not length.fits(prompt, completion):
                    _leave_out(counts, listed, one.place, "too_long", request.strict)
                    continue
                example = example or length.shown(prompt, completion)
                if request.openai:
                    writer.write(chat_row(prompt, completion))
                elif request.sampling:
                    writer.write(
                        {
                            **one.fields,
                            **one.about,
                            **_asked(request.format, prompt),
                            "stop": list(prompt.stop),
                        }
                    )
                else:
                    row = {**_asked(request.format, prompt), **one.about}
                    writer.write({**row, "completion": _learned(form, completion)})
            if not writer.rows:
                raise _NoRow
    if not writer.rows:
        raise InputError(
            f"no row is left of {request.pairs} ({_told(*all_counts)})",
            "add the score of each target with `pie dataset tag`"
            if set(counts.left_out) == {"no_tag"}
            else f"see {listed.path} for the reason of each",
        )
    counts.rows_out = writer.rows
    more: dict[str, Any] = {"length": length.rule}
    if request.openai:
        checked = chat.check(request.out)
        more |= {"examples": checked.examples, "estimated_tokens": checked.tokens}
    return {**step.finish(*all_counts, **more), "example": example}


def _asked(kind: Format, prompt: Prompt) -> dict[str, Any]:
    """Return what a model reads, and in which form and format; chats as TRL has them."""
    asked: Any = prompt.text
    if prompt.form is Form.CHAT:
        asked = [{"role": one.role, "content": one.content} for one in prompt.messages]
    return {"prompt": asked, "form": str(prompt.form), "format": str(kind)}


def _learned(form: Form, completion: str) -> Any:
    if form is Form.CHAT:
        return [{"role": "assistant", "content": completion}]
    return completion


def _check(request: Request) -> None:
    if request.tags and request.format not in SCORED:
        raise InputError(
            f"the format {request.format} shows no tag", "give --format perf-conditioned"
        )
    if request.openai and request.sampling:
        raise InputError(
            "--openai writes rows to train on, and --sampling prompts without an answer",
            "give one of the two",
        )
    if request.openai and request.form is Form.PLAIN:
        raise InputError(
            "--openai writes chat rows, and --form says plain", "leave one of them out"
        )
    if (request.run is None) == (request.format is Format.ECCO_EXECUTION):
        raise InputError(
            "ecco-execution, and it alone, shows what a run measured",
            "give --run with the folder of a `pie simulate` of these pairs, or another format",
        )


def _candidates(request: Request, counts: Counts, listed: Writer) -> Iterator[Candidate]:
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
            _leave_out(counts, listed, record.place, reason, request.strict)
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
            _leave_out(counts, listed, record.place, reason, request.strict)
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


def _trajectories(
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
            _leave_out(pairs, listed, record.place, "unknown_language", request.strict)
            continue
        times = [seconds(record, f"{role}_agg_runtime") for role in ("src", "tgt")]
        if user is None or None in times:
            reason = "no_user_id" if user is None else "no_runtime"
            _leave_out(pairs, listed, record.place, reason, request.strict)
            continue
        if not all(str(fields[f"{role}_code"]).strip() for role in ("src", "tgt")):
            _leave_out(pairs, listed, record.place, "no_program", request.strict)
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
            _leave_out(counts, listed, place, "fewer_than_three_programs", request.strict)
            continue
        if found.target.code.strip() == found.shown[-1].code.strip():
            _leave_out(counts, listed, place, "target_equals_source", request.strict)
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


def _is_unicode(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _tagged(request: Request) -> bool:
    """Whether the rows show the score of their target."""
    return request.format in SCORED and not request.sampling


def _tag(request: Request, record: Record) -> int | None:
    """Return the target's tag where training needs it; None where the row has none."""
    return tag_of(record.fields.get(FIELD)) if _tagged(request) else None


def _leave_out(counts: Counts, listed: Writer, place: str, reason: str, strict: bool) -> None:
    if strict:
        raise InputError(f"{place} cannot be used ({reason})", "mend it, or leave --strict out")
    counts.left_out[reason] += 1
    listed.write({"place": place, "reason": reason})


def _told(*counts: Counts) -> str:
    told = [f"{number} {why}" for one in counts for why, number in sorted(one.left_out.items())]
    return ", ".join(told) or "it has none"
