"""From the options of `pie generate` to a model, a way of prompting and examples, all checked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pie.core.models import Model, ModelOptions, Sampling, form_of, open_model
from pie.core.models.replay import identity_of
from pie.core.problem import InputError
from pie.core.prompting.example_pairs import (
    ChooseExamples,
    fixed_examples,
    nearest_examples,
    random_examples,
    read_pool,
)
from pie.core.prompting.prompt_plan import Prompting, sha256_of
from pie.core.prompting.prompt_rows import first_prompt
from pie.core.prompting.prompts import (
    BEST_SCORE,
    SCORED,
    TRAINED,
    Example,
    Form,
    Strategy,
    cot_examples,
)
from pie.flows.generation import tasks
from pie.flows.generation.generate import Asked, Prices
from pie.flows.generation.settings import Backend, Settings
from sim.errors import MissingTool
from sim.program import digest_of

_FEW_SHOT = (Strategy.FEW_SHOT, Strategy.FEW_SHOT_DRAWN)


def open_asked(settings: Settings) -> Asked:
    """Return what to ask of which model; InputError for what does not fit together."""
    if settings.pairs == Path():
        raise InputError("there is nothing to ask about", "give --pairs FILE or --tasks FILE")
    held = first_prompt(settings.pairs)
    strategy = _strategy(settings, held[0] if held else None)
    _refuse_misfits(settings, strategy)
    if held and settings.score != BEST_SCORE:
        raise InputError(
            f"the rows of {settings.pairs} hold their prompts, and --score cannot change these",
            "leave it out, or write the rows again with `pie finetune data --sampling --tags`",
        )
    model = _model(settings)
    form = _form(settings, model, strategy, held[1] if held else None)
    choose, examples, unfit = _examples(settings, strategy)
    room = _room(settings, model)
    shown = dict.fromkeys(_FEW_SHOT, settings.shots) | {Strategy.RETRIEVAL: settings.k}
    wanted = shown.get(strategy, 0)
    prompting = Prompting(strategy, form, model.count_tokens, room, settings.score, choose, wanted)
    if model.by_row:
        prompting = replace(prompting, identify=identity_of)
    if held:
        prompting = replace(prompting, from_rows=True)
    return Asked(
        pairs=settings.pairs,
        model=model,
        prompting=prompting,
        sampling=_sampling(settings),
        samples=settings.samples,
        out=settings.out,
        strict=settings.strict,
        limit=settings.limit,
        prices=Prices(settings.price_in, settings.price_out),
        examples=examples,
        examples_unfit=unfit,
        addresses=_addresses(model),
    )


def open_tasks(settings: Settings) -> tasks.Asked:
    """Return which tasks to ask of which model; InputError for what does not fit together."""
    assert settings.tasks is not None
    for option, given in (
        ("--pairs", settings.pairs != Path()),
        ("--strategy", bool(settings.strategy)),
        ("--examples", settings.examples is not None),
        ("--index", settings.index is not None),
        ("--score", settings.score != BEST_SCORE),
    ):
        if given:
            raise InputError(f"{option} belongs to pairs, not to --tasks", "leave it out")
    _refuse_no_tokens(settings)
    model = _model(settings)
    return tasks.Asked(
        tasks=settings.tasks,
        model=model,
        form=form_of(settings.form, model),
        sampling=_sampling(settings),
        samples=settings.samples,
        room=_room(settings, model),
        out=settings.out,
        strict=settings.strict,
        limit=settings.limit,
        prices=Prices(settings.price_in, settings.price_out),
        addresses=_addresses(model),
    )


def _sampling(settings: Settings) -> Sampling:
    return Sampling(settings.temperature, settings.top_p, settings.max_new_tokens, settings.seed)


def _addresses(model: Model) -> tuple[str, ...]:
    return (url,) if (url := getattr(model, "base_url", "")) else ()


def _room(settings: Settings, model: Model) -> int | None:
    """Return the tokens that a prompt may have; InputError when there are none."""
    if model.context is None:
        return None
    room = model.context - settings.max_new_tokens
    if room < 1:
        raise InputError(
            f"a context of {model.context} tokens has no room for an answer of "
            f"{settings.max_new_tokens}",
            "give a smaller --max-new-tokens, or the right --context",
        )
    return room


def _strategy(settings: Settings, held: Strategy | None) -> Strategy:
    """Return the strategy: as named, or that of the prompts which the rows hold."""
    if not settings.strategy:
        return held or Strategy.INSTRUCTION
    try:
        strategy = Strategy(settings.strategy)
    except ValueError as error:
        raise InputError(
            f"unknown strategy {settings.strategy!r}",
            f"choose one of {', '.join(one.value for one in Strategy)}",
        ) from error
    if held is None and strategy is Strategy.ROWS:
        raise InputError(
            f"the first row of {settings.pairs} holds no prompt",
            "write rows with `pie finetune data --sampling`, or give another --strategy",
        )
    if held is not None and strategy not in (held, Strategy.ROWS):
        raise InputError(
            f"the rows of {settings.pairs} hold prompts for {held}, and --strategy says {strategy}",
            "leave --strategy out, or give the pairs that the rows were made of",
        )
    return held or strategy


def _form(settings: Settings, model: Model, strategy: Strategy, held: Form | None) -> Form:
    """Return the form: of the prompts that the rows hold, or as named, or as the model has it."""
    if held is None:
        return form_of(settings.form, model, trained=strategy in TRAINED)
    if settings.form not in ("auto", held):
        raise InputError(
            f"the rows of {settings.pairs} hold prompts in {held} form, and --form says "
            f"{settings.form}",
            "leave --form out, or write the rows again with that --form",
        )
    known = model.trained_form()
    if known not in (None, held):
        raise InputError(
            f"{model.name} was trained in {known} form, and the rows of {settings.pairs} are in "
            f"{held} form",
            f"write the rows again with `pie finetune data --sampling --form {known}`",
        )
    return held


def _refuse_misfits(settings: Settings, strategy: Strategy) -> None:
    """An option that would be passed over silently is a mistake."""
    only = {
        "--examples": (settings.examples, _FEW_SHOT),
        "--index": (settings.index, (Strategy.RETRIEVAL,)),
    }
    for option, (given, needed) in only.items():
        if given is not None and strategy not in needed:
            raise InputError(
                f"{option} is for --strategy {' or '.join(needed)}, not {strategy}",
                "leave one of them out",
            )
        if given is None and strategy in needed:
            raise InputError(f"--strategy {strategy} needs {option}", "give it")
    if settings.score != BEST_SCORE and strategy not in SCORED:
        raise InputError(
            f"--score is for --strategy perf-conditioned, not {strategy}", "leave it out"
        )
    _refuse_no_tokens(settings)


def _refuse_no_tokens(settings: Settings) -> None:
    if settings.top_p == 0:
        raise InputError("--top-p 0 leaves no token to draw", "give --temperature 0 for greedy")


def _model(settings: Settings) -> Model:
    if not settings.model and not settings.dry_run:
        raise InputError("no model is named", "give one with --model backend:name")
    return open_model(
        settings.model or "replay:none", model_options(settings.backend, settings.base_url)
    )


def model_options(backend: Backend, base_url: str) -> ModelOptions:
    """Return what a model is opened with; InputError for a --body that is no JSON object."""
    fields = {**vars(backend), "body": parse_body(backend.body)}
    return ModelOptions(base_url=base_url, **fields)


def parse_body(text: str) -> dict[str, Any]:
    """Return the fields of --body; InputError when it is no JSON object."""
    try:
        body = json.loads(text) if text else {}
        json.dumps(body, allow_nan=False).encode()  # NaN, Infinity, 1e999, half a character
    except (ValueError, RecursionError) as error:
        raise InputError(f"--body is not JSON ({error})", "give an object such as '{}'") from error
    if not isinstance(body, dict):
        raise InputError("--body is not a JSON object", "give one such as '{\"top_k\": 50}'")
    return body


def _examples(settings: Settings, strategy: Strategy) -> tuple[ChooseExamples | None, str, int]:
    """Return how examples are chosen, a digest of what they are drawn from, and how many cannot."""
    if strategy is Strategy.COT:
        return lambda row: cot_examples(row.language), "two worked examples of our own", 0
    if strategy in _FEW_SHOT:
        assert settings.examples is not None
        pool = read_pool(settings.examples)
        source = sha256_of(settings.examples, "--examples")
        digest = digest_of(strategy, source, settings.shots, settings.seed)
        drawn = fixed_examples if strategy is Strategy.FEW_SHOT else random_examples
        return drawn(pool.pairs, settings.shots, settings.seed), digest, pool.unfit
    if strategy is Strategy.RETRIEVAL:
        assert settings.index is not None
        return (*_nearest(settings.index, settings.k), 0)
    return None, "", 0


def _nearest(index: Path, k: int) -> tuple[ChooseExamples, str]:
    """Open an index; its module comes with the retrieval extra."""
    from pie.flows.examples import open_examples

    try:
        opened = open_examples(index)
    except ImportError as error:
        raise MissingTool(
            f"the index cannot be opened: {error.name} is not installed",
            "pip install 'pie-perf-toolkit[retrieval]'",
        ) from error

    def neighbours(code: str, problem_id: str, most: int) -> Sequence[Example]:
        return [
            Example(
                hit.example.src_code,
                hit.example.tgt_code,
                f"{hit.example.src_id}->{hit.example.tgt_id}",
                hit.example.problem_id,
                language=hit.example.language,
            )
            for hit in opened.nearest(code, k=most, problem_id=problem_id)
        ]

    return nearest_examples(neighbours, k), digest_of("retrieval", opened.fingerprint, k)
