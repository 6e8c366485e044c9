"""`pie refine`: refine every task in turns, and measure what each iteration brought.

manifest.json      what was asked of which model, by which strategy; status
answers.jsonl      each answer as it arrived, whole
turns.jsonl        every turn in the order of the tasks: prompt, answer, verdict, fate
refined.jsonl      the rows with the programs of the last iteration, for `pie simulate`
iterations.jsonl   the rows with the programs of all iterations, measured into measured/
left_out.jsonl     the lines that could not be used, with the reason
summary.json       tasks by how they ended, turns by fate, and the table by iteration
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from pie import __version__
from pie.core.answers.answer_store import AnswerStore
from pie.core.answers.generation_folder import GenerationFolder
from pie.core.extras import require_parsers
from pie.core.plan import LeftOut
from pie.core.problem import InputError, RowProblem
from pie.core.prompting.prompt_plan import sha256_of
from pie.core.refinement.rows import Divided, divide
from pie.core.refinement.turn_rows import all_iterations, refined_row, turn_line
from pie.core.refinement.version import Fate, Stop
from pie.core.rows import parse_row, read_lines
from pie.core.run_folder import encode, save_json
from pie.core.test_cases import TestCases, test_folder
from pie.flows.refinement.chains import Chains, nothing_came
from pie.flows.refinement.exchange import Exchange
from pie.flows.refinement.request import Progress, Request
from sim import machines
from sim.errors import MissingTool
from sim.paths import cache_directory
from sim.program import Language, digest_of
from sim.scheduler import Scheduler, interrupt_on_sigterm
from sim.store import Store

KIND = "refinement"


@dataclass(frozen=True)
class Plan:
    """What there is to do."""

    tasks: int
    left_out: tuple[LeftOut, ...]
    languages: tuple[Language, ...]
    sha256: str


@dataclass(frozen=True)
class Refinement:
    """A run that came to its end."""

    folder: Path
    plan: Plan
    summary: dict[str, Any]


def plan(request: Request) -> Plan:
    """Read the rows and see which can be refined; InputError when none can."""
    if not request.trust_programs:
        machines.refuse_untrusted(request.setting.machine, "--trust-programs")
    left_out: list[LeftOut] = []
    languages: dict[Language, None] = {}
    tasks = 0
    for number, one in _read(request):
        if isinstance(one, RowProblem):
            left_out.append(LeftOut(number, str(one)))
        else:
            tasks += 1
            languages[one.row.language] = None
    if not tasks:
        why = f" (line {left_out[0].line}: {left_out[0].reason})" if left_out else ""
        raise InputError(
            f"no row of {request.pairs} can be refined{why}",
            "give rows with public_tests, or say with --public N how many of each row's tests "
            "the model may see",
        )
    sha256 = sha256_of(request.pairs, limit=request.limit)
    return Plan(tasks, tuple(left_out), tuple(languages), sha256)


def _read(request: Request) -> Iterator[tuple[int, Divided | RowProblem]]:
    tests = TestCases(test_folder(request.testcases, request.pairs))
    for line in islice(read_lines(request.pairs), request.limit):
        try:
            yield line.number, divide(parse_row(line.data), line.number, tests, request.public)
        except RowProblem as problem:
            yield line.number, problem


def folder_for(request: Request, made: Plan, configuration: dict[str, Any]) -> Path:
    """Return the run's folder: as given, else named after file, strategy and configuration."""
    if request.out is not None:
        return request.out
    identity = digest_of(made.sha256, configuration)[:8]
    return Path("runs") / f"{request.pairs.stem}-{request.templates.strategy.name}-{identity}"


