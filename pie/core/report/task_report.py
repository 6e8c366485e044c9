"""What a run of tasks says: pass@k, and speedup against the reference, of each model's answers."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from pie.core.metrics.averages import mean, pass_at_k, ratio_of_sums
from pie.core.metrics.bootstrap import LEVEL, RESAMPLES, Cluster, exponential, mean_interval
from pie.core.metrics.estimate import Estimate
from pie.core.metrics.metrics import OPTIMISED_THRESHOLD
from pie.core.metrics.standing import Standing, UnsupportedAs, standing
from pie.core.report.measuring import read_measuring
from pie.core.report.native_agreement import NativeAgreement, read_native
from pie.core.report.pair_rows import ReportError, read_rows
from pie.core.wording import count
from sim.verdict import Verdict

SCHEMA_VERSION = 1
_WANTED_K = (1, 2, 5, 10, 20, 50, 100)
UNNAMED = "answers"
"""What answers are called whose model is not named."""


@dataclass(frozen=True)
class ModelScore:
    """The answers of one model. Numbers are None where nothing could be scored.

    `answers` = `scored` + `failed` + `left_out`.
    """

    model: str
    tasks: int
    """Tasks with at least one answer that counts."""
    answers: int
    scored: int
    """Accepted answers."""
    failed: int
    left_out: int
    """Not measured through our own failure, or by `--unsupported left-out`."""
    verdicts: Mapping[str, int]
    pass_at: Mapping[int, Estimate]
    """By k: mean over tasks with k answers or more, unbiased."""
    pass_tasks: Mapping[int, int]
    """By k: those tasks."""
    compared: int
    """Accepted answers whose reference is accepted, too."""
    compared_tasks: int
    speedup: Estimate | None
    """Mean over tasks of the mean speedup of their accepted answers, not clamped."""
    geometric_mean: Estimate | None
    """The same of logarithms."""
    ratio_of_sums: float | None
    """Seconds of the references against seconds of the accepted answers."""
    optimised: Estimate | None
    """Share of the compared answers with the speedup of the threshold, mean over tasks."""


@dataclass(frozen=True)
class TaskReport:
    """The numbers of a run of tasks, with all that is needed to judge them."""

    schema_version: int
    machine: str
    fingerprint: str
    tasks_file: str
    tasks: int
    finished: int
    left_out: int
    references: Mapping[str, int]
    """Reference solutions by verdict."""
    refused_references: tuple[str, ...]
    """Tasks whose first reference is not accepted, with the verdict."""
    without_answers: int
    models: tuple[ModelScore, ...]
    notes: tuple[str, ...]
    definitions: str
    native: NativeAgreement | None = None
    """Whether the host's processor agrees; None where nothing was compared."""


@dataclass
class _Tally:
    """What is kept of one model's answers."""

    verdicts: Counter[str] = field(default_factory=Counter)
    standings: Counter[Standing] = field(default_factory=Counter)
    counted: dict[str, tuple[int, int]] = field(default_factory=dict)
    """By task: answers that count, and accepted ones."""
    speedups: dict[str, list[float]] = field(default_factory=dict)
    before: list[float] = field(default_factory=list)
    after: list[float] = field(default_factory=list)


def is_of_tasks(run: Path) -> bool:
    """Tell whether a run folder holds results of tasks."""
    try:
        manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(manifest, dict) and manifest.get("kind") == "tasks"


def read_task_report(
    run: Path,
    manifest: Mapping[str, Any],
    unsupported: UnsupportedAs = UnsupportedAs.FAILED,
    threshold: float = OPTIMISED_THRESHOLD,
    limit: int | None = None,
) -> TaskReport:
    """Report on a run folder of tasks, also on one that is still growing.

    ReportError, with the place, for what is damaged.
    """
    path = run / "tasks.jsonl"
    rows = read_rows(path) if path.exists() else ()
    try:
        first = (row for _number, row in islice(rows, limit))
        report = task_report(first, manifest, unsupported, threshold)
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, ReportError):
            raise
        raise ReportError(f"{path}: a row is damaged ({error!r})") from error
    measuring = read_measuring(run / "measurements.jsonl")
    return replace(
        report,
        notes=(*report.notes, *measuring.sentences),
        native=read_native(run / "native.jsonl", limit),
    )


