"""`pie refine`: refine every task in turns, and measure what each iteration brought.

manifest.json      what was asked of which model, by which strategy; status
answers.jsonl      each answer as it arrived, whole
turns.jsonl        every turn in the order of the tasks: prompt, answer, verdict, fate
versions.jsonl     of each chain the program after each iteration, with what the public tests showed
refined.jsonl      the rows with the programs of the last iteration, for `pie simulate`; of
                   tasks the samples
iterations.jsonl   the same of all iterations, measured into measured/
tasks.jsonl        the tasks with their private tests alone
left_out.jsonl     the lines that could not be used, with the reason
summary.json       tasks by how they ended, and turns by fate
"""

from __future__ import annotations

import io
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import IO, Any

from pie import __version__
from pie.core.answers.answer_store import AnswerStore
from pie.core.answers.generation_folder import GenerationFolder
from pie.core.extras import require_parsers
from pie.core.plan import LeftOut, refuse_duplicate
from pie.core.problem import InputError, RowProblem
from pie.core.prompting.prompt_plan import sha256_of
from pie.core.refinement.earlier import OPTION, EarlierRows
from pie.core.refinement.rows import Divided, divide
from pie.core.refinement.tasks import DividedTask, divide_task
from pie.core.refinement.turn_rows import (
    all_iterations,
    refined_row,
    refined_samples,
    turn_line,
    versions_line,
)
from pie.core.refinement.version import Fate, Stop
from pie.core.rows import Line, parse_row, read_lines
from pie.core.run_folder import encode, save_json
from pie.core.tasks.samples import Samples
from pie.core.tasks.task import parse_task
from pie.core.test_cases import TestCases, test_folder
from pie.core.wording import count
from pie.flows.refinement.chains import Chains, Subject, nothing_came
from pie.flows.refinement.exchange import Exchange
from pie.flows.refinement.request import Progress, Request
from sim import machines
from sim.errors import MissingTool
from sim.paths import cache_directory
from sim.program import Language, digest_of
from sim.scheduler import Scheduler, interrupt_on_sigterm
from sim.store import Store

KIND = "refinement"
Seen = tuple[set[str], dict[bytes, tuple[int, bytes]]]
"""Names of tasks, and what tells rows apart."""


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
            languages[one.task.language] = None
    if not tasks:
        why = f" (line {left_out[0].line}: {left_out[0].reason})" if left_out else ""
        raise InputError(
            f"no row of {request.rows} can be refined{why}",
            "give tasks with public_tests (docs/tasks.md)"
            if request.of_tasks
            else "a row needs public tests (its public_tests, or --public N), others that judge, "
            "and with --from an answer for each chain",
        )
    sha256 = sha256_of(request.rows, _option(request), request.limit)
    return Plan(tasks, tuple(left_out), tuple(languages), sha256)


def _option(request: Request) -> str:
    return "--tasks" if request.of_tasks else "--pairs"


def _read(request: Request) -> Iterator[tuple[int, Subject | RowProblem]]:
    folder = None if request.of_tasks else test_folder(request.testcases, request.rows)
    tests = TestCases(folder)
    seen: Seen = set(), {}
    for line in islice(read_lines(request.rows, _option(request)), request.limit):
        try:
            yield line.number, _subject(request, line, tests, seen)
        except RowProblem as problem:
            yield line.number, problem


def _subject(request: Request, line: Line, tests: TestCases, seen: Seen) -> Subject:
    one: Subject
    names, rows = seen
    if request.of_tasks:
        one = divide_task(parse_task(line.data), request.setting.toolchain)
    else:
        row = parse_row(line.data)
        refuse_duplicate(row, line.number, rows)
        one = divide(row, line.number, tests, request.public)
    if one.task.name in names:
        raise RowProblem(f"the task {one.task.name} stands in the file already")
    one = _started(request, one)
    names.add(one.task.name)
    return one


def _started(request: Request, one: Subject) -> Subject:
    """Return a task with the answers that its chains start from; RowProblem for too few."""
    match request.earlier, one:
        case EarlierRows() as earlier, Divided():
            one = replace(one, answers=earlier.answers(one.row))
        case Samples() as samples, DividedTask():
            found = samples.answers(one.whole.visible)
            one = replace(one, answers=tuple(answer.solution for answer in found))
    if request.from_answers and len(one.answers) < request.samples:
        raise RowProblem(
            f"it has {count(len(one.answers), 'answer')}, and {OPTION} needs one for each of "
            f"{count(request.samples, 'chain')}"
        )
    return one


def folder_for(request: Request, made: Plan, configuration: dict[str, Any]) -> Path:
    """Return the run's folder: as given, else named after file, strategy and configuration."""
    if request.out is not None:
        return request.out
    identity = digest_of(made.sha256, configuration)[:8]
    return Path("runs") / f"{request.rows.stem}-{request.templates.strategy.name}-{identity}"


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
        "pairs_file": str(request.rows),
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
    tasks = (one for _number, one in _read(request) if not isinstance(one, RowProblem))
    with (
        folder.rewriting("turns.jsonl") as turns,
        folder.rewriting("versions.jsonl") as versions,
        folder.rewriting("refined.jsonl") as refined,
        folder.rewriting("iterations.jsonl") as all_of_them,
        _judging(request, folder) as judging,
    ):
        for one, ended in chains.results(tasks):
            for sample, chain in enumerate(ended):
                counts.stops[chain.stop] += 1
                versions.write(encode(versions_line(one, sample, chain)))
                for turn in chain.turns:
                    counts.turns += 1
                    counts.fates[turn.fate] += 1
                    if turn.profile_problem:
                        counts.profiles_missing[turn.profile_problem] += 1
                    if turn.found:
                        counts.found[turn.found] += 1
                    turns.write(encode(turn_line(one, sample, turn)))
            if isinstance(one, DividedTask):
                judging.write(encode(one.judging()))
                refined.writelines(
                    encode(line) for line in refined_samples(one, ended, about, iterations - 1)
                )
                for number in range(iterations):
                    all_of_them.writelines(
                        encode(line) for line in refined_samples(one, ended, {}, number)
                    )
                continue
            refined.write(encode(refined_row(one, ended, about, iterations - 1)))
            all_of_them.write(encode(all_iterations(one, ended, iterations)))
    return counts


@contextmanager
def _judging(request: Request, folder: GenerationFolder) -> Iterator[IO[bytes]]:
    """The tasks with their private tests alone; of pairs the rows hold these themselves."""
    if not request.of_tasks:
        yield io.BytesIO()
        return
    with folder.rewriting("tasks.jsonl") as file:
        yield file


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
