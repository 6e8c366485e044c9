"""`pie simulate`: measure every program of a pairs file into a run folder."""

from __future__ import annotations

import json
import os
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pie import __version__
from pie.core import plan as planning
from pie.core.metrics.standing import UnsupportedAs
from pie.core.native_lines import native_lines
from pie.core.plan import Plan
from pie.core.problem import InputError, RowProblem
from pie.core.report.report import Report, read_report
from pie.core.report.report_formats import as_dict
from pie.core.report.startup import Startup, startup_procedure
from pie.core.result_rows import measurement_lines, result_row
from pie.core.rows import ANSWERS, Row
from pie.core.run_folder import SCHEMA_VERSION, Lines, RunFolder
from pie.core.shard import Shard
from pie.core.test_cases import TestCases, test_folder
from pie.core.testing.fuzzed_rows import Fuzzing, examine_with_fuzz
from pie.core.wording import count
from sim import machines
from sim.errors import MissingTool
from sim.paths import cache_directory
from sim.procedure import Procedure
from sim.program import digest_of
from sim.scheduler import Scheduler, Tally, interrupt_on_sigterm
from sim.setting import Setting
from sim.store import Store
from sim.verdict import Verdict


@dataclass(frozen=True)
class Request:
    """What the user asked for."""

    pairs: Path
    setting: Setting
    testcases: Path | None = None
    out: Path | None = None
    jobs: int = 0
    """Worker processes; 0 is one for each processor."""
    use_cache: bool = True
    strict: bool = False
    trust_programs: bool = False
    """The user's word that no program is made to cheat (`machines.refuse_untrusted`)."""
    unsupported: UnsupportedAs = UnsupportedAs.FAILED
    """How the report counts generated programs that the machine cannot measure."""
    limit: int | None = None
    """Only the first lines of the pairs file."""
    answers: str = ANSWERS
    """The field of the programs that are measured beside source and target."""
    shard: Shard | None = None
    """Only this part of the file; `pie merge` joins the runs."""
    fuzz: int = 0
    """Made inputs on which accepted answers are run beside their source; 0: none."""
    fuzz_seed: int = 0
    repeated: bool = False
    """The rows are our own: those that are alike were answered by different models or runs."""

    @property
    def fuzzing(self) -> dict[str, int]:
        """What made inputs depend on, for manifests; empty without them."""
        return {"inputs": self.fuzz, "seed": self.fuzz_seed} if self.fuzz else {}


@dataclass
class Progress:
    """How far a run is; handed to whoever shows it."""

    rows: int = 0
    planned: int = 0
    runs: int = 0
    """Programs times tests, as planned; a program that fails a test needs fewer."""
    tally: Tally = field(default_factory=Tally)
    programs: int = 0
    """Distinct programs, as planned; 0 where nobody counted them."""
    jobs: int = 1
    """Jobs that run at a time."""

    def done(self, kind: str) -> int:
        """Jobs of a kind that were run or taken from the store."""
        return self.tally.run.get(kind, 0) + self.tally.reused.get(kind, 0)

    @property
    def seconds_left(self) -> float | None:
        """What is left, by what a job of each kind has taken so far; None until one was measured.

        Compiling comes first and says nothing of measuring, so each kind counts for itself. A
        program that fails a test is not measured: it is as long as this, or shorter.
        """
        planned = {"build": self.programs, "judge": self.programs, "measure": self.runs}
        left = 0.0
        for kind, number in planned.items():
            rest = max(0, number - self.done(kind))
            if not rest:
                continue
            if not self.tally.run.get(kind):
                return None
            left += rest * self.tally.host_seconds.get(kind, 0.0) / self.tally.run[kind]
        return left / max(1, self.jobs)

    @property
    def runs_left(self) -> int:
        """Runs still to be measured, at most: a program is over with the first limit it meets."""
        done = self.tally.run.get("measure", 0) + self.tally.reused.get("measure", 0)
        return max(0, self.runs - done) or self.planned - self.rows


