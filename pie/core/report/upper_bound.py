"""The limit of speed that people reached on a run's problems, against the model's.

PIE 4, "Model vs. Human Fastest Possible Speedup": the fastest of all accepted human submissions to
a problem against the fastest of all generations for it, over whichever row (9.56x against 9.64x).
The paper does not say what is averaged. Here it is what its code averages for every other number:
over the rows, max(1, source of the row / fastest program of its problem), and 1 where the model has
no accepted generation. The mean over problems, each of the same weight, is given besides.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from pie.core.metrics.averages import geometric_mean, mean
from pie.core.metrics.estimate import Estimate, mean_estimate
from pie.core.metrics.pair_result import PairResult
from pie.core.metrics.standing import UnsupportedAs
from sim.program import Language
from sim.verdict import Verdict

Winner = Literal["model", "human", "equal", "no generation"]
_NOBODY = "no accepted human submission"
_SAME = 1e-9
"""Relative; runtimes of one program on one deterministic machine are equal but for rounding."""


@dataclass(slots=True)
class Human:
    """The accepted submissions to one problem."""

    tests: tuple[int, ...]
    seconds: float = math.inf
    name: str = ""
    solutions: int = 0
    not_measured: int = 0
    unsupported: int = 0
    sources: dict[str, float] = field(default_factory=dict)
    """Seconds of the submissions that are a row's source."""


@dataclass(frozen=True, slots=True)
class RunRow:
    """What the comparison needs of one row of the run."""

    result: PairResult
    src_id: str | None
    tests: tuple[int, ...] | None
    """None for tests inside the row, which no submission was measured on."""
    language: Language = Language.CPP


@dataclass(slots=True)
class _Model:
    """The generations for one problem, and its scored rows."""

    sources: list[float] = field(default_factory=list)
    seconds: float = math.inf
    name: str = ""
    generations: int = 0
    accepted: int = 0
    not_measured: int = 0
    unsupported: int = 0


@dataclass(frozen=True, slots=True)
class ProblemBound:
    """One problem: its fastest human and its fastest generated program."""

    problem_id: str
    rows: int
    human_id: str
    human_seconds: float
    solutions: int
    """Accepted human submissions."""
    model_id: str | None
    """The row and the number of the generation, from 1."""
    model_seconds: float | None
    generations: int
    accepted_generations: int
    human_speedup: float
    """Mean over the problem's rows."""
    model_speedup: float
    winner: Winner


@dataclass(frozen=True, slots=True)
class UpperBound:
    """Both limits over all problems. `rows` = `scored` + the sum of `excluded`."""

    rows: int
    scored: int
    excluded: Mapping[str, int]
    human: Estimate | None
    """Mean over rows, clamped at 1; interval over problems."""
    model: Estimate | None
    human_over_problems: float | None
    """Mean over problems of the problems' means."""
    model_over_problems: float | None
    human_geometric_mean: float | None
    model_geometric_mean: float | None
    solutions: int
    generations: int
    not_measured_submissions: int
    not_measured_generations: int
    unsupported_submissions: int
    unsupported_generations: int
    unsupported_as: UnsupportedAs
    """What a generation counts as that the machine cannot measure."""
    wins: Mapping[str, int]
    problems: tuple[ProblemBound, ...]


def upper_bound(
    rows: Iterable[RunRow],
    humans: Mapping[str, Human],
    *,
    deterministic: bool,
    others: Container[str] = (),
    unsupported: UnsupportedAs = UnsupportedAs.FAILED,
) -> UpperBound:
    """Compare the fastest generation of each problem with its fastest human program.

    A row counts when its source was accepted and its problem has human submissions that were
    measured on the same tests; where the source is one of them, its two runtimes must agree (on a
    deterministic machine), else they were not measured alike. Generations of rows that do not
    count do not compete. `others`: problems with submissions in another language than the rows'.
    """
    models: dict[str, _Model] = {}
    excluded: Counter[str] = Counter()
    number = 0
    for row in rows:
        number += 1
        best = humans.get(row.result.problem_id)
        reason = _exclusion(row, best, deterministic, unsupported)
        if reason == _NOBODY and row.result.problem_id in others:
            reason = "human submissions in another language"
        if reason:
            excluded[reason] += 1
        else:
            _add(models.setdefault(row.result.problem_id, _Model()), row.result)
    problems = tuple(_problem(name, models[name], humans[name]) for name in sorted(models))
    human = {name: _speedups(models[name].sources, humans[name].seconds) for name in models}
    model = {name: _speedups(one.sources, one.seconds) for name, one in models.items()}
    return UpperBound(
        rows=number,
        scored=number - excluded.total(),
        excluded=dict(sorted(excluded.items())),
        human=mean_estimate(human),
        model=mean_estimate(model),
        human_over_problems=_over_problems(human),
        model_over_problems=_over_problems(model),
        human_geometric_mean=_geometric(human),
        model_geometric_mean=_geometric(model),
        solutions=sum(humans[name].solutions for name in models),
        generations=sum(one.generations for one in models.values()),
        not_measured_submissions=sum(humans[name].not_measured for name in models),
        not_measured_generations=sum(one.not_measured for one in models.values()),
        unsupported_submissions=sum(humans[name].unsupported for name in models),
        unsupported_generations=sum(one.unsupported for one in models.values()),
        unsupported_as=unsupported,
        wins={who: sum(one.winner == who for one in problems) for who in get_args(Winner)},
        problems=problems,
    )


