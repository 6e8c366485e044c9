"""`pie simulate --tasks`: measure reference solutions and answers of tasks into a run folder."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from pie import __version__
from pie.core.metrics.standing import UnsupportedAs
from pie.core.native_check import examine_with_check
from pie.core.plan import LeftOut
from pie.core.problem import InputError
from pie.core.report.task_report import TaskReport, read_task_report
from pie.core.run_folder import SCHEMA_VERSION, Lines, RunFolder
from pie.core.tasks.samples import read_samples
from pie.core.tasks.task_plan import PlannedTask, TaskPlan, plan_tasks
from pie.core.tasks.task_rows import task_measurements, task_native_lines, task_row
from pie.core.wording import count
from pie.flows.simulate import Progress, effort, leave_status, plain_reason, processors
from sim import machines
from sim.errors import MissingTool
from sim.machine import MeasuresSources
from sim.paths import cache_directory
from sim.procedure import Procedure, examine
from sim.program import digest_of
from sim.scheduler import Scheduler, Tally, interrupt_on_sigterm
from sim.setting import Setting
from sim.store import Store
from sim.verdict import Verdict

ROWS = "tasks.jsonl"


@dataclass(frozen=True)
class Request:
    """What the user asked for."""

    tasks: Path
    setting: Setting
    samples: Path | None = None
    """Answers of a file; None: those that stand in the tasks."""
    out: Path | None = None
    jobs: int = 0
    """Worker processes; 0 is one for each processor."""
    use_cache: bool = True
    strict: bool = False
    trust_programs: bool = False
    unsupported: UnsupportedAs = UnsupportedAs.FAILED
    limit: int | None = None
    """Only the first lines of the file of tasks."""


@dataclass(frozen=True)
class Finished:
    """A run that came to its end."""

    folder: Path
    plan: TaskPlan
    report: TaskReport
    counts: dict[str, int]
    """Programs by verdict, references and answers."""
    tally: Tally
    seconds: float

    def reasons(self, wanted: Verdict) -> Counter[str]:
        """Return why programs got a verdict, and how many for each reason."""
        reasons: Counter[str] = Counter()
        with (self.folder / ROWS).open("rb") as lines:
            for line in lines:
                row = json.loads(line)
                reasons.update(
                    plain_reason(one["detail"])
                    for one in (*row["references"], *row["answers"])
                    if one["verdict"] == wanted
                )
        return reasons


def plan(request: Request) -> TaskPlan:
    """Read the tasks and samples; see what there is to do. InputError when nothing can be done."""
    samples = None if request.samples is None else read_samples(request.samples)
    made = plan_tasks(request.tasks, request.setting.toolchain, samples, request.limit)
    bad = made.left_out[:1] or made.lost_samples[:1]
    if request.strict and bad:
        file = request.tasks if made.left_out else request.samples
        raise InputError(
            f"{file}:{bad[0].line}: {bad[0].reason}",
            "mend it, or leave --strict out to measure the others",
        )
    if made.calls and isinstance(request.setting.machine, MeasuresSources):
        raise InputError(
            f"{count(made.calls, 'test')} of {request.tasks} call functions, and "
            f"{request.setting.machine.name} runs programs on standard input alone",
            "measure them on another machine",
        )
    if made.answers and not request.trust_programs:
        machines.refuse_untrusted(request.setting.machine, "--trust-programs")
    return made


def simulate(
    request: Request,
    made: TaskPlan,
    started: Callable[[Path], None],
    show: Callable[[Progress], None],
) -> Finished:
    """Measure everything; `started` is told the folder, `show` is called now and then.

    KeyboardInterrupt passes through with everything measured so far kept. InputError and
    MissingTool when the run cannot begin.
    """
    begin = time.monotonic()
    setting = request.setting
    missing = setting.machine.check()
    if not missing.ok:
        raise MissingTool(missing.problem, missing.remedy)
    described = setting.fingerprint(made.languages)
    path = _folder_for(request, made, described)
    jobs = 1 if setting.machine.interleaved else (request.jobs or processors())
    with RunFolder(path, _manifest(request, made, described, jobs), rows=ROWS) as folder:
        started(path)
        _write_left_out(folder.path / "left_out.jsonl", made.left_out)
        _write_left_out(folder.path / "samples_left_out.jsonl", made.lost_samples)
        where = cache_directory() if request.use_cache else path / "store"
        store = Store(where / "results.sqlite")
        progress = Progress(planned=made.tasks, runs=made.runs)
        counts: Counter[str] = Counter()
        try:
            with interrupt_on_sigterm(), Scheduler(store, jobs) as scheduler:
                progress.tally = scheduler.tally
                _measure_all(request, made, folder, scheduler, progress, show, counts)
        except BaseException as error:
            leave_status(folder, error, progress.tally, begin)
            raise
        finally:
            store.close()
        seconds = time.monotonic() - begin
        report = read_task_report(path, folder.manifest, request.unsupported)
        by_verdict = {verdict.value: counts[verdict.value] for verdict in Verdict}
        folder.finish(
            {
                "schema_version": SCHEMA_VERSION,
                "tasks": report.finished,
                "tasks_left_out": len(made.left_out),
                "programs": made.programs,
                "counts": by_verdict,
                "report": asdict(report),
            }
        )
        folder.save_manifest("finished", **effort(progress.tally, seconds))
    return Finished(path, made, report, by_verdict, progress.tally, seconds)


def _measure_all(
    request: Request,
    made: TaskPlan,
    folder: RunFolder,
    scheduler: Scheduler,
    progress: Progress,
    show: Callable[[Progress], None],
    counts: Counter[str],
) -> None:
    """Run every task through the scheduler and write its lines as it is done."""
    pending: list[PlannedTask] = []
    labels = {language: request.setting.label(language) for language in made.languages}

    def procedures() -> Iterator[Procedure]:
        for planned in made.read():
            pending.append(planned)
            yield procedure_of(planned, request.setting)

    for outcomes in scheduler.run(procedures(), lambda: show(progress)):
        planned = pending.pop(0)
        for line in task_measurements(planned, outcomes):
            folder.measurements.write(line)
        for line in task_native_lines(progress.rows, planned, outcomes):
            folder.native.write(line)
        folder.rows.write(task_row(planned, outcomes, labels[planned.task.language]))
        counts.update(one.verdict.value for one in outcomes)
        progress.rows += 1
        show(progress)


def procedure_of(planned: PlannedTask, setting: Setting) -> Procedure:
    """Return how a task's programs are measured; the first reference bounds the others.

    Their speedups against it are held against the processor's.
    """
    if planned.task.references:
        return examine_with_check(planned.programs(), planned.cases, setting)
    setting = replace(setting, budget=None)
    return examine(planned.programs(), planned.cases, setting)


def _folder_for(request: Request, made: TaskPlan, setting: dict[str, Any]) -> Path:
    """Return the run's folder: as given, else named after file, machine and configuration."""
    if request.out is not None:
        return request.out
    answers = made.samples.sha256 if made.samples else ""
    identity = digest_of(made.sha256, made.tests_digest, answers, setting)[:8]
    return Path("runs") / f"{request.tasks.stem}-{request.setting.machine.name}-{identity}"


