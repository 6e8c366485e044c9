"""The checkpoints of one run as they come: written at once, or while the training goes on."""

from __future__ import annotations

import json
import shutil
import warnings
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finetune import checkpoint
from finetune.checkpoint import MANIFEST, PARTIAL, Progress, folder_of

if TYPE_CHECKING:
    from finetune.processes import Processes


@dataclass
class Saver:
    """Writes checkpoints and removes those that are no longer kept.

    Each process writes its part of what is trained; what is frozen is not written. With
    `in_background` (torch's `async_save`) the state is copied to the memory of the CPU, and a
    thread writes the copy. The next checkpoint waits for the one before.
    """

    output: Path
    team: Processes
    keep: int
    in_background: bool = False
    _group: Any = None
    _pending: tuple[Future[Any], Path, int | None] | None = None

    def __post_init__(self) -> None:
        if self.in_background:  # its thread warns whenever it comes to that
            warnings.filterwarnings("ignore", checkpoint.ALONE)
        if self.in_background and self.team.world > 1:
            import torch.distributed

            # Of their own: the thread's exchanges must not mix with those of the training, and
            # need the CPU.
            self._group = torch.distributed.new_group(backend="gloo")

    def save(self, progress: Progress, model: Any, optimizer: Any) -> Path:
        """Write the checkpoint of a step; FinetuneError leaves the earlier ones as they are."""
        import torch.distributed.checkpoint as dcp

        self.finish()
        folder = folder_of(self.output, progress.step)
        if (folder / MANIFEST).is_file():  # as when a finished run is started again
            return folder
        partial = folder.with_suffix(PARTIAL)
        team = self.team
        with checkpoint.writing(self.output, partial, team):
            if team.first:
                shutil.rmtree(partial, ignore_errors=True)
                shutil.rmtree(folder, ignore_errors=True)
                partial.mkdir(parents=True)
            team.wait()
            text = json.dumps(asdict(progress), indent=2) + "\n"

            def whole() -> None:
                """Give the folder its name; the last thing that is written."""
                if team.first:
                    (partial / MANIFEST).write_text(text, encoding="utf-8")
                    checkpoint.publish(partial, folder)

            state = checkpoint.state_of(model, optimizer)
            options = {
                "storage_writer": dcp.FileSystemWriter(partial / "state", sync_files=True),
                "no_dist": team.world == 1,
            }
            with checkpoint.quietly():
                if self.in_background:
                    written = dcp.async_save(state, process_group=self._group, **options)
                    self._pending = _then(written, whole), partial, progress.best_step
                    return folder
                dcp.save(state, **options)
            whole()
            team.wait()
        self._prune(progress.best_step)
        return folder

    def finish(self) -> None:
        """Wait for the checkpoint that is being written; FinetuneError when it failed."""
        if self._pending is None:
            return
        done, partial, best_step = self._pending
        self._pending = None
        with checkpoint.writing(self.output, partial, self.team):
            with checkpoint.quietly():
                done.result()
            self.team.wait()
        self._prune(best_step)

    def _prune(self, best_step: int | None) -> None:
        if self.team.first:
            checkpoint.prune(self.output, self.keep, best_step)


def _then(written: Future[Any], finish: Any) -> Future[Any]:
    """Return what is done when `written` is and `finish` was called after it, in its thread.

    A process that is killed after it loses nothing that was written.
    """
    done: Future[Any] = Future()

    def after(one: Future[Any]) -> None:
        try:
            one.result()
            done.set_result(finish())
        except BaseException as error:  # told where the result is waited for
            done.set_exception(error)

    written.add_done_callback(after)
    return done
