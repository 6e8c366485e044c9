"""Checkpoints: written beside, made durable, then renamed, so that one is whole or not there."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finetune.errors import FinetuneError
from finetune.kinds import Recipe

if TYPE_CHECKING:
    from finetune.processes import Processes

MANIFEST = "manifest.json"
PARTIAL = ".partial"

ALONE = "torch.distributed is disabled"
"""How torch's warning begins that one process is alone, which it was told."""


@dataclass(frozen=True)
class Progress:
    """How far a run has come, and whose it is."""

    step: int
    base: str
    """Fingerprint of the base model."""
    identity: dict[str, Any]
    """What decides the numbers: the recipe without what may change between two starts."""
    best_step: int | None = None
    best_loss: float | None = None
    since_best: int = 0
    """Evaluations since the best one."""
    recipe: dict[str, Any] = field(default_factory=dict)
    """The whole recipe, to make a model of the checkpoint later."""
    form: str = "plain"
    """Of the rows, which the model is to be asked in. Earlier checkpoints knew plain rows only."""


def folder_of(output: Path, step: int) -> Path:
    """Return where the checkpoint of a step is kept."""
    return output / "checkpoints" / f"step-{step:07d}"


@contextmanager
def held(output: Path, processes: Processes) -> Iterator[None]:
    """Hold a run's folder: FinetuneError while another training goes on in it."""
    if not processes.first:
        yield
        return
    output.mkdir(parents=True, exist_ok=True)
    with (output / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise FinetuneError(
                f"another training goes on in {output}", "wait for it, or end it first"
            ) from error
        yield


def all_of(output: Path) -> list[Path]:
    """Return the checkpoints of a run, oldest first; never one that was cut off."""
    found = [
        one
        for pattern in ("step-*", "checkpoint-*")  # ours, and those of transformers' trainers
        for one in (output / "checkpoints").glob(pattern)
        if (one / MANIFEST).is_file() and one.suffix != PARTIAL
    ]
    return sorted(found, key=lambda one: int(one.name.partition("-")[2]))


def read_progress(folder: Path) -> Progress:
    """Return what a checkpoint says of itself; FinetuneError when it cannot be read."""
    try:
        document = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return Progress(**document)
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise FinetuneError(
            f"{folder} is no checkpoint of this toolkit", "remove it or give another one"
        ) from error


def check(progress: Progress, wanted: Progress, folder: Path) -> None:
    """Refuse a checkpoint of another model or of another run, naming what differs."""
    if progress.base != wanted.base:
        raise FinetuneError(
            f"{folder} is a checkpoint of another base model ({progress.base}, not {wanted.base})",
            "give the model it was trained from, or another --output",
        )
    for name in sorted(progress.identity.keys() | wanted.identity.keys()):
        # A key that did not exist yet had what is its default now.
        now = wanted.identity.get(name)
        default = Recipe.model_fields[name].default if name in Recipe.model_fields else None
        was = progress.identity.get(name, default)
        if was != now:
            raise FinetuneError(
                f"{folder} was trained with {name} = {was}, and the recipe says {now}",
                "go on with the former recipe, or give another --output",
            )


def load(folder: Path, model: Any, optimizer: Any, processes: Processes) -> None:
    """Put a checkpoint's weights, and the optimiser's state if one is given, in place."""
    import torch.distributed.checkpoint as dcp
    from torch.distributed.checkpoint.state_dict import set_state_dict

    state = state_of(model, optimizer)
    try:
        with quietly():
            dcp.load(state, checkpoint_id=folder / "state", no_dist=processes.world == 1)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # torch's CheckpointException is no Exception
        raise FinetuneError(
            f"the checkpoint {folder} cannot be read ({_first_line(error)})",
            "remove it: the same command then goes on from the one before",
        ) from error
    set_state_dict(
        model,
        optimizer if optimizer is not None else (),
        model_state_dict=state["model"],
        optim_state_dict=state.get("optimizer", {}),
        options=_options(strict=False),
    )


def prune(output: Path, keep: int, best_step: int | None) -> None:
    """Remove all but the newest `keep` checkpoints and the best one."""
    kept = all_of(output)[-keep:]
    for folder in all_of(output):
        if folder not in kept and folder != folder_of(output, best_step or 0):
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def writing(output: Path, partial: Path, processes: Processes, kept: str = "") -> Iterator[None]:
    """Hold what writes a folder: a failure is told in one sentence, and what it left is removed.

    `kept` says what there still is; else it is the last checkpoint of the run in `output`.
    """
    try:
        yield
    except (FinetuneError, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # torch's CheckpointException is no Exception
        if processes.first:
            shutil.rmtree(partial, ignore_errors=True)
        last = [] if kept else all_of(output)
        kept = kept or (
            f"the last good one, {last[-1].name}, stays" if last else "there is none before it"
        )
        why = "the disk is full" if _disk_full(error, output) else _first_line(error)
        raise FinetuneError(
            f"{partial.stem} could not be saved in {partial.parent} ({why}); {kept}",
            "free some space and run the same command again",
        ) from error


def publish(partial: Path, folder: Path) -> None:
    """Make a folder's files durable, then give it its name."""
    for path in (*partial.rglob("*"), partial):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    if folder.exists():
        shutil.rmtree(folder)
    partial.rename(folder)
    parent = os.open(folder.parent, os.O_RDONLY)
    try:
        os.fsync(parent)
    finally:
        os.close(parent)


@contextmanager
def quietly() -> Iterator[None]:
    """Let torch not warn that one process is alone, which it was told."""
    import warnings

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ALONE)
        yield


def _options(**others: bool) -> Any:
    from torch.distributed.checkpoint.state_dict import StateDictOptions

    return StateDictOptions(ignore_frozen_params=True, **others)


def state_of(model: Any, optimizer: Any) -> dict[str, Any]:
    """Return what a checkpoint holds: what is trained, and the optimiser's state if given."""
    from torch.distributed.checkpoint.state_dict import get_model_state_dict, get_state_dict

    if optimizer is None:
        return {"model": get_model_state_dict(model, options=_options())}
    weights, state = get_state_dict(model, optimizer, options=_options())
    return {"model": weights, "optimizer": state}


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what caused it, also what torch collected from the processes."""
    while error is not None:
        yield error
        for failure in getattr(error, "failures", {}).values():
            yield from _causes(failure[0])
        error = error.__cause__ or error.__context__


def _disk_full(error: BaseException, output: Path) -> bool:
    """Tell whether an error, or what caused it, was a full disk; libraries hide the number."""
    for cause in _causes(error):
        number = getattr(cause, "errno", None)
        if number in (errno.ENOSPC, errno.EDQUOT) or "No space left" in str(cause):
            return True
    return shutil.disk_usage(output).free < 1 << 20


def _first_line(error: BaseException) -> str:
    for cause in _causes(error):
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
    # Of what torch collected from the processes, the first one's own error, not the collection.
    own = next((one for one in _causes(error) if not hasattr(one, "failures")), error)
    return (str(own).strip().splitlines() or [type(own).__name__])[0][:200]
