"""From the options of `pie refine` to a strategy, a model and a setting, all checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pie.core.models import ModelOptions, Sampling, form_of, open_model
from pie.core.problem import InputError
from pie.core.refinement.earlier import (
    OPTION,
    EarlierRows,
    answers_file,
    read_earlier,
    rows_of,
)
from pie.core.refinement.prompting import Templates
from pie.core.refinement.selection import selection
from pie.core.refinement.strategy import Shows, Strategy, load
from pie.core.tasks.samples import Samples, read_samples
from pie.core.test_cases import test_folder
from pie.flows.generation.generate import Prices
from pie.flows.refinement.patterns import Patterns, open_patterns
from pie.flows.refinement.request import Request
from sim.setting import Setting


@dataclass(frozen=True)
class Chosen:
    """What the command line says."""

    pairs: Path | None
    tasks: Path | None
    from_run: Path | None
    """An earlier run whose answers chains start from; alone, its rows are refined."""
    strategy: str
    model: str
    rounds: int | None
    samples: int
    public: int | None
    form: str
    sampling: Sampling
    options: ModelOptions
    setting: Setting
    out: Path | None = None
    testcases: Path | None = None
    jobs: int = 0
    use_cache: bool = True
    trust_programs: bool = False
    limit: int | None = None
    index: Path | None = None
    """Of `pie index`, for strategies that show patterns."""
    prices: Prices = field(default_factory=Prices)
    max_cost: float | None = None
    max_total_tokens: int | None = None


def open_request(chosen: Chosen) -> Request:
    """Return what to refine with what; InputError for what does not fit together."""
    of_tasks = chosen.tasks is not None
    if of_tasks and (chosen.public is not None or chosen.testcases is not None):
        raise InputError(
            "--public and --testcases belong to pairs: a task says itself which tests are public",
            "leave them out",
        )
    strategy, folder = load(chosen.strategy)
    selection(strategy.select)
    templates = Templates(strategy, folder)
    if not chosen.model:
        raise InputError("no model is named", "give one with --model backend:name")
    if chosen.max_cost is not None and chosen.prices.cost(1, 1) is None:
        raise InputError(
            "--max-cost needs the prices of tokens", "give --price-in and --price-out, too"
        )
    if chosen.sampling.top_p == 0:
        raise InputError("--top-p 0 leaves no token to draw", "give --temperature 0 for greedy")
    patterns = _patterns(chosen.index, strategy)
    model = open_model(chosen.model, chosen.options)
    room = None
    if model.context is not None:
        room = model.context - chosen.sampling.max_new_tokens
        if room < 1:
            raise InputError(
                f"a context of {model.context} tokens has no room for an answer of "
                f"{chosen.sampling.max_new_tokens}",
                "give a smaller --max-new-tokens, or the right --context",
            )
    rows, testcases, earlier = _rows(chosen)
    return Request(
        rows=rows,
        of_tasks=of_tasks,
        from_answers=chosen.from_run is not None,
        earlier=earlier,
        templates=templates,
        model=model,
        form=form_of(chosen.form, model),
        sampling=chosen.sampling,
        setting=chosen.setting,
        rounds=chosen.rounds or strategy.rounds,
        samples=chosen.samples,
        public=chosen.public,
        out=chosen.out,
        testcases=testcases,
        jobs=chosen.jobs,
        use_cache=chosen.use_cache,
        trust_programs=chosen.trust_programs,
        limit=chosen.limit,
        patterns=patterns,
        room=room,
        prices=chosen.prices,
        max_cost=chosen.max_cost,
        max_total_tokens=chosen.max_total_tokens,
    )


def _patterns(index: Path | None, strategy: Strategy) -> Patterns | None:
    """Open the index that patterns come from, if one is named."""
    if index is None:
        return None
    if Shows.PATTERNS not in strategy.shows:
        raise InputError(
            f"the strategy {strategy.name} shows no patterns, which --index is for", "leave it out"
        )
    return open_patterns(index)


def _rows(chosen: Chosen) -> tuple[Path, Path | None, EarlierRows | Samples | None]:
    """Return the file of rows or tasks, its folder of test cases, and where earlier answers are."""
    given, run = chosen.tasks or chosen.pairs, chosen.from_run
    if run is None:
        assert given is not None
        return given, chosen.testcases, None
    if given is None:
        rows, made_from = rows_of(run)
        testcases = chosen.testcases
        if testcases is None and test_folder(None, rows) is None:
            folders = (test_folder(None, one) for one in made_from)
            testcases = next((one for one in folders if one is not None), None)
        return rows, testcases, None
    answers = answers_file(run, of_tasks=chosen.tasks is not None)
    if answers == given:  # the rows hold their answers
        return given, chosen.testcases, None
    earlier = read_samples(answers, OPTION) if chosen.tasks else read_earlier(answers)
    return given, chosen.testcases, earlier
