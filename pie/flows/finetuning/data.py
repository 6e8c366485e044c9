"""`pie finetune data`: pairs to the rows that a model is trained on, or asked with."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from pie.core.dataset.manifest import Counts, Step
from pie.core.dataset.table import Writer, is_parquet, require_file
from pie.core.problem import InputError
from pie.core.prompting.prompts import Form, Prompt
from pie.core.training import chat
from pie.core.training.formats import SCORED, Format, chat_row, prompt_of
from pie.core.training.length import Length
from pie.flows.dataset.rows import listing
from pie.flows.finetuning import pairs as from_pairs
from pie.flows.finetuning import refined
from pie.flows.finetuning.candidates import Request, leave_out


class _NoRow(Exception):
    """Nothing is left to write; the output is not made, the list of reasons is."""


def run(request: Request) -> dict[str, Any]:
    """Write the rows and return the manifest, with the first row as `example`."""
    _check(request)
    inputs = _inputs(request)
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
        "refined": str(request.refined) if request.refined else None,
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
        if request.refined is not None:
            candidates = refined.candidates(
                request.refined,
                request.format,
                request.tests_shown,
                request.limit,
                counts,
                listed,
                strict=request.strict,
            )
        elif request.format is Format.ECCO_TRAJECTORY:
            pairs, counts = Counts("pairs"), Counts("trajectories")
            all_counts = [pairs, counts]
            candidates = from_pairs.trajectories(request, pairs, counts, listed)
        else:
            candidates = from_pairs.candidates(request, counts, listed)
        with contextlib.suppress(_NoRow), Writer(request.out) as writer:
            for one in candidates:
                prompt = prompt_of(request.format, form, one.shown)
                completion = "" if request.sampling else one.completion
                if not _is_unicode(completion):  # JSON can hold it, and no tokeniser takes it
                    leave_out(counts, listed, one.place, "half_a_character", request.strict)
                    continue
                if not length.fits(prompt, completion):
                    leave_out(counts, listed, one.place, "too_long", request.strict)
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
            f"no row is left of {request.pairs or request.refined} ({_told(*all_counts)})",
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
    if request.refined is not None:
        _check_refined(request)
    elif (request.run is None) == (request.format is Format.ECCO_EXECUTION):
        raise InputError(
            "ecco-execution, and it alone, shows what a run measured",
            "give --run with the folder of a `pie simulate` of these pairs, or another format",
        )


def _check_refined(request: Request) -> None:
    if request.pairs is not None:
        raise InputError("--pairs and --from both name what to learn", "give one of the two")
    unfit = {
        "--run": request.run is not None,
        "--self-play": request.self_play is not None,
        "--sampling": request.sampling,
        "--hq": request.hq,
        f"--format {request.format}": request.format in SCORED,
    }
    named = next((name for name, given in unfit.items() if given), None)
    if named is not None:
        raise InputError(
            f"{named} belongs to a file of pairs, and --from names a run of `pie refine`",
            "leave it out, or give --pairs",
        )


def _inputs(request: Request) -> dict[str, Path]:
    """Return the files that the rows are made of."""
    if request.refined is not None:
        if not refined.is_refinement(request.refined):
            raise InputError(
                f"{request.refined} is no run of `pie refine`", "give the folder of one to --from"
            )
        return {"refined": request.refined / refined.VERSIONS}
    if request.pairs is None:
        raise InputError("there are no pairs", "give --pairs FILE, or --from RUN of `pie refine`")
    return {"pairs": request.pairs}


def _is_unicode(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _told(*counts: Counts) -> str:
    told = [f"{number} {why}" for one in counts for why, number in sorted(one.left_out.items())]
    return ", ".join(told) or "it has none"
