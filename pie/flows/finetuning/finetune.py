"""`pie finetune run`, `merge` and `submit`: check what can be checked, then hand to the engine."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finetune import dpo, grpo, hosted, kinds, launch, model, processes, recipe
from finetune.errors import FinetuneError
from finetune.kinds import Settings
from finetune.merge import merge
from finetune.rows import data_line, objects, read_rows
from pie.core.models.openai_wire import clean_url
from pie.core.training import chat

__all__ = ["Planned", "merge", "outcome", "plan", "run", "submit"]


MODULES = {**kinds.MODULES, "grpo": "pie.rewards.grpo"}
"""By objective, the script that the line starts: speed as a reward comes from above."""


@dataclass(frozen=True)
class Planned:
    """A recipe with its launch line, before anything has been started."""

    recipe: Settings
    words: tuple[str, ...]

    @property
    def doubts(self) -> tuple[str, ...]:
        """What of the launch does not suit this machine, a sentence each."""
        return tuple(launch.doubts(self.recipe))

    @property
    def line(self) -> str:
        """The `accelerate launch` line, for a shell."""
        return launch.shown(self.words)


def plan(
    config: str, named: Mapping[str, str], settings: Sequence[str], node_rank: int | None
) -> Planned:
    """Read a recipe and make its line; FinetuneError says what is wrong with it.

    `settings` are KEY=VALUE words, and an error when they set what `named` does.
    """
    overrides: dict[str, Any] = recipe.settings(settings)
    twice = next((name for name in overrides if name in named), None)
    if twice is not None:
        raise FinetuneError(f"--{twice} and --set {twice}=... are both given", "give one of them")
    overrides = {**named, **overrides}
    found = recipe.load(config, overrides)
    _refuse_pairs(found)
    rank = launch.node_rank(node_rank, found.launch.nodes)
    module = MODULES[found.objective]
    return Planned(found, launch.line(found, config, overrides, rank, module))


def _refuse_pairs(found: Settings) -> None:
    """Refuse pairs in the place of rows, with the command that makes rows of them.

    Of a file that this machine does not have nothing is said: a line may be made for another one.
    """
    names = {name: Path(path) for name in ("train", "eval") if (path := getattr(found, name, ""))}
    first = {name: next(objects(path, 1))[1] for name, path in names.items() if path.is_file()}
    for name, fields in first.items():
        if "src_code" not in fields or {"prompt", "messages"} & fields.keys():
            continue
        if found.objective == "dpo":
            command = f"pie finetune preferences RUN --out {names[name].with_suffix('.rows.jsonl')}"
            how = f"with a run of `pie simulate` of answers to them: `{command}`"
        elif found.objective == "grpo":
            how = f"with `{data_line(names[name], '--sampling')}`"
        else:
            how = f"with `{data_line(names[name], *_options(first))}`"
        raise FinetuneError(
            f"--{name} {names[name]} holds pairs, and not yet rows to train on",
            f"make rows {how}, and give those",
        )


def _options(first: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    """Return what makes rows as the other file's are."""
    known = next((one for one in first.values() if "format" in one), {})
    given = [(f"--{name}", str(known[name])) for name in ("format", "form") if name in known]
    return tuple(word for pair in given if pair[1] != "plain" for word in pair)


def run(planned: Planned) -> int:
    """Check model, rows and output, then train; return the exit code of the training."""
    found = planned.recipe
    for name in ("train", "output"):
        if not getattr(found, name):
            raise FinetuneError(
                f"the recipe names no {name}", f"write it in the recipe or give --{name}"
            )
    processes.check_device(found)
    model.fingerprint(model.folder_of(found.model))
    for path in (found.train, getattr(found, "eval", "")):
        if path:
            _check_rows(found.objective, Path(path), found.limit)
    output = Path(found.output)
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FinetuneError(
            f"the output {output} cannot be made ({error.strerror})", "give another --output"
        ) from error
    return launch.run(planned.words, output)


def _check_rows(objective: str, path: Path, limit: int | None) -> None:
    """Refuse a file that the training would refuse later, after its processes have started."""
    if objective == "grpo":
        grpo.read(path, ("problem_id", "src_code", "tests"), limit)
        return
    read = dpo.preferences if objective == "dpo" else read_rows
    for _row in read(path, limit):
        pass


def outcome(planned: Planned) -> dict[str, Any]:
    """Return what a finished run came to, for `--json`."""
    from finetune import checkpoint, metrics

    output = Path(planned.recipe.output)
    lines = metrics.read(output / "metrics.jsonl")
    losses = [line for line in lines if "loss" in line]
    saved = checkpoint.all_of(output)
    progress = checkpoint.read_progress(saved[-1]) if saved else None
    folder = output / ("model" if planned.recipe.method == "full" else "adapter")
    return {
        "schema_version": 1,
        "folder": str(folder),
        "steps": progress.step if progress else 0,
        "loss": losses[-1]["loss"] if losses else None,
        "best_step": progress.best_step if progress else None,
        "best_eval_loss": progress.best_loss if progress else None,
        "checkpoint": str(saved[-1]) if saved else None,
    }


def submit(
    rows: Path,
    validation: Path | None,
    asked: hosted.Asked,
    base_url: str,
    seconds_between: float | None,
    say: Callable[[str], None],
    limit: int | None = None,
) -> hosted.Job:
    """Check the files, start the job or find the one started before, and wait if asked to.

    With a `limit` the files are their first lines.
    """
    url = clean_url(base_url or os.environ.get("OPENAI_BASE_URL", "") or hosted.HOSTED)
    key = os.environ.get("OPENAI_API_KEY", "").strip()
    if not key and url == hosted.HOSTED:
        raise FinetuneError(
            f"the server {url} needs a key and OPENAI_API_KEY is not set",
            "export it, or give another server with --base-url",
        )
    if not (key.isascii() and key.isprintable()):
        raise FinetuneError("OPENAI_API_KEY is no key", "export the key as the service gave it")
    for path in (rows, validation):
        if path is not None:
            found = chat.check(path, limit)
            say(f"{path}: {found.examples:,} examples, about {found.tokens:,} tokens an epoch")
    service = hosted.Service(url, key)
    job = hosted.submit(service, asked, rows, validation, say, limit)
    if seconds_between is None:
        return job
    return hosted.wait(service, rows, job, seconds_between, say)