def _exclusion(
    row: RunRow, human: Human | None, deterministic: bool, unsupported: UnsupportedAs
) -> str:
    result = row.result
    if result.src_verdict == Verdict.NOT_MEASURED:
        return "source not measured"
    if result.src_verdict == Verdict.UNSUPPORTED:
        return "source does what the machine cannot measure"
    if result.src_seconds is None:
        return "source not accepted"
    if not result.generations:
        return "no generations"
    if human is None or not human.solutions:
        return _NOBODY
    left_out = unsupported is UnsupportedAs.LEFT_OUT
    if left_out and any(one.verdict == Verdict.UNSUPPORTED for one in result.generations):
        return "a generation does what the machine cannot measure"
    if row.tests is None or set(row.tests) != set(human.tests):
        return "measured on other tests"
    stated = human.sources.get(row.src_id or "")
    if deterministic and stated is not None:
        same = math.isclose(stated, result.src_seconds, rel_tol=_SAME)
        return "" if same else "source measured otherwise"
    return ""


def _add(model: _Model, result: PairResult) -> None:
    assert result.src_seconds is not None
    model.sources.append(result.src_seconds)
    for number, one in enumerate(result.generations, start=1):
        model.generations += 1
        model.not_measured += one.verdict == Verdict.NOT_MEASURED
        model.unsupported += one.verdict == Verdict.UNSUPPORTED
        if one.seconds is not None:
            model.accepted += 1
            if one.seconds < model.seconds:
                model.seconds, model.name = one.seconds, f"{result.name}, generation {number}"


def _speedups(sources: Sequence[float], fastest: float) -> list[float]:
    return [max(1.0, source / fastest) for source in sources]


def _problem(problem_id: str, model: _Model, human: Human) -> ProblemBound:
    generated = model.accepted > 0
    winner: Winner = "no generation"
    if generated:
        winner = "equal" if model.seconds == human.seconds else "human"
        winner = "model" if model.seconds < human.seconds else winner
    return ProblemBound(
        problem_id=problem_id,
        rows=len(model.sources),
        human_id=human.name,
        human_seconds=human.seconds,
        solutions=human.solutions,
        model_id=model.name if generated else None,
        model_seconds=model.seconds if generated else None,
        generations=model.generations,
        accepted_generations=model.accepted,
        human_speedup=mean(_speedups(model.sources, human.seconds)),
        model_speedup=mean(_speedups(model.sources, model.seconds)),
        winner=winner,
    )


def _over_problems(by_problem: Mapping[str, Sequence[float]]) -> float | None:
    return mean([mean(rows) for rows in by_problem.values()]) if by_problem else None


def _geometric(by_problem: Mapping[str, Sequence[float]]) -> float | None:
    values = [value for rows in by_problem.values() for value in rows]
    return geometric_mean(values) if values else None


def add_submission(humans: dict[str, Human], row: Mapping[str, Any], sources: set[str]) -> None:
    """Take one measured submission in; `sources` are the ids that rows have as their source."""
    problem_id = str(row["problem_id"])
    human = humans.setdefault(problem_id, Human(tuple(row["tests"])))
    human.not_measured += row["verdict"] == Verdict.NOT_MEASURED
    human.unsupported += row["verdict"] == Verdict.UNSUPPORTED
    if row["verdict"] != Verdict.ACCEPTED:
        return
    seconds, name = float(row["agg_runtime"]), str(row["submission_id"])
    human.solutions += 1
    if seconds < human.seconds:
        human.seconds, human.name = seconds, name
    if name in sources:
        human.sources[name] = seconds
