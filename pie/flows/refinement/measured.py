"""The programs of all iterations on the private tests: measured into the run's own folder.

Of tasks they are samples, compared with the first reference solution; of pairs, rows.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

from pie.core.metrics.pair_result import Generation, PairResult
from pie.core.problem import InputError
from pie.core.refinement.iterations import Iteration, by_iteration
from pie.core.report.pair_rows import read_pairs, read_rows
from pie.core.run_folder import load_json
from pie.core.test_cases import test_folder
from pie.flows import simulate as simulating
from pie.flows.refinement.request import Request
from pie.flows.tasks import simulate as tasks
from sim.verdict import Verdict

MEASURED = "measured"


def measure(
    request: Request, folder: Path, show: Callable[[simulating.Progress], None]
) -> list[Iteration]:
    """Measure `iterations.jsonl` as `pie simulate` would; return the table by iteration."""
    _leave_other_programs(folder)
    if request.of_tasks:
        return _measure_tasks(request, folder, show)
    asked = simulating.Request(
        pairs=folder / "iterations.jsonl",
        setting=request.setting,
        testcases=test_folder(request.testcases, request.rows),
        out=folder / MEASURED,
        jobs=request.jobs,
        use_cache=request.use_cache,
        trust_programs=request.trust_programs,
        repeated=True,
    )
    made = simulating.plan(asked)
    simulating.simulate(asked, made, lambda _folder: None, show)
    return read_iterations(folder, iterations_of(request), request.samples)


def _leave_other_programs(folder: Path) -> None:
    """Delete the measurement of other programs: a run that had ended early has gone on since.

    What it measured is in the store.
    """
    manifest = folder / MEASURED / "manifest.json"
    if not manifest.is_file():
        return
    with (folder / "iterations.jsonl").open("rb") as file:
        now = hashlib.file_digest(file, "sha256").hexdigest()
    if now not in load_json(manifest).values():
        shutil.rmtree(folder / MEASURED)


def _measure_tasks(
    request: Request, folder: Path, show: Callable[[simulating.Progress], None]
) -> list[Iteration]:
    asked = tasks.Request(
        tasks=folder / "tasks.jsonl",
        setting=request.setting,
        samples=folder / "iterations.jsonl",
        out=folder / MEASURED,
        jobs=request.jobs,
        use_cache=request.use_cache,
        trust_programs=request.trust_programs,
    )
    made = tasks.plan(asked)
    tasks.simulate(asked, made, lambda _folder: None, show)
    return read_iterations(folder, iterations_of(request), request.samples)


def is_refinement(folder: Path) -> bool:
    """Tell whether a folder is a refinement's, whose programs are measured in it."""
    return (folder / MEASURED / "manifest.json").is_file()


def table_of(folder: Path) -> list[Iteration]:
    """Return the table by iteration of a finished refinement; InputError for another."""
    if not (folder / "summary.json").is_file():
        raise InputError(
            f"the refinement {folder} is not finished, so it has no table by iteration",
            "run the same `pie refine` again: it goes on where it was stopped",
        )
    told = load_json(folder / "summary.json")
    return read_iterations(folder, 1 + int(told["iterations"]), int(told["samples"]))


def _task_result(row: object) -> PairResult:
    """Return a task's results as a pair whose two programs are the first reference solution."""
    assert isinstance(row, dict)
    verdict, seconds = Verdict.UNSUPPORTED, None
    for first in row["references"][:1]:
        verdict, seconds = Verdict(first["verdict"]), first["seconds"]
    answers = tuple(Generation(Verdict(one["verdict"]), one["seconds"]) for one in row["answers"])
    return PairResult(row["task_id"], verdict, seconds, verdict, seconds, answers, row["task_id"])


def iterations_of(request: Request) -> int:
    """Return how many sets of programs a run has: the first one and one an iteration."""
    return 1 + request.templates.strategy.iterations(request.rounds)


def read_iterations(folder: Path, iterations: int, samples: int) -> list[Iteration]:
    """Return the table by iteration of a run that was measured."""
    return by_iteration(_rows(folder), iterations, samples)


def _rows(folder: Path) -> list[PairResult]:
    of_tasks = folder / MEASURED / tasks.ROWS
    if of_tasks.is_file():
        return [_task_result(row) for _number, row in read_rows(of_tasks)]
    return list(read_pairs(folder / MEASURED / "pairs.jsonl"))
