"""From the options of `pie generate` to a model, a way of prompting and examples, all checked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
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
from pie.flows.generation.generate import Asked, Prices
from sim.errors import MissingTool
from sim.program import digest_of

_FEW_SHOT = (Strategy.FEW_SHOT, Strategy.FEW_SHOT_DRAWN)


@dataclass(frozen=True)
class Chosen:
    """What the command line says."""

    pairs: Path
    strategy: str
    form: str
    model: str
    samples: int
    temperature: float
    top_p: float
    max_new_tokens: int
    seed: int
    out: Path | None
    examples: Path | None
    shots: int
    index: Path | None
    k: int
    score: int
    context: int | None
    tokenizer: Path | None
    base_url: str
    concurrency: int
    max_retries: int
    timeout_seconds: float
    body: str
    price_in: float | None
    price_out: float | None
    batch_size: int
    dtype: str
    device: str
    strict: bool
    dry_run: bool
    limit: int | None = None
    tensor_parallel: int = 0
    data_parallel: int = 0
    gpu_memory: float | None = None


def open_asked(chosen: Chosen) -> Asked:
    """Return what to ask of which model; InputError for what does not fit together."""
    held = first_prompt(chosen.pairs)
    strategy = _strategy(chosen, held[0] if held else None)
    _refuse_misfits(chosen, strategy)
    if held and chosen.score != BEST_SCORE:
        raise InputError(
            f"the rows of {chosen.pairs} hold their prompts, and --score cannot change these",
            "leave it out, or write the rows again with `pie finetune data --sampling --tags`",
        )
    model = _model(chosen)
    form = _form(chosen, model, strategy, held[1] if held else None)
    choose, examples, unfit = _examples(chosen, strategy)
    room = None
    if model.context is not None:
        room = model.context - chosen.max_new_tokens
        if room < 1:
            raise InputError(
                f"a context of {model.context} tokens has no room for an answer of "
                f"{chosen.max_new_tokens}",
                "give a smaller --max-new-tokens, or the right --context",
            )
    shown = dict.fromkeys(_FEW_SHOT, chosen.shots) | {Strategy.RETRIEVAL: chosen.k}
    wanted = shown.get(strategy, 0)
    prompting = Prompting(strategy, form, model.count_tokens, room, chosen.score, choose, wanted)
    if model.by_row:
        prompting = replace(prompting, identify=identity_of)
    if held:
        prompting = replace(prompting, from_rows=True)
    return Asked(
        pairs=chosen.pairs,
        model=model,
        prompting=prompting,
        sampling=Sampling(chosen.temperature, chosen.top_p, chosen.max_new_tokens, chosen.seed),
        samples=chosen.samples,
        out=chosen.out,
        strict=chosen.strict,
        limit=chosen.limit,
        prices=Prices(chosen.price_in, chosen.price_out),
        examples=examples,
        examples_unfit=unfit,
        addresses=(url,) if (url := getattr(model, "base_url", "")) else (),
    )


def _strategy(chosen: Chosen, held: Strategy | None) -> Strategy:
    """Return the strategy: as named, or that of the prompts which the rows hold."""
    if not chosen.strategy:
        return held or Strategy.INSTRUCTION
    try:
        strategy = Strategy(chosen.strategy)
    except ValueError as error:
        raise InputError(
            f"unknown strategy {chosen.strategy!r}",
            f"choose one of {', '.join(one.value for one in Strategy)}",
        ) from error
    if held is None and strategy is Strategy.ROWS:
        raise InputError(
            f"the first row of {chosen.pairs} holds no prompt",
            "write rows with `pie finetune data --sampling`, or give another --strategy",
        )
    if held is not None and strategy not in (held, Strategy.ROWS):
        raise InputError(
            f"the rows of {chosen.pairs} hold prompts for {held}, and --strategy says {strategy}",
            "leave --strategy out, or give the pairs that the rows were made of",
        )
    return held or strategy


def _form(chosen: Chosen, model: Model, strategy: Strategy, held: Form | None) -> Form:
    """Return the form: of the prompts that the rows hold, or as named, or as the model has it."""
    if held is None:
        return form_of(chosen.form, model, trained=strategy in TRAINED)
    if chosen.form not in ("auto", held):
        raise InputError(
            f"the rows of {chosen.pairs} hold prompts in {held} form, and --form says "
            f"{chosen.form}",
            "leave --form out, or write the rows again with that --form",
        )
    known = model.trained_form()
    if known not in (None, held):
        raise InputError(
            f"{model.name} was trained in {known} form, and the rows of {chosen.pairs} are in "
            f"{held} form",
            f"write the rows again with `pie finetune data --sampling --form {known}`",
        )
    return held


def _refuse_misfits(chosen: Chosen, strategy: Strategy) -> None:
    """An option that would be passed over silently is a mistake."""
    only = {
        "--examples": (chosen.examples, _FEW_SHOT),
        "--index": (chosen.index, (Strategy.RETRIEVAL,)),
    }
    for option, (given, needed) in only.items():
        if given is not None and strategy not in needed:
            raise InputError(
                f"{option} is for --strategy {' or '.join(needed)}, not {strategy}",
                "leave one of them out",
            )
        if given is None and strategy in needed:
            raise InputError(f"--strategy {strategy} needs {option}", "give it")
    if chosen.score != BEST_SCORE and strategy not in SCORED:
        raise InputError(
            f"--score is for --strategy perf-conditioned, not {strategy}", "leave it out"
        )
    if chosen.top_p == 0:
        raise InputError("--top-p 0 leaves no token to draw", "give --temperature 0 for greedy")


def _model(chosen: Chosen) -> Model:
    if not chosen.model and not chosen.dry_run:
        raise InputError("no model is named", "give one with --model backend:name")
    return open_model(
        chosen.model or "replay:none",
        ModelOptions(
            base_url=chosen.base_url,
            concurrency=chosen.concurrency,
            max_retries=chosen.max_retries,
            timeout_seconds=chosen.timeout_seconds,
            body=parse_body(chosen.body),
            tokenizer=chosen.tokenizer,
            context=chosen.context,
            batch_size=chosen.batch_size,
            dtype=chosen.dtype,
            device=chosen.device,
            tensor_parallel=chosen.tensor_parallel,
            data_parallel=chosen.data_parallel,
            gpu_memory=chosen.gpu_memory,
        ),
    )


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


def _examples(chosen: Chosen, strategy: Strategy) -> tuple[ChooseExamples | None, str, int]:
    """Return how examples are chosen, a digest of what they are drawn from, and how many cannot."""
    if strategy is Strategy.COT:
        return lambda row: cot_examples(row.language), "two worked examples of our own", 0
    if strategy in _FEW_SHOT:
        assert chosen.examples is not None
        pool = read_pool(chosen.examples)
        source = sha256_of(chosen.examples, "--examples")
        digest = digest_of(strategy, source, chosen.shots, chosen.seed)
        drawn = fixed_examples if strategy is Strategy.FEW_SHOT else random_examples
        return drawn(pool.pairs, chosen.shots, chosen.seed), digest, pool.unfit
    if strategy is Strategy.RETRIEVAL:
        assert chosen.index is not None
        return (*_nearest(chosen.index, chosen.k), 0)
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