def refine_all(
    request: Request,
    made: Plan,
    started: Callable[[Path], None],
    show: Callable[[Progress], None],
) -> Refinement:
    """Refine every task; KeyboardInterrupt and ModelError pass through with every answer kept."""
    begin = time.monotonic()
    require_parsers()
    machine = request.setting.machine
    missing = machine.check()
    if not missing.ok:
        raise MissingTool(missing.problem, missing.remedy)
    configuration = request.configuration(list(made.languages))
    path = folder_for(request, made, configuration)
    manifest = {
        "toolkit_version": __version__,
        "pairs_file": str(request.pairs),
        "pairs_sha256": made.sha256,
        "model": request.model.name,
        "strategy": request.templates.strategy.name,
        "setting": configuration,
    }
    progress = Progress(tasks=made.tasks)
    with GenerationFolder(path, manifest, KIND) as folder, interrupt_on_sigterm():
        folder.write_lines("left_out.jsonl", [asdict(one) for one in made.left_out])
        started(path)
        answers = AnswerStore(path / "answers.jsonl")
        where = cache_directory() if request.use_cache else path / "store"
        store = Store(where / "results.sqlite")
        jobs = 1 if machine.interleaved else (request.jobs or len(os.sched_getaffinity(0)))
        try:
            with (
                Scheduler(store, jobs) as scheduler,
                Exchange(request.model, request.sampling) as exchange,
            ):
                chains = Chains(
                    request, configuration, answers, scheduler, exchange, progress, show
                )
                counts = _write(request, folder, chains)
            error = nothing_came(progress, chains.unanswered, request.model.name)
            if error is not None:
                raise error
        except BaseException as error:
            interrupted = isinstance(error, KeyboardInterrupt)
            folder.save_manifest("interrupted" if interrupted else "failed")
            raise
        finally:
            store.close()
            answers.close()
        summary = _summary(request, made, progress, counts, chains.unanswered)
        save_json(path / "summary.json", summary)
        unfinished = counts.stops[Stop.UNANSWERED] or counts.stops[Stop.BUDGET]
        effort = {"wall_seconds": round(time.monotonic() - begin, 3)}
        folder.save_manifest("unfinished" if unfinished else "finished", effort=effort)
    return Refinement(path, made, summary)


@dataclass
class _Counts:
    stops: Counter[Stop]
    fates: Counter[Fate]
    found: Counter[str]
    profiles_missing: Counter[str]
    turns: int = 0


def _write(request: Request, folder: GenerationFolder, chains: Chains) -> _Counts:
    """Write the lines of each task as it ends, in the order of the file."""
    counts = _Counts(Counter(), Counter(), Counter(), Counter())
    about = {
        "model": request.model.name,
        "strategy": request.templates.strategy.name,
        "form": request.form.value,
        "rounds": request.rounds,
        "samples": request.samples,
    }
    iterations = 1 + request.templates.strategy.iterations(request.rounds)
    tasks = (one for _number, one in _read(request) if isinstance(one, Divided))
    with (
        folder.rewriting("turns.jsonl") as turns,
        folder.rewriting("refined.jsonl") as refined,
        folder.rewriting("iterations.jsonl") as all_of_them,
    ):
        for one, ended in chains.results(tasks):
            for sample, chain in enumerate(ended):
                counts.stops[chain.stop] += 1
                for turn in chain.turns:
                    counts.turns += 1
                    counts.fates[turn.fate] += 1
                    if turn.found:
                        counts.found[turn.found] += 1
                    turns.write(encode(turn_line(one, sample, turn)))
                for evidence in chain.evidence:
                    if evidence is not None and evidence.profile_problem:
                        counts.profiles_missing[evidence.profile_problem] += 1
            refined.write(encode(refined_row(one, ended, about, iterations - 1)))
            all_of_them.write(encode(all_iterations(one, ended, iterations)))
    return counts


def _summary(
    request: Request,
    made: Plan,
    progress: Progress,
    counts: _Counts,
    unanswered: Counter[str],
) -> dict[str, Any]:
    """Return what stands in summary.json; equal for equal answers and measurements."""
    return {
        "schema_version": 1,
        "model": request.model.name,
        "strategy": request.templates.strategy.name,
        "tasks": made.tasks,
        "rows_left_out": len(made.left_out),
        "samples": request.samples,
        "iterations": request.templates.strategy.iterations(request.rounds),
        "turns": counts.turns,
        "stops": {one.value: counts.stops[one] for one in Stop},
        "fates": {one.value: counts.fates[one] for one in Fate},
        "found": dict(sorted(counts.found.items())),
        "profiles_missing": dict(counts.profiles_missing.most_common(10)),
        "unanswered": dict(unanswered.most_common()),
        "tokens_in": progress.tokens_in,
        "tokens_out": progress.tokens_out,
        "cost": request.prices.cost(progress.tokens_in, progress.tokens_out),
    }
