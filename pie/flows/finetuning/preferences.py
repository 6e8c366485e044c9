"""`pie finetune preferences`: a measured run of answers to preference rows, for DPO."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pie.core.dataset.manifest import Counts, Step, limited
from pie.core.dataset.table import Writer, is_parquet
from pie.core.problem import InputError, RowProblem
from pie.core.prompting.prompt_rows import holds_prompt, prompt_in
from pie.core.prompting.prompts import BEST_SCORE, Form
from pie.core.report.pair_rows import pair_from_row, read_rows
from pie.core.rows import language_of, parse_answers
from pie.core.run_folder import load_json
from pie.core.training.formats import Format, Shown, prompt_of
from pie.core.training.preferences import Answer, Rules, preferences
from pie.flows.finetuning.refined import is_refinement
from pie.flows.finetuning.turn_preferences import TURNS, rows_of_task

_PROMPTS = {
    "finetuned": Format.PLAIN,
    "perf-conditioned": Format.PERF_CONDITIONED,
    "perf-conditioned-code": Format.PERF_CONDITIONED_CODE,
}
"""Strategies of `pie generate` whose prompt a trained model is asked with."""


@dataclass(frozen=True)
class Request:
    """Which run, and what becomes of it."""

    run: Path
    out: Path
    rules: Rules
    format: Format | None = None
    """None: the prompt that the answers were sampled with."""
    score: int = BEST_SCORE
    """Of perf-conditioned."""
    limit: int | None = None
    """Only the first rows of the run."""


def build(request: Request) -> dict[str, Any]:
    """Write the rows and return the manifest; InputError when the run gives none."""
    if is_refinement(request.run):
        return _of_turns(request)
    pairs = request.run / "pairs.jsonl"
    if not pairs.is_file():
        raise InputError(
            f"{request.run} is no run of `pie simulate` (it has no pairs.jsonl)",
            "give the folder of a run of `pie generate`'s generations.jsonl",
        )
    step = _claimed(request, pairs)
    machine = load_json(request.run / "manifest.json").get("machine")
    counts = Counts("rows of the run")
    used = written = 0
    kinds: Counter[str] = Counter()
    with Writer(request.out) as writer:
        for number, row in read_rows(pairs, request.limit):
            counts.rows_in += 1
            try:
                made = _rows(request, row)
            except (ValueError, RowProblem) as problem:
                raise InputError(
                    f"{pairs}:{number}: {problem}", "measure the run again with `pie simulate`"
                ) from problem
            if not made:
                counts.left_out["no_two_answers_far_enough_apart"] += 1
                continue
            used += 1
            for one in made:
                written += 1
                kinds["failed" if one["ratio"] is None else "slower"] += 1
                writer.write(one)
        if not written:
            raise InputError(
                f"no row of {request.run} has a faster answer over a slower one",
                "sample more answers a row, lower --min-ratio, or give --failed",
            )
    counts.rows_out = used
    return step.finish(counts, preferences=written, rejected=dict(kinds), machine=machine)


def _of_turns(request: Request) -> dict[str, Any]:
    """Do the same with the answers of a refinement run."""
    step = _claimed(request, request.run / TURNS)
    counts = Counts("tasks of the run")
    used = written = 0
    kinds: Counter[str] = Counter()
    with Writer(request.out) as writer:
        for rows in rows_of_task(
            request.run, request.rules, request.format, request.score, request.limit
        ):
            counts.rows_in += 1
            if not rows:
                counts.left_out["no_two_answers_far_enough_apart"] += 1
                continue
            used += 1
            for one in rows:
                written += 1
                kinds["failed" if one["ratio"] is None else "slower"] += 1
                writer.write(one)
        if not written:
            raise InputError(
                f"no prompt of {request.run} has a faster answer over a slower one",
                f"give {_other_ways(request)}",
            )
    counts.rows_out = used
    return step.finish(counts, preferences=written, rejected=dict(kinds))


def _other_ways(request: Request) -> str:
    """Return what gives more preferences and is not in use."""
    plain = "--format plain, which compares all programs of a task"
    ways = [] if request.rules.failed else ["--failed"]
    ways += [] if request.format is Format.PLAIN else [plain]
    return " or ".join(["more chains (`pie refine --samples`)", *ways])


def _claimed(request: Request, path: Path) -> Step:
    """Return the step, which nobody else works on."""
    parameters = {
        "min_ratio": request.rules.min_ratio,
        "per_row": request.rules.per_row,
        "failed": request.rules.failed,
        "unsupported": request.rules.unsupported,
        "format": request.format,
        "score": request.score,
        **limited(request.limit),
    }
    step = Step("finetune-preferences", request.out, {"run": path}, parameters)
    is_parquet(request.out)  # a name that says neither is refused before anything is written
    step.claim()
    return step


def _rows(request: Request, row: object) -> list[dict[str, Any]]:
    """Return the preferences of one row of the run; ValueError for one that is none."""
    result = pair_from_row(row)
    assert isinstance(row, dict)
    if not isinstance(row.get("src_code"), str):
        raise ValueError("src_code is not a text")
    codes = parse_answers(row.get("generated_answers"))
    if len(codes) != len(result.generations):
        raise ValueError(f"{len(codes)} answers, but {len(result.generations)} were measured")
    answers = [
        Answer(code, measured) for code, measured in zip(codes, result.generations, strict=True)
    ]
    found = preferences([one for one in answers if one.code.strip()], request.rules)
    if not found:
        return []
    shown = Shown(
        language_of(str(row.get("language") or "cpp")), (str(row["src_code"]),), request.score
    )
    form = _form(row)
    asked: Any
    if request.format is None and holds_prompt(row):
        prompt = prompt_in(row)
        form = prompt.form
    else:
        prompt = prompt_of(_format(request, row), form, shown)
    asked = prompt.text
    if form is Form.CHAT:
        asked = [{"role": one.role, "content": one.content} for one in prompt.messages]
    about = {name: row.get(name) for name in ("problem_id", "src_id")}
    return [
        {
            "prompt": asked,
            "chosen": _said(form, one.chosen.code),
            "rejected": _said(form, one.rejected.code),
            "form": str(form),
            "ratio": one.ratio,
            "chosen_seconds": one.chosen.result.seconds,
            "rejected_seconds": one.rejected.result.seconds,
            "rejected_verdict": one.rejected.result.verdict.value,
            **about,
        }
        for one in found
    ]


def _form(row: dict[str, Any]) -> Form:
    """Return the form that the answers were sampled in; plain where the run does not say."""
    sampling = row.get("sampling")
    said = sampling.get("form") if isinstance(sampling, dict) else None
    return Form(said) if said in tuple(Form) else Form.PLAIN


def _said(form: Form, code: str) -> Any:
    """Return an answer as TRL's trainers take it: a text, or the assistant's message."""
    return [{"role": "assistant", "content": code}] if form is Form.CHAT else code


def _format(request: Request, row: dict[str, Any]) -> Format:
    """Return the format of the prompt: as asked, else that of the sampling."""
    if request.format is not None:
        return request.format
    sampling = row.get("sampling")
    strategy = sampling.get("strategy") if isinstance(sampling, dict) else None
    known = _PROMPTS.get(str(strategy))
    if known is None:
        raise InputError(
            f"the answers were sampled with the strategy {strategy}, whose prompt is not one to "
            "train with"
            if strategy
            else "the run does not say how its answers were sampled",
            "give --format plain or --format perf-conditioned",
        )
    return known
