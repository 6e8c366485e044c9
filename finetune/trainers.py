"""What trainings by TRL share: its arguments, and what is watched while one of its trainers runs.

A trainer's files are those of `finetune.train`: `metrics.jsonl`, `checkpoints/`, and `model/` or
`adapter/`. A checkpoint counts from when its manifest is there, which is written last.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from finetune import checkpoint, model, processes, stopping
from finetune.errors import Ended, FinetuneError
from finetune.kinds import Settings
from finetune.metrics import Metrics
from finetune.prompt import Form, Trained, end_of
from finetune.result import save_result
from finetune.warning import diverged

Say = Callable[[str], None]
AfterStep = Callable[[int, float], None]


@dataclass(frozen=True)
class Begun:
    """A training before its trainer is made."""

    recipe: Settings
    team: processes.Processes
    stop: stopping.Stop
    folder: Path
    """Of the base model."""
    base: str
    """Its fingerprint."""
    tokenizer: Any
    trained: Trained
    progress: checkpoint.Progress
    say: Say

    def network(self) -> Any:
        """Return the base model, without adapters: the trainer puts them on."""
        return model.load(self.folder, self.recipe, adapters=False)

    def adapters(self) -> Any:
        """Return the configuration of the adapters; None where the whole model is trained."""
        return None if self.recipe.method == "full" else model.adapters_of(self.recipe)


def begin(
    recipe: Settings,
    team: processes.Processes,
    stop: stopping.Stop,
    form: Form,
    rows: str,
    say: Say,
) -> Begun:
    """Read the base model's tokeniser and say whose the run is; `rows` is a digest of its rows."""
    folder = model.folder_of(recipe.model)
    tokenizer = model.load_tokenizer(folder)
    base = model.fingerprint(folder)
    document = recipe.model_dump(mode="json")
    decides = {name: one for name, one in document.items() if name not in _MAY_CHANGE}
    progress = checkpoint.Progress(
        0, base, {**decides, "training rows": rows}, recipe=document, form=form
    )
    trained = Trained(form, (end_of(tokenizer, form),))
    return Begun(recipe, team, stop, folder, base, tokenizer, trained, progress, say)


_MAY_CHANGE = {
    "model", "train", "eval", "output", "limit", "gradient_checkpointing", "attention", "log_every",
    "save_every", "keep_checkpoints", "report_to", "launch",
}  # fmt: skip
"""Keys that a resumed run may change. Of `micro_batch` a step's order of rows depends here."""


def arguments(recipe: Settings) -> dict[str, Any]:
    """Return what a configuration of TRL's takes from every recipe."""
    from transformers import TrainingArguments

    on_cpu = recipe.launch.device == "cpu"
    known = TrainingArguments.__dataclass_fields__
    # The name changed within transformers 5, and TRL sets the old one to true.
    names = [one for one in ("gradient_checkpointing", "activation_checkpointing") if one in known]
    return {
        **dict.fromkeys(names, recipe.gradient_checkpointing),
        "output_dir": str(Path(recipe.output) / "checkpoints"),
        "seed": recipe.seed,
        "per_device_train_batch_size": recipe.micro_batch,
        "gradient_accumulation_steps": recipe.accumulation,
        "num_train_epochs": recipe.epochs,
        "max_steps": recipe.max_steps or -1,
        "learning_rate": recipe.learning_rate,
        "lr_scheduler_type": _SCHEDULES[recipe.schedule],
        "warmup_steps": recipe.warmup_steps,
        "weight_decay": recipe.weight_decay,
        "adam_beta1": recipe.beta1,
        "adam_beta2": recipe.beta2,
        "adam_epsilon": recipe.epsilon,
        "max_grad_norm": recipe.max_grad_norm,
        "bf16": recipe.precision == "bf16",
        "use_cpu": on_cpu,
        "logging_steps": recipe.log_every,
        # It would put an average in the place of a loss that is no number.
        "logging_nan_inf_filter": False,
        "save_strategy": "steps",
        "save_steps": recipe.save_every,
        "save_total_limit": recipe.keep_checkpoints,
        "report_to": "none",  # our own metrics tell the trackers
        "disable_tqdm": True,
        "dataloader_pin_memory": not on_cpu,
    }


