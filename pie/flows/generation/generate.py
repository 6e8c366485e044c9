"""`pie generate`: ask a model for faster versions of every row's slow program."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pie import __version__
from pie.core.answers.answer_store import AnswerStore
from pie.core.answers.extraction import Extraction, Found
from pie.core.answers.generation_folder import GenerationFolder
from pie.core.answers.generation_rows import extraction_of, generation_row
from pie.core.extras import require_parsers
from pie.core.models import Model, Request, Sampling
from pie.core.problem import InputError
from pie.core.prompting.prompt_plan import (
    Prompting,
    PromptPlan,
    plan_prompts,
    read_prompt,
    sha256_of,
)
from pie.core.prompting.prompts import SCORED, Prompt
from pie.core.rows import Row
from pie.core.run_folder import encode, save_json
from pie.core.wording import count
from pie.flows.generation.asking import Progress, ask_all
from sim.program import digest_of
from sim.scheduler import interrupt_on_sigterm


@dataclass(frozen=True)
class Prices:
    """Of a million tokens, in the user's currency; None: not known."""

    tokens_in: float | None = None
    tokens_out: float | None = None

    def cost(self, tokens_in: int, tokens_out: int) -> float | None:
        """Return what tokens cost; None without both prices."""
        if self.tokens_in is None or self.tokens_out is None:
            return None
        return (tokens_in * self.tokens_in + tokens_out * self.tokens_out) / 1e6


@dataclass(frozen=True)
class Asked:
    """What the user asked for, with everything opened that it names."""

    pairs: Path
    model: Model
    prompting: Prompting
    sampling: Sampling
    samples: int
    out: Path | None = None
    strict: bool = False
    limit: int | None = None
    """Only the first lines of the pairs."""
    prices: Prices = Prices()
    examples: str = ""
    """Digest of what examples are drawn from, and how."""
    examples_unfit: int = 0
    """Rows of the examples whose target is known to be no improvement; none is shown."""
    addresses: tuple[str, ...] = ()
    """Where the model is reached; told, but no part of what could change an answer."""


@dataclass(frozen=True)
class Generated:
    """A run that came to its end."""

    folder: Path
    plan: PromptPlan
    progress: Progress
    summary: dict[str, Any]


def setting_of(asked: Asked) -> dict[str, Any]:
    """Return everything that could change an answer, but the number of samples."""
    sampling = asdict(asked.sampling)
    prompting = asked.prompting
    return {
        "model": asked.model.fingerprint(),
        "strategy": prompting.strategy.value,
        "form": prompting.form.value,
        "score": None if prompting.from_rows else prompting.score,
        "examples": asked.examples,
        "room": prompting.room,
        "tokens": asked.model.counts,
        "sampling": sampling,
    }


def folder_for(asked: Asked, setting: dict[str, Any], sha256: str) -> Path:
    """Return the run's folder: as given, else named after file, strategy and configuration."""
    if asked.out is not None:
        return asked.out
    identity = digest_of(sha256, setting)[:8]
    return Path("runs") / f"{asked.pairs.stem}-{asked.prompting.strategy}-{identity}"


def dry_run(asked: Asked, number: int) -> tuple[Row, Prompt, dict[str, Any]]:
    """Return the prompt of one row (1, 2, ...) and what is to be known of it; asks no model."""
    from pie.core.rows import parse_row, read_lines

    for at, line in enumerate(read_lines(asked.pairs), start=1):
        if at == number:
            from pie.core.problem import RowProblem

            try:
                row = parse_row(line.data)
                fitted = asked.prompting.prompt_of(row)
            except RowProblem as problem:
                raise InputError(
                    f"{asked.pairs}:{line.number}: {problem}", "give another one with --row"
                ) from problem
            about = {
                "tokens": fitted.tokens,
                "tokens_counted": asked.model.counts,
                "examples": list(fitted.prompt.examples),
                "examples_dropped": fitted.dropped,
                "examples_wanted": asked.prompting.wanted,
                "fits": fitted.fits,
                "prompt_sha": fitted.prompt.digest,
            }
            return row, fitted.prompt, about
    raise InputError(f"{asked.pairs} has no row {number}", "give a smaller one with --row")


def generate(
    asked: Asked,
    started: Callable[[Path, PromptPlan], None],
    show: Callable[[Progress], None],
) -> Generated:
    """Ask for everything that has no answer yet, and write the rows that have all of theirs.

    `started` is told the folder and the plan; `show` is called as answers arrive. KeyboardInterrupt
    and ModelError pass through with every answer kept.
    """
    begin = time.monotonic()
    require_parsers()
    setting = setting_of(asked)
    sha256 = sha256_of(asked.pairs, limit=asked.limit)
    path = folder_for(asked, setting, sha256)
    manifest = {
        "toolkit_version": __version__,
        "pairs_file": str(asked.pairs),
        "pairs_sha256": sha256,
        "model": asked.model.name,
        "addresses": list(asked.addresses),
        "samples": asked.samples,
        "setting": setting,
    }
    progress = Progress()

    def made(rows: int) -> None:
        progress.prompts = rows
        show(progress)

    with GenerationFolder(path, manifest) as folder, interrupt_on_sigterm():
        with folder.rewriting("prompts.jsonl") as file:
            plan = plan_prompts(asked.pairs, asked.prompting, file, made, asked.limit)
        _refuse_if_strict(asked, plan)
        folder.write_lines("left_out.jsonl", [asdict(one) for one in plan.left_out])
        started(path, plan)
        store = AnswerStore(path / "answers.jsonl")
        try:
            _ask(asked, setting, plan, path, store, progress, show)
            found, unanswered = _write_rows(asked, setting, plan, folder, store, progress)
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