def _manifest(
    request: Request, made: TaskPlan, described: dict[str, Any], jobs: int
) -> dict[str, Any]:
    machine = request.setting.machine
    return {
        "schema_version": SCHEMA_VERSION,
        "kind": "tasks",
        "status": "running",
        "toolkit_version": __version__,
        "machine": {
            "name": machine.name,
            "deterministic": machine.deterministic,
            "fingerprint": digest_of(described)[:12],
        },
        "tasks_file": str(request.tasks),
        "tasks_sha256": made.sha256,
        "tests_digest": made.tests_digest,
        "samples_file": None if request.samples is None else str(request.samples),
        "samples_sha256": made.samples.sha256 if made.samples else None,
        "samples_left_out": len(made.lost_samples),
        "tasks": made.tasks,
        "tasks_left_out": len(made.left_out),
        "programs": made.programs,
        "runs": made.runs,
        "jobs": jobs,
        "setting": described,
    }


def _write_left_out(path: Path, left_out: list[LeftOut]) -> None:
    lines = Lines(path)
    for one in left_out:
        lines.write({"line": one.line, "reason": one.reason})
    lines.finish()
    lines.close()


def plan_sentence(request: Request, made: TaskPlan) -> str:
    """Say how much work there is."""
    return (
        f"{count(made.tasks, 'task')}, {count(made.answers, 'answer')}, "
        f"{count(made.programs, 'distinct program')}, {count(made.runs, 'run')} to judge and "
        f"measure on {request.setting.machine.name}; {count(len(made.left_out), 'task')} left out"
    )
