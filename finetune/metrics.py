"""What a run tells while it trains: lines of JSON, a plot, and trackers if they are asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finetune.errors import FinetuneError

if TYPE_CHECKING:
    from finetune.kinds import Settings


class Metrics:
    """`metrics.jsonl` of a run: a line for each logged step, and one for each evaluation.

    `{"step", "epoch", "loss", "learning_rate", "grad_norm", "tokens", "seconds"}`: the loss of that
    very step in nats a token, before its update; the rate it used; the norm before clipping; the
    tokens in its loss; seconds since this start. Of the steps since the line before:
    `tokens_per_second`, read by all processes, padding aside; `peak_memory_bytes` of the first
    process's GPU; `mfu` where the GPU's peak is known. None where there is none.
    `{"step", "eval_loss"}`: after that step.
    """

    def __init__(self, recipe: Settings, resumed_at: int) -> None:
        """Open the file and forget the lines after the step at which the run goes on."""
        self.path = Path(recipe.output) / "metrics.jsonl"
        kept = [line for line in read(self.path) if line["step"] <= resumed_at]
        partial = self.path.with_suffix(".partial")
        partial.write_text("".join(json.dumps(line) + "\n" for line in kept), encoding="utf-8")
        partial.replace(self.path)
        self._file = self.path.open("a", encoding="utf-8")
        self._trackers = [_tracker(name, recipe) for name in recipe.report_to]

    def add(self, line: Mapping[str, Any]) -> None:
        """Append one line; it is on disk when this returns, but for a crash of the host."""
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()
        values = {name: one for name, one in line.items() if name != "step" and one is not None}
        for tracker in self._trackers:
            tracker.log(values, step=line["step"])

    def close(self) -> None:
        """End the trackers and draw the plot."""
        self._file.close()
        for tracker in self._trackers:
            tracker.finish()
        plot(read(self.path), self.path.with_name("loss.png"))


def read(path: Path) -> list[dict[str, Any]]:
    """Return the lines of a metrics file; a last one that was cut off is not there."""
    lines = []
    if path.is_file():
        for data in path.read_bytes().splitlines():
            try:
                lines.append(json.loads(data))
            except ValueError:
                break
    return lines


def plot(lines: list[dict[str, Any]], path: Path) -> bool:
    """Draw the losses over the steps; False, and no file, where matplotlib is missing."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        return False
    figure = Figure(figsize=(7, 4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for name, label in (("loss", "training"), ("eval_loss", "evaluation")):
        points = [(line["step"], line[name]) for line in lines if name in line]
        if points:
            axes.plot(
                *zip(*points, strict=True), label=label, marker="." if len(points) < 50 else ""
            )
    axes.set_xlabel("step")
    axes.set_ylabel("loss (nats a token of the completion)")
    if axes.lines:
        axes.legend()
    figure.savefig(path, dpi=120)
    return True


def _tracker(name: str, recipe: Settings) -> Any:
    """Start one of Accelerate's trackers."""
    from accelerate import tracking

    run = Path(recipe.output).name
    try:
        if name == "wandb":
            tracker = tracking.WandBTracker(run)
        else:
            tracker = tracking.TensorBoardTracker(run, logging_dir=recipe.output)
        tracker.start()
    except (ImportError, AttributeError) as error:
        raise FinetuneError(
            f"the recipe reports to {name}, which is not installed", f"pip install {name}"
        ) from error
    except Exception as error:
        if not type(error).__module__.startswith(name):
            raise
        why = str(error).strip().partition("\n")[0].rstrip(".")
        raise FinetuneError(
            f"the recipe reports to {name}, which refuses ({why})",
            "log in to it, set WANDB_MODE=offline, or leave it out of report_to",
        ) from error
    return tracker