def _refuse_if_strict(asked: Asked, plan: PromptPlan) -> None:
    if asked.strict and plan.left_out:
        first = plan.left_out[0]
        raise InputError(
            f"{asked.pairs}:{first.line}: {first.reason} "
            f"({count(len(plan.left_out), 'row')} cannot be used)",
            "mend them, or leave --strict out to ask about the others",
        )


def _key(setting: dict[str, Any], prompt: Prompt, row: str, sample: int) -> str:
    """Return what one answer is found by: everything that could change it."""
    drawn = (setting["model"], setting["sampling"], sample)
    return digest_of("answer", prompt.digest, row, *drawn)


def _requests(
    asked: Asked,
    setting: dict[str, Any],
    plan: PromptPlan,
    prompts: Path,
    store: AnswerStore,
) -> Iterator[Request]:
    """Yield what has no answer yet, prompt by prompt."""
    with prompts.open("rb") as file:
        for offset in plan.prompts:
            file.seek(offset)
            prompt, row = read_prompt(file.readline())
            for sample in range(asked.samples):
                key = _key(setting, prompt, row, sample)
                if key not in store:
                    yield Request(key, prompt, sample, asked.sampling.seed + sample, row)


def _ask(
    asked: Asked,
    setting: dict[str, Any],
    plan: PromptPlan,
    path: Path,
    store: AnswerStore,
    progress: Progress,
    show: Callable[[Progress], None],
) -> None:
    """Get every answer that is missing; each batch is on the disk before it is counted."""
    prompts = path / "prompts.jsonl"
    progress.wanted = len(plan.prompts) * asked.samples
    missing = sum(1 for _ in _requests(asked, setting, plan, prompts, store))
    progress.reused = progress.answered = progress.wanted - missing
    show(progress)
    if not missing:
        return
    wanted = _requests(asked, setting, plan, prompts, store)
    ask_all(asked.model, asked.sampling, wanted, store, progress, show)


def _write_rows(
    asked: Asked,
    setting: dict[str, Any],
    plan: PromptPlan,
    folder: GenerationFolder,
    store: AnswerStore,
    progress: Progress,
) -> tuple[Counter[str], int]:
    """Write the rows with all their answers; return how programs were found, and rows without."""
    found: Counter[str] = Counter()
    unanswered: list[dict[str, Any]] = []
    about: dict[str, Any] = {
        "model": asked.model.name,
        "strategy": asked.prompting.strategy.value,
        "form": asked.prompting.form.value,
    }
    # Rows that hold their prompts name the score that each asks for themselves.
    if asked.prompting.strategy in SCORED and not asked.prompting.from_rows:
        about["score"] = asked.prompting.score
    counted: set[int] = set()
    with (
        (folder.path / "prompts.jsonl").open("rb") as prompts,
        folder.rewriting("generations.jsonl") as out,
    ):
        for planned, row in plan.read_rows():
            prompt, answers = None, []
            extractions = [Extraction(None, Found.PROMPT_TOO_LONG, 0)] * asked.samples
            if planned.prompt >= 0:
                prompts.seek(plan.prompts[planned.prompt])
                prompt, identity = read_prompt(prompts.readline())
                stored = [
                    store.get(_key(setting, prompt, identity, sample))
                    for sample in range(asked.samples)
                ]
                answers = [one for one in stored if one is not None]
                if planned.prompt not in counted:
                    counted.add(planned.prompt)
                    _count_tokens(answers, progress)
                if len(answers) < asked.samples:
                    unanswered.append(_unanswered(row, asked.samples - len(answers)))
                    continue
                extractions = [extraction_of(one, row, prompt) for one in answers]
            found.update(one.found.value for one in extractions)
            progress.several_programs += sum(one.programs > 1 for one in extractions)
            out.write(encode(generation_row(row, planned, prompt, answers, extractions, about)))
    folder.write_lines("unanswered.jsonl", unanswered)
    return found, len(unanswered)


def _unanswered(row: Row, missing: int) -> dict[str, Any]:
    return {
        "src_id": row.src_id,
        "tgt_id": row.tgt_id,
        "problem_id": row.problem_id,
        "answers_missing": missing,
    }


def _count_tokens(answers: list[dict[str, Any]], progress: Progress) -> None:
    for one in answers:
        tokens = (one.get("tokens_in"), one.get("tokens_out"))
        if all(isinstance(number, int) for number in tokens):
            progress.tokens_in += tokens[0] or 0
            progress.tokens_out += tokens[1] or 0
        else:
            progress.without_usage += 1


def _summary(
    asked: Asked, plan: PromptPlan, progress: Progress, found: Counter[str], unanswered: int
) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "model": asked.model.name,
        "strategy": asked.prompting.strategy.value,
        "samples": asked.samples,
        "rows": len(plan.rows),
        "rows_left_out": len(plan.left_out),
        "rows_unanswered": unanswered,
        "rows_prompt_too_long": plan.too_long,
        "examples_dropped": plan.dropped,
        "examples_missing": plan.examples_missing,
        "examples_short": plan.examples_short,
        "examples_unfit": asked.examples_unfit,
        "prompts": len(plan.prompts),
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