def task_report(
    rows: Iterable[Any],
    manifest: Mapping[str, Any],
    unsupported: UnsupportedAs,
    threshold: float = OPTIMISED_THRESHOLD,
) -> TaskReport:
    """Report on the rows of `tasks.jsonl`."""
    models: dict[str, _Tally] = {}
    references: Counter[str] = Counter()
    refused: list[str] = []
    finished = without = 0
    for row in rows:
        finished += 1
        references.update(one["verdict"] for one in row["references"])
        first = row["references"][0] if row["references"] else None
        if first is not None and first["verdict"] != Verdict.ACCEPTED:
            refused.append(f"{row['task_id']} ({first['verdict']})")
        without += not row["answers"]
        for answer in row["answers"]:
            tally = models.setdefault(answer.get("model") or UNNAMED, _Tally())
            _add(tally, row["task_id"], answer, first, unsupported)
    machine = manifest["machine"]
    left_out = int(manifest["tasks_left_out"])
    return TaskReport(
        schema_version=SCHEMA_VERSION,
        machine=machine["name"],
        fingerprint=machine["fingerprint"],
        tasks_file=str(manifest["tasks_file"]),
        tasks=int(manifest["tasks"]),
        finished=finished,
        left_out=left_out,
        references=dict(references),
        refused_references=tuple(refused),
        without_answers=without,
        models=tuple(_score(name, models[name], threshold) for name in sorted(models)),
        notes=tuple(_notes(manifest, finished, left_out, refused, without)),
        definitions=_definitions(threshold),
    )


def _add(
    tally: _Tally,
    task_id: str,
    answer: Mapping[str, Any],
    reference: Mapping[str, Any] | None,
    unsupported: UnsupportedAs,
) -> None:
    verdict = Verdict(answer["verdict"])
    tally.verdicts[verdict.value] += 1
    stands = standing(verdict, unsupported)
    tally.standings[stands] += 1
    if stands is Standing.LEFT_OUT:
        return
    counted, accepted = tally.counted.get(task_id, (0, 0))
    tally.counted[task_id] = counted + 1, accepted + (stands is Standing.SCORED)
    if stands is Standing.SCORED and reference is not None and answer["speedup"] is not None:
        tally.speedups.setdefault(task_id, []).append(float(answer["speedup"]))
        tally.before.append(float(reference["seconds"]))
        tally.after.append(float(answer["seconds"]))


def _score(name: str, tally: _Tally, threshold: float) -> ModelScore:
    pass_at, pass_tasks = {}, {}
    most = max((counted for counted, _accepted in tally.counted.values()), default=0)
    for k in (k for k in _WANTED_K if k <= most):
        chances = {
            task: pass_at_k(counted, accepted, k)
            for task, (counted, accepted) in tally.counted.items()
            if counted >= k
        }
        pass_at[k] = _mean_over_tasks(chances)
        pass_tasks[k] = len(chances)
    means = {task: mean(values) for task, values in tally.speedups.items()}
    logarithms = {
        task: mean([math.log(value) for value in values]) for task, values in tally.speedups.items()
    }
    faster = {
        task: mean([float(value >= threshold) for value in values])
        for task, values in tally.speedups.items()
    }
    geometric = None
    if logarithms:
        logged = _mean_over_tasks(logarithms)
        geometric = Estimate(math.exp(logged.value), exponential(logged.interval))
    return ModelScore(
        model=name,
        tasks=len(tally.counted),
        answers=sum(tally.standings.values()),
        scored=tally.standings[Standing.SCORED],
        failed=tally.standings[Standing.FAILED],
        left_out=tally.standings[Standing.LEFT_OUT],
        verdicts={one.value: tally.verdicts[one.value] for one in Verdict},
        pass_at=pass_at,
        pass_tasks=pass_tasks,
        compared=len(tally.before),
        compared_tasks=len(means),
        speedup=_mean_over_tasks(means) if means else None,
        geometric_mean=geometric,
        ratio_of_sums=ratio_of_sums(tally.before, tally.after) if tally.before else None,
        optimised=_mean_over_tasks(faster) if faster else None,
    )


def _mean_over_tasks(values: Mapping[str, float]) -> Estimate:
    clusters = {task: Cluster(value, 1) for task, value in values.items()}
    return Estimate(mean(list(values.values())), mean_interval(clusters))


def _definitions(threshold: float) -> str:
    return (
        "pass@k: unbiased, mean over the tasks with at least k answers; an answer passes when all "
        "tests of its task accept it, public and private; speedup: the first reference against "
        "the answer, of accepted answers whose reference is accepted, mean of each task's mean, "
        "not clamped; sums: seconds of references / seconds of answers over the same answers; "
        f"%Opt: share of them with a speedup of {threshold:g} or more; interval: {LEVEL:.0%}, "
        f"{RESAMPLES} bootstrap resamples of tasks."
    )


def _notes(
    manifest: Mapping[str, Any], finished: int, left_out: int, refused: list[str], without: int
) -> Iterable[str]:
    tasks = int(manifest["tasks"])
    if finished < tasks:
        yield f"unfinished: {tasks - finished} of {tasks} tasks are missing"
    if left_out:
        yield f"{count(left_out, 'task')} of the file could not be used"
    if lost := int(manifest.get("samples_left_out", 0)):
        yield f"{count(lost, 'line')} of the samples could not be used or belong to no task"
    if refused:
        shown = ", ".join(refused[:10]) + (", ..." if len(refused) > 10 else "")
        yield f"{count(len(refused), 'task')} whose reference is not accepted: {shown}"
    if without:
        yield f"{count(without, 'task')} without an answer, in no number"


def as_json(report: TaskReport) -> str:
    """Return one JSON document with everything, in full precision."""
    return json.dumps(asdict(report), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
