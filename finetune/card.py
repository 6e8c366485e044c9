"""A model card: what was trained, by which recipe, how it went, and what was measured of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import yaml

from finetune import checkpoint, metrics

if TYPE_CHECKING:
    from finetune.checkpoint import Progress

_PATHS = ("model", "train", "eval", "output")
_OBJECTIVES = {
    "sft": "supervised fine-tuning on pairs of a slow and a fast program",
    "dpo": "preference optimisation (DPO) on measured answers",
    "grpo": "reinforcement learning (GRPO) with measured speed as the reward",
}


@dataclass(frozen=True)
class Table:
    """Something measured: its name and a table, or more, in Markdown."""

    name: str
    markdown: str


def card(run: Path, adapter: bool, measured: Sequence[Table] = ()) -> str:
    """Return the README.md of what a run trained: front matter, then Markdown.

    No path of the machine is in it: of a file only its name. A run without a checkpoint has no
    recipe to show.
    """
    saved = checkpoint.all_of(run)
    progress = checkpoint.read_progress(saved[-1]) if saved else None
    recipe = _recipe(progress.recipe) if progress else {}
    parts = [_front(progress.recipe if progress else {}, adapter), f"# {run.resolve().name}"]
    objective = str(recipe.get("objective", "sft"))
    what = "Adapters" if adapter else "A model"
    base = f" of {recipe['model']}" if recipe.get("model") else ""
    parts.append(f"{what}{base} from {_OBJECTIVES.get(objective, objective)}.")
    if progress is not None:
        parts += [
            f"A model is asked in the form that it was trained in: {progress.form}.",
            "## Training",
            _course(progress, metrics.read(run / "metrics.jsonl")),
            f"```yaml\n{yaml.safe_dump(recipe, sort_keys=False).strip()}\n```",
        ]
    if measured:
        parts.append("## Measured")
        for one in measured:
            parts += [f"### {one.name}", one.markdown.strip()]
    return "\n\n".join(parts) + "\n"


def _front(recipe: Mapping[str, Any], adapter: bool) -> str:
    """Return the metadata that the hub reads."""
    from huggingface_hub import ModelCardData

    base = str(recipe.get("model", ""))
    data = ModelCardData(
        base_model=base if _on_the_hub(base) else None,
        library_name="peft" if adapter else "transformers",
        pipeline_tag="text-generation",
        tags=["code", "performance", str(recipe.get("objective", "sft"))],
    )
    return f"---\n{data.to_yaml().strip()}\n---"


def _on_the_hub(name: str) -> bool:
    return name.count("/") == 1 and not name.startswith((".", "/", "~")) and not Path(name).exists()


def _recipe(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """Return a recipe as it may be published."""
    shown = dict(recipe)
    for name in _PATHS:
        value = str(shown.get(name) or "")
        if value and not (name == "model" and _on_the_hub(value)):
            shown[name] = PurePath(value).name
    launch = shown.get("launch")
    if isinstance(launch, Mapping):
        shown["launch"] = {name: one for name, one in launch.items() if name != "main_address"}
    reward = shown.get("reward")
    if isinstance(reward, Mapping) and reward.get("testcases"):
        shown["reward"] = {**reward, "testcases": PurePath(str(reward["testcases"])).name}
    return shown


def _course(progress: Progress, lines: Sequence[Mapping[str, Any]]) -> str:
    """Return a table of how the training went."""
    steps = [line for line in lines if "loss" in line]
    rows = [("steps", f"{progress.step:,}")]
    if steps:
        rows.append(("loss of the first and last step", _pair(steps, "loss")))
    if progress.best_step is not None and progress.best_loss is not None:
        rows.append(
            ("best evaluation loss", f"{progress.best_loss:.4f} (step {progress.best_step:,})")
        )
    if steps and "reward" in steps[-1]:
        rows.append(("reward of the first and last step", _pair(steps, "reward")))
    speeds = sorted(float(one["tokens_per_second"]) for one in steps if "tokens_per_second" in one)
    if speeds:
        rows.append(("tokens per second, median", f"{speeds[len(speeds) // 2]:,.0f}"))
    body = "\n".join(f"| {name} | {value} |" for name, value in rows)
    return f"| | |\n| --- | --- |\n{body}"


def _pair(lines: Sequence[Mapping[str, Any]], name: str) -> str:
    return f"{float(lines[0][name]):.4f}, {float(lines[-1][name]):.4f}"