@dataclass(frozen=True)
class Finished:
    """A run that came to its end."""

    folder: Path
    plan: Plan
    report: Report
    summary: dict[str, Any]
    tally: Tally
    seconds: float

    @property
    def not_measured(self) -> int:
        """Programs that our own infrastructure failed to measure."""
        return int(self.summary["counts"].get(Verdict.NOT_MEASURED.value, 0))

    @property
    def unsupported(self) -> int:
        """Programs that do what the machine cannot measure."""
        return int(self.summary["counts"].get(Verdict.UNSUPPORTED.value, 0))

    def reasons(self, wanted: Verdict) -> Counter[str]:
        """Return why programs got a verdict, and how many for each reason."""
        reasons: Counter[str] = Counter()
        with (self.folder / "pairs.jsonl").open("rb") as lines:
            for line in lines:
                row = json.loads(line)
                told = [(row["src_verdict"], row.get("src_detail", ""))]
                told.append((row["tgt_verdict"], row.get("tgt_detail", "")))
                told += [(one["verdict"], one.get("detail", "")) for one in row["generations"]]
                reasons.update(
                    plain_reason(detail) for verdict, detail in told if verdict == wanted
                )
        return reasons


def plain_reason(detail: str) -> str:
    """Return a detail without the test's name in front, so that equal reasons are one."""
    return re.sub(r"^test \S+: | \(and \d+ more\)$", "", detail)


def plan(request: Request) -> Plan:
    """Read the data set and see what there is to do. InputError when nothing can be done."""
    tests = TestCases(test_folder(request.testcases, request.pairs), request.setting.toolchain)
    made = planning.plan(
        request.pairs,
        tests,
        request.limit,
        request.answers,
        shard=request.shard,
        repeated=request.repeated,
    )
    if request.strict and made.left_out:
        first = made.left_out[0]
        raise InputError(
            f"{request.pairs}:{first.line}: {first.reason} "
            f"({count(len(made.left_out), 'row')} cannot be used)",
            "mend them, or leave --strict out to measure the others",
        )
    if made.most_generations and not request.trust_programs:
        machines.refuse_untrusted(request.setting.machine, "--trust-programs")
    return made


def run_folder_for(request: Request, made: Plan, setting: dict[str, Any]) -> Path:
    """Return the run's folder: as given, else named after file, machine and configuration."""
    if request.out is not None:
        return request.out
    fuzzing = [request.fuzzing] if request.fuzz else []
    identity = digest_of(made.sha256, made.tests_digest, setting, *fuzzing)[:8]
    return Path("runs") / f"{request.pairs.stem}-{request.setting.machine.name}-{identity}"


