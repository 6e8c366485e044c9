"""Direct preference optimisation by TRL: this script from top to bottom.

    accelerate launch -m finetune.dpo RECIPE

The rows are those of `pie finetune preferences`. They are made tokens as in supervised training and
in sampling, so that the model is asked as it was trained. On adapters the reference is the model
without them; else TRL reads the base model a second time.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from finetune import checkpoint, command, processes, rows, stopping, tokens, trainers
from finetune.errors import Ended, FinetuneError
from finetune.kinds import Dpo, Settings
from finetune.memory import telling_of_memory
from finetune.model import folder_of, load_tokenizer
from finetune.prompt import Form
from finetune.weights import by_peft


def train(
    asked: Settings,
    say: trainers.Say = lambda text: None,
    after_step: trainers.AfterStep = lambda step, loss: None,
) -> Path:
    """Train, or go on where a run in the same folder stopped; return the result's folder."""
    if not isinstance(asked, Dpo):
        raise FinetuneError("the recipe's objective is not dpo", "set objective: dpo")
    recipe = asked
    trainer_of = trainers.need_trl("DPOTrainer", "_prepare_dataset")
    team = processes.start(recipe)
    try:
        with checkpoint.held(Path(recipe.output), team), stopping.awaited() as stop:
            told = say if team.first else (lambda _: None)
            result = _train(recipe, team, stop, trainer_of, told, after_step)
    except Ended:
        processes.leave(team)
        raise
    processes.leave(team)
    return result


def _train(
    recipe: Dpo,
    team: processes.Processes,
    stop: stopping.Stop,
    trainer_of: Any,
    say: trainers.Say,
    after_step: trainers.AfterStep,
) -> Path:
    from datasets import Dataset
    from trl import DPOConfig

    tokenizer = load_tokenizer(folder_of(recipe.model))
    form, found = _read(Path(recipe.train), tokenizer, recipe, "training", say)
    evaluation = None
    if recipe.eval:
        other, evaluation = _read(Path(recipe.eval), tokenizer, recipe, "evaluation", say)
        if other is not form:
            raise FinetuneError(
                f"{recipe.train} holds rows in {form} form and {recipe.eval} in {other} form",
                "give rows of one form",
            )
    digest = hashlib.sha256(repr(found).encode()).hexdigest()[:16]
    begun = trainers.begin(recipe, team, stop, form, digest, say)

    class Trainer(trainer_of):
        """Takes rows that are tokens already."""

        def _prepare_dataset(self, dataset: Any, *_: Any) -> Any:
            return dataset

    with telling_of_memory(recipe), by_peft():
        trainer = Trainer(
            model=begun.network(),
            processing_class=begun.tokenizer,
            train_dataset=Dataset.from_list(found),
            eval_dataset=Dataset.from_list(evaluation) if evaluation else None,
            peft_config=begun.adapters(),
            args=DPOConfig(
                **trainers.arguments(recipe),
                beta=recipe.beta,
                loss_type=[recipe.loss],
                max_length=None,  # what is too long was left out whole
                eval_strategy="steps" if evaluation else "no",
                eval_steps=recipe.evaluate_every,
                per_device_eval_batch_size=recipe.micro_batch,
            ),
        )
        return trainers.run(begun, trainer, after_step)


def _read(
    path: Path, tokenizer: Any, recipe: Dpo, what: str, say: trainers.Say
) -> tuple[Form, list[dict[str, list[int]]]]:
    """Return the form of a file's rows, and those that fit as ids."""
    made: list[dict[str, list[int]]] = []
    form: Form | None = None
    left_out, most = 0, recipe.max_tokens
    waiting = preferences(path, recipe.limit)
    while some := list(islice(waiting, 256)):
        form = form or some[0][0].form
        encoded = tokens.encode((row for pair in some for row in pair), tokenizer)
        for (chosen, _), (rejected, _) in zip(encoded, encoded, strict=True):
            if max(len(chosen.ids), len(rejected.ids)) > most:
                left_out += 1
                continue
            made.append(
                {
                    "prompt_ids": chosen.ids[: chosen.prompt].tolist(),
                    "chosen_ids": chosen.ids[chosen.prompt :].tolist(),
                    "rejected_ids": rejected.ids[rejected.prompt :].tolist(),
                }
            )
    if not made or form is None:
        raise FinetuneError(
            f"none of the {left_out:,} rows of {path} has {most:,} tokens or fewer",
            "raise max_tokens as far as the model allows",
        )
    more = f"; {left_out:,} longer ones were left out whole" if left_out else ""
    say(f"{what}: {len(made):,} preferences of up to {most:,} tokens{more}")
    return form, made


def preferences(path: Path, limit: int | None = None) -> Any:
    """Yield (chosen, rejected) of each row, or of the first ones, with the same prompt.

    FinetuneError names file and line of one that is none.
    """
    form: Form | None = None
    for place, fields in rows.objects(path, limit):
        if "chosen" not in fields and "completion" in fields:
            raise FinetuneError(
                f"{place} is a row for supervised training, and has no chosen and rejected answer",
                "write preferences with `pie finetune preferences`",
            )
        prompt, messages = rows.question(fields, place)
        chosen, rejected = (
            rows.Row(prompt, rows.answer(fields, name, place, chat=bool(messages)), "", messages)
            for name in ("chosen", "rejected")
        )
        if chosen.completion == rejected.completion:
            raise FinetuneError(
                f"{place} has the same chosen and rejected answer", "remove the line"
            )
        form = form or chosen.form
        if chosen.form is not form:
            raise FinetuneError(
                f"{place} is in {chosen.form} form and the rows before in {form}",
                "train on the rows of one form",
            )
        yield chosen, rejected


def main(arguments: Sequence[str] | None = None) -> int:
    """Run as `accelerate launch` starts it; the exit code is that of `command.main`."""
    return command.main(lambda *given: train(*given), "finetune.dpo", __doc__ or "", arguments)


if __name__ == "__main__":
    sys.exit(main())
