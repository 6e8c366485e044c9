"""`pie generate --tasks`: ask a model for solutions of tasks, as samples for `pie simulate`.

The prompts are made of what a model may see (`VisibleTask`): no private test, no reference.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from pie import __version__
from pie.core.answers.answer_store import AnswerStore
from pie.core.answers.extraction import Extraction, Found, extract
from pie.core.answers.generation_folder import GenerationFolder
from pie.core.extras import require_parsers
from pie.core.models import Model, Request, Sampling
from pie.core.models.model import PROMPT_TOO_LONG
from pie.core.models.replay import row_identity
from pie.core.plan import LeftOut
from pie.core.problem import InputError, RowProblem
from pie.core.prompting.prompt_plan import sha256_of
from pie.core.prompting.prompts import Form, Prompt
from pie.core.prompting.task_prompts import task_prompt
from pie.core.rows import read_lines
from pie.core.run_folder import encode, save_json
from pie.core.tasks.samples import sample_line
from pie.core.tasks.task import VisibleTask, parse_task
from pie.flows.generation.asking import Progress, ask_all
from pie.flows.generation.generate import Prices
from sim.program import digest_of
from sim.scheduler import interrupt_on_sigterm

KIND = "samples"
SAMPLES = "samples.jsonl"


@dataclass(frozen=True)
class Asked:
    """What the user asked for, with the model opened."""

    tasks: Path
    model: Model
    form: Form
    sampling: Sampling
    samples: int
    room: int | None = None
    """Tokens that a prompt may have; None: no limit."""
    out: Path | None = None
    strict: bool = False
    limit: int | None = None
    prices: Prices = field(default_factory=Prices)
    addresses: tuple[str, ...] = ()


@dataclass
class Plan:
    """The tasks that can be asked about."""

    offsets: list[int] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    too_long: int = 0


@dataclass(frozen=True)
class Generated:
    """A run that came to its end."""

    folder: Path
    plan: Plan
    progress: Progress
    summary: dict[str, Any]


def generate(
    asked: Asked,
    started: Callable[[Path, Plan], None],
    show: Callable[[Progress], None],
) -> Generated:
    """Ask for everything that has no answer yet, and write the samples.

    KeyboardInterrupt and ModelError pass through with every answer kept. InputError when no task
    can be used.
    """
    begin = time.monotonic()
    require_parsers()
    setting = _setting(asked)
    sha256 = sha256_of(asked.tasks, "--tasks", asked.limit)
    path = asked.out or Path("runs") / f"{asked.tasks.stem}-task-{digest_of(sha256, setting)[:8]}"
    manifest = {
        "toolkit_version": __version__,
        "tasks_file": str(asked.tasks),
        "pairs_sha256": sha256,
        "model": asked.model.name,
        "addresses": list(asked.addresses),
        "samples": asked.samples,
        "setting": setting,
    }
    progress = Progress()
    with GenerationFolder(path, manifest, KIND) as folder, interrupt_on_sigterm():
        plan = _plan(asked, folder)
        started(path, plan)
        store = AnswerStore(path / "answers.jsonl")
        try:
            _ask(asked, setting, plan, store, progress, show)
            found, unanswered = _write(asked, setting, plan, folder, store, progress)
        except BaseException as error:
            interrupted = isinstance(error, KeyboardInterrupt)
            folder.save_manifest("interrupted" if interrupted else "failed")
            raise
        finally:
            store.close()
        summary = _summary(asked, plan, progress, found, unanswered)
        save_json(path / "summary.json", summary)
        effort = {"wall_seconds": round(time.monotonic() - begin, 3)}
        folder.save_manifest("finished" if not unanswered else "unfinished", effort=effort)
    return Generated(path, plan, progress, summary)


def dry_run(asked: Asked, number: int) -> tuple[VisibleTask, Prompt, dict[str, Any]]:
    """Return the prompt of one task (1, 2, ...) and what is to be known of it; asks no model."""
    for line in islice(read_lines(asked.tasks, "--tasks"), number - 1, number):
        try:
            task = parse_task(line.data).visible
        except RowProblem as problem:
            raise InputError(
                f"{asked.tasks}:{line.number}: {problem}", "give another one with --row"
            ) from problem
        prompt = task_prompt(task, asked.form)
        tokens = asked.model.count_tokens(prompt)
        fits = asked.room is None or tokens <= asked.room
        return task, prompt, {"tokens": tokens, "fits": fits, "prompt_sha": prompt.digest}
    raise InputError(f"{asked.tasks} has no task {number}", "give a smaller one with --row")


def _setting(asked: Asked) -> dict[str, Any]:
    """Return everything that could change an answer, but the number of samples."""
    return {
        "model": asked.model.fingerprint(),
        "strategy": "task",
        "form": asked.form.value,
        "room": asked.room,
        "tokens": asked.model.counts,
        "sampling": asdict(asked.sampling),
    }


def _plan(asked: Asked, folder: GenerationFolder) -> Plan:
    """Check every task, and write its prompt."""
    plan = Plan()
    seen: set[str] = set()
    with folder.rewriting("prompts.jsonl") as out:
        for line in islice(read_lines(asked.tasks, "--tasks"), asked.limit):
            try:
                task = parse_task(line.data).visible
                if task.task_id in seen:
                    raise RowProblem(f"the task {task.task_id} stands there already")
            except RowProblem as problem:
                plan.left_out.append(LeftOut(line.number, str(problem)))
                continue
            seen.add(task.task_id)
            plan.offsets.append(line.offset)
            prompt = task_prompt(task, asked.form)
            plan.too_long += not _fits(asked, prompt)
            messages = [[one.role, one.content] for one in prompt.messages]
            record = {"prompt_sha": prompt.digest, "task_id": task.task_id, "text": prompt.text}
            out.write(encode({**record, "messages": messages, "stop": list(prompt.stop)}))
    folder.write_lines("left_out.jsonl", [asdict(one) for one in plan.left_out])
    if asked.strict and plan.left_out:
        first = plan.left_out[0]
        raise InputError(
            f"{asked.tasks}:{first.line}: {first.reason}",
            "mend it, or leave --strict out to ask about the others",
        )
    if not plan.offsets:
        why = f" (line {plan.left_out[0].line}: {plan.left_out[0].reason})" if plan.left_out else ""
        raise InputError(
            f"the file {asked.tasks} has no task that can be used{why}",
            "give tasks, a line each (docs/tasks.md)",
        )
    return plan


def _fits(asked: Asked, prompt: Prompt) -> bool:
    return asked.room is None or asked.model.count_tokens(prompt) <= asked.room


def _tasks(asked: Asked, plan: Plan) -> Iterator[VisibleTask]:
    try:
        with asked.tasks.open("rb") as file:
            for offset in plan.offsets:
                file.seek(offset)
                yield parse_task(file.readline().removeprefix(b"\xef\xbb\xbf")).visible
    except (OSError, RowProblem) as error:
        raise InputError(
            f"the file of tasks {asked.tasks} changed while it was used ({error})",
            "run the command again",
        ) from error


def _requests(
    asked: Asked, setting: dict[str, Any], plan: Plan, store: AnswerStore
) -> Iterator[Request]:
    for task in _tasks(asked, plan):
        prompt = task_prompt(task, asked.form)
        if not _fits(asked, prompt):
            continue
        row = _identity(asked, task)
        for sample in range(asked.samples):
            key = _key(setting, prompt, row, sample)
            if key not in store:
                yield Request(key, prompt, sample, asked.sampling.seed + sample, row)


def _identity(asked: Asked, task: VisibleTask) -> str:
    return row_identity(task.task_id, None, None, "") if asked.model.by_row else ""


def _key(setting: dict[str, Any], prompt: Prompt, row: str, sample: int) -> str:
    drawn = (setting["model"], setting["sampling"], sample)
    return digest_of("answer", prompt.digest, row, *drawn)


def _ask(
    asked: Asked,
    setting: dict[str, Any],
    plan: Plan,
    store: AnswerStore,
    progress: Progress,
    show: Callable[[Progress], None],
) -> None:
    """Get every answer that is missing; equal requests are one."""
    missing = {one.key for one in _requests(asked, setting, plan, store)}
    progress.prompts = len(plan.offsets)
    progress.wanted = len(missing) + len(store)
    progress.reused = progress.answered = len(store)
    show(progress)
    if not missing:
        return

    def wanted() -> Iterator[Request]:
        for one in _requests(asked, setting, plan, store):
            if one.key in missing:
                missing.discard(one.key)
                yield one

    ask_all(asked.model, asked.sampling, wanted(), store, progress, show)


def _write(
    asked: Asked,
    setting: dict[str, Any],
    plan: Plan,
    folder: GenerationFolder,
    store: AnswerStore,
    progress: Progress,
) -> tuple[Counter[str], int]:
    """Write the samples of the tasks with all their answers; return how programs were found."""
    found: Counter[str] = Counter()
    unanswered: list[dict[str, Any]] = []
    with folder.rewriting(SAMPLES) as out:
        for task in _tasks(asked, plan):
            prompt = task_prompt(task, asked.form)
            row = _identity(asked, task)
            keys = [_key(setting, prompt, row, sample) for sample in range(asked.samples)]
            if not _fits(asked, prompt):
                answers: list[dict[str, Any]] = [{"finish_reason": PROMPT_TOO_LONG}] * len(keys)
            else:
                answers = [one for key in keys if (one := store.get(key)) is not None]
            if len(answers) < asked.samples:
                missing = asked.samples - len(answers)
                unanswered.append({"task_id": task.task_id, "answers_missing": missing})
                continue
            for answer in answers:
                extraction = _extraction(answer, task, prompt)
                found[extraction.found.value] += 1
                progress.several_programs += extraction.programs > 1
                progress.tokens_in += answer.get("tokens_in") or 0
                progress.tokens_out += answer.get("tokens_out") or 0
                progress.without_usage += answer.get("tokens_out") is None
                about = {
                    "model": asked.model.name,
                    "found": extraction.found.value,
                    "finish_reason": answer.get("finish_reason"),
                    "prompt_sha": prompt.digest,
                }
                out.write(encode(sample_line(task.task_id, extraction.code, **about)))
    folder.write_lines("unanswered.jsonl", unanswered)
    return found, len(unanswered)


def _extraction(answer: dict[str, Any], task: VisibleTask, prompt: Prompt) -> Extraction:
    reason = answer.get("finish_reason")
    if reason == PROMPT_TOO_LONG:
        return Extraction(None, Found.PROMPT_TOO_LONG, 0)
    return extract(
        answer["text"],
        task.language,
        prompt=prompt.text,
        cut_off=reason == "length",
        entry_point=task.entry_point,
    )


def _summary(
    asked: Asked, plan: Plan, progress: Progress, found: Counter[str], unanswered: int
) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "model": asked.model.name,
        "strategy": "task",
        "samples": asked.samples,
        "tasks": len(plan.offsets),
        "tasks_left_out": len(plan.left_out),
        "tasks_unanswered": unanswered,
        "tasks_prompt_too_long": plan.too_long,
        "answers": progress.answered,
        "answers_failed": progress.failed,
        "failures": dict(progress.failures.most_common()),
        "several_programs": progress.several_programs,
        "found": {one.value: found[one.value] for one in Found},
        "tokens_in": progress.tokens_in,
        "tokens_out": progress.tokens_out,
        "answers_without_usage": progress.without_usage,
        "cost": asked.prices.cost(progress.tokens_in, progress.tokens_out),
    }