def simulate(
    request: Request,
    made: Plan,
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
    path = run_folder_for(request, made, described)
    jobs = 1 if setting.machine.interleaved else (request.jobs or processors())
    with RunFolder(path, _manifest(request, made, described, jobs)) as folder:
        started(path)
        _write_left_out(folder, made)
        # Without the cache, a run still keeps its own results: it can be stopped and gone on with.
        where = cache_directory() if request.use_cache else path / "store"
        store = Store(where / "results.sqlite")
        progress = Progress(planned=made.rows, runs=made.runs, programs=made.programs, jobs=jobs)
        try:
            with interrupt_on_sigterm(), Scheduler(store, jobs) as scheduler:
                progress.tally = scheduler.tally
                startup = _measure_all(request, made, folder, scheduler, progress, show)
        except BaseException as error:
            leave_status(folder, error, progress.tally, begin)
            raise
        finally:
            store.close()
        seconds = time.monotonic() - begin
        report = read_report(path, unsupported=request.unsupported)
        summary = _summary(report, startup, made)
        folder.finish(summary)
        folder.save_manifest("finished", **effort(progress.tally, seconds))
    return Finished(path, made, report, summary, progress.tally, seconds)


def _measure_all(
    request: Request,
    made: Plan,
    folder: RunFolder,
    scheduler: Scheduler,
    progress: Progress,
    show: Callable[[Progress], None],
) -> Startup:
    """Run every row through the scheduler and write its lines as it is done."""
    setting = request.setting
    tests = TestCases(test_folder(request.testcases, request.pairs), request.setting.toolchain)
    pending: list[Row] = []
    fuzzing = _fuzzing(request, made)

    def procedures() -> Iterator[Procedure]:
        for language in made.languages:
            yield startup_procedure(language, setting)
        for row in made.read():
            pending.append(row)
            try:
                cases = tests.resolve(row.problem_id, row.tests)
            except RowProblem as problem:
                raise InputError(
                    f"the test cases of {row.problem_id} changed meanwhile ({problem})",
                    "run the command again",
                ) from problem
            yield examine_with_fuzz(row.programs(), 2, cases, setting, row.problem_id, fuzzing)

    outcomes = scheduler.run(procedures(), lambda: show(progress))
    startup = Startup({language: next(outcomes)[0] for language in made.languages})
    written: set[bytes] = set()
    run_natively: set[bytes] = set()
    labels = {language: setting.label(language) for language in made.languages}
    for results in outcomes:
        row = pending.pop(0)
        folder.measurements.write(*measurement_lines(row, results, written))
        folder.native.write(*native_lines(progress.rows, row, results, run_natively))
        folder.rows.write(result_row(row, results, labels[row.language], startup))
        progress.rows += 1
        show(progress)
    return startup


def _fuzzing(request: Request, made: Plan) -> Fuzzing | None:
    """Return how answers are fuzzed; the programs of all rows of a problem say what an input is."""
    if not request.fuzz:
        return None
    fuzzing = Fuzzing(request.fuzz, request.fuzz_seed)
    for row in made.read():
        fuzzing.add_witnesses(row.problem_id, row.programs()[:2])
    return fuzzing


def _manifest(request: Request, made: Plan, described: dict[str, Any], jobs: int) -> dict[str, Any]:
    machine = request.setting.machine
    folder = test_folder(request.testcases, request.pairs)
    return {
        "schema_version": SCHEMA_VERSION,
        "status": "running",
        "toolkit_version": __version__,
        "machine": {
            "name": machine.name,
            "deterministic": machine.deterministic,
            "fingerprint": digest_of(described)[:12],
        },
        "pairs_file": str(request.pairs),
        "pairs_sha256": made.sha256,
        "tests_digest": made.tests_digest,
        "testcases": None if folder is None else str(folder.absolute()),
        **({"shard": str(request.shard)} if request.shard else {}),
        "rows": made.rows,
        "rows_left_out": len(made.left_out),
        "programs": made.programs,
        "runs": made.runs,
        "jobs": jobs,
        "setting": described,
        **({"fuzz": request.fuzzing} if request.fuzz else {}),
    }


def _write_left_out(folder: RunFolder, made: Plan) -> None:
    lines = Lines(folder.path / "left_out.jsonl")
    for one in made.left_out:
        lines.write({"line": one.line, "reason": one.reason})
    lines.finish()
    lines.close()


def _summary(report: Report, startup: Startup, made: Plan) -> dict[str, Any]:
    """Return what stands in summary.json; the same for every run of the same configuration."""
    counts = dict.fromkeys((verdict.value for verdict in Verdict), 0)
    for of_role in report.verdicts.values():
        for verdict, number in of_role.items():
            counts[str(verdict)] += number
    return {
        "schema_version": SCHEMA_VERSION,
        "rows": report.rows.finished,
        "rows_left_out": len(made.left_out),
        "programs": made.programs,
        "counts": counts,
        "startup": startup.as_dict(),
        # The host's own view stands in native.jsonl: this file is the same everywhere.
        "report": as_dict(replace(report, native=None)),
    }


def effort(tally: Tally, seconds: float) -> dict[str, Any]:
    """Return what a run took, for its manifest."""
    return {
        "effort": {
            "wall_seconds": round(seconds, 3),
            "jobs_run": tally.run,
            "jobs_reused": tally.reused,
            "jobs_failed": tally.failed,
            "host_seconds": {kind: round(spent, 3) for kind, spent in tally.host_seconds.items()},
        }
    }


def leave_status(folder: RunFolder, error: BaseException, tally: Tally, begin: float) -> None:
    """Say in the manifest how the run was left, if the disk still takes it."""
    status = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
    try:
        folder.save_manifest(status, **effort(tally, time.monotonic() - begin))
    except OSError:
        return


def processors() -> int:
    """Return the number of processors that this process may use."""
    return len(os.sched_getaffinity(0))


def resume_line(arguments: Sequence[str]) -> str:
    """Return the command that goes on with an interrupted run: the same one."""
    import shlex

    return shlex.join(["pie", *arguments])


def walls(setting: Setting) -> list[str]:
    """Return the notices on what of the sandbox is weaker here; none when all of it holds."""
    return machines.weaker_walls(setting.machine)