_SCHEDULES = {"linear": "linear", "cosine": "cosine", "constant": "constant_with_warmup"}


def run(begun: Begun, trainer: Any, after_step: AfterStep) -> Path:
    """Train, or go on from the last whole checkpoint; return the folder of what was trained.

    Ended after SIGTERM: then there is a checkpoint of the last step.
    """
    from transformers import PrinterCallback

    recipe, output = begun.recipe, Path(begun.recipe.output)
    saved = checkpoint.all_of(output)
    at = 0
    if saved:
        found = checkpoint.read_progress(saved[-1])
        checkpoint.check(found, begun.progress, saved[-1])
        at = found.step
        begun.say(f"going on after step {at}")
    metrics = Metrics(recipe, at) if begun.team.first else None
    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(watching(begun, metrics, after_step))
    trainer.train(resume_from_checkpoint=str(saved[-1]) if saved else None)
    if metrics:
        metrics.close()
    step = trainer.state.global_step
    if begun.stop.told and step < trainer.state.max_steps:
        raise Ended(
            f"the training was ended by SIGTERM after step {step}, whose checkpoint is written",
            "the same command goes on from there",
        )
    network = trainer.accelerator.unwrap_model(trainer.model)
    tokenizer = model.load_tokenizer(begun.folder)
    result = save_result(network, tokenizer, begun.base, recipe, begun.team, begun.trained)
    begun.say(f"wrote {result} (step {step})")
    return result


def watching(begun: Begun, metrics: Metrics | None, after_step: AfterStep) -> Any:
    """Return a callback: metrics to our file, whole checkpoints marked, SIGTERM heard."""
    import torch
    from transformers import TrainerCallback

    team, output = begun.team, Path(begun.recipe.output)

    class Watching(TrainerCallback):
        loss = math.nan

        def on_log(
            self, args: Any, state: Any, control: Any, logs: Mapping[str, Any], **_: Any
        ) -> None:
            numbers = {name: one for name, one in logs.items() if isinstance(one, int | float)}
            for name in ("loss", "eval_loss"):
                if not math.isfinite(numbers.get(name, 0.0)):
                    raise diverged(state.global_step, f"{name} is {numbers[name]}", output)
            self.loss = numbers.get("loss", self.loss)
            known = {name: one for name, one in numbers.items() if math.isfinite(one)}
            if metrics and "train_runtime" not in known:  # the trainer's own summary
                metrics.add({"step": state.global_step, **known})

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            told = torch.tensor(float(begun.stop.told))
            if team.totals(told)[0] > 0:  # all of them save, and end, after the same step
                begun.stop.told = True
                control.should_save = control.should_training_stop = True
            after_step(state.global_step, self.loss)

        def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            team.wait()
            if team.first:
                folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
                document = asdict(replace(begun.progress, step=state.global_step))
                text = json.dumps(document, indent=2) + "\n"
                (folder / checkpoint.MANIFEST).write_text(text, encoding="utf-8")

    return Watching()


def need_trl(name: str, *attributes: str) -> Any:
    """Return one of TRL's trainers; FinetuneError where it is missing or another one."""
    try:
        import trl

        trainer = getattr(trl, name)
    except (ImportError, AttributeError, RuntimeError) as error:
        raise FinetuneError(
            f"this objective needs TRL's {name}, which is not installed",
            "install it: pip install 'pie-perf-toolkit[finetune]'",
        ) from error
    if not all(hasattr(trainer, one) for one in attributes):
        raise FinetuneError(
            f"TRL {trl.__version__} has another {name} than this was made for",
            "install the version that constraints.txt names",
        )
    return trainer
