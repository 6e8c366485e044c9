"""The programs of all iterations on the private tests: measured into the run's own folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pie.core.metrics.pair_result import PairResult
from pie.core.refinement.iterations import Iteration, by_iteration
from pie.core.report.pair_rows import read_pairs
from pie.core.test_cases import test_folder
from pie.flows import simulate as simulating
from pie.flows.refinement.request import Request

MEASURED = "measured"


def measure(
    request: Request, folder: Path, show: Callable[[simulating.Progress], None]
) -> list[Iteration]:
    """Measure `iterations.jsonl` as `pie simulate` would; return the table by iteration."""
    asked = simulating.Request(
        pairs=folder / "iterations.jsonl",
        setting=request.setting,
        testcases=test_folder(request.testcases, request.pairs),
        out=folder / MEASURED,
        jobs=request.jobs,
        use_cache=request.use_cache,
        trust_programs=request.trust_programs,
    )
    made = simulating.plan(asked)
    simulating.simulate(asked, made, lambda _folder: None, show)
    return read_iterations(folder, iterations_of(request), request.samples)


def iterations_of(request: Request) -> int:
    """Return how many sets of programs a run has: the first one and one an iteration."""
    return 1 + request.templates.strategy.iterations(request.rounds)


def read_iterations(folder: Path, iterations: int, samples: int) -> list[Iteration]:
    """Return the table by iteration of a run that was measured."""
    return by_iteration(_rows(folder), iterations, samples)


def _rows(folder: Path) -> list[PairResult]:
    return list(read_pairs(folder / MEASURED / "pairs.jsonl"))
