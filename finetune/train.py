"""Train a model by a recipe: this script from top to bottom.

    accelerate launch -m finetune.train RECIPE

`pie finetune run --dry-run` gives the whole line. The numbers depend on the recipe, the rows and
the base model; not on how many processes share a step or how many micro batches it is added up from
(but for rounding, and for the draws of dropout, which each process makes for itself).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from finetune import (
    batches,
    checkpoint,
    command,
    disk,
    loss,
    model,
    processes,
    prompt,
    rows,
    stopping,
    throughput,
    tokens,
)
from finetune.errors import Ended, FinetuneError
from finetune.kinds import Recipe, Settings
from finetune.memory import telling_of_memory
from finetune.metrics import Metrics
from finetune.recipe import supervised
from finetune.result import identity, save_result
from finetune.saver import Saver
from finetune.schedule import learning_rate
from finetune.warning import diverged, warnings_of


@dataclass(frozen=True)
class Trained:
    """How a run ended."""

    folder: Path
    """The model, or the adapter."""
    step: int
    """The step whose weights these are."""
    steps: int
    loss: float | None
    """Of the last step; None when there was none left to do."""
    eval_loss: float | None
    """The lowest one."""


def train(
    asked: Settings,
    say: Callable[[str], None] = lambda text: None,
    after_step: Callable[[int, float], None] = lambda step, loss: None,
) -> Trained:
    """Train, or go on where a run in the same folder stopped; FinetuneError says what is wrong.

    `say` is called by the first process only; `after_step` by all, with step and loss. Ended after
    SIGTERM: then there is a checkpoint of the last step.
    """
    recipe = supervised(asked)
    loss.check(recipe)
    team = processes.start(recipe)
    try:
        with checkpoint.held(Path(recipe.output), team), stopping.awaited() as stop:
            trained = _train(recipe, team, stop, say if team.first else lambda _: None, after_step)
    except Ended:
        processes.leave(team)
        raise
    processes.leave(team)
    return trained


def _train(
    recipe: Recipe,
    team: processes.Processes,
    stop: stopping.Stop,
    say: Callable[[str], None],
    after_step: Callable[[int, float], None],
) -> Trained:
    import numpy
    import torch

    # 1. The base model's folder, tokeniser and fingerprint.
    output = Path(recipe.output)
    folder = model.folder_of(recipe.model)
    base = model.fingerprint(folder)
    tokenizer = model.load_tokenizer(folder)
    pad = tokenizer.eos_token_id if tokenizer.pad_token_id is None else tokenizer.pad_token_id

    # 2. Rows to tokens. Every process knows all rows, so it knows each step's number of tokens.
    limit = model.most_tokens(folder)
    if limit is not None and recipe.max_tokens > limit:
        raise FinetuneError(
            f"max_tokens is {recipe.max_tokens} and the model reads {limit}", "lower max_tokens"
        )
    given = rows.read_rows(Path(recipe.train), recipe.limit)
    train_rows = tokens.tokenise(given, tokenizer, recipe.max_tokens)
    say(f"training: {train_rows.sentence()}")
    eval_rows = None
    if recipe.eval:
        given = rows.read_rows(Path(recipe.eval), recipe.limit)
        eval_rows = tokens.tokenise(given, tokenizer, recipe.max_tokens)
        say(f"evaluation: {eval_rows.sentence()}")
    form = rows.form_of(Path(recipe.train))
    if recipe.eval and (other := rows.form_of(Path(recipe.eval))) is not form:
        raise FinetuneError(
            f"{recipe.train} holds rows in {form} form and {recipe.eval} in {other} form",
            "write both with the same --form of `pie finetune data`",
        )
    formats = [rows.format_of(Path(one)) for one in (recipe.train, recipe.eval) if one]
    if all(formats) and len(set(formats)) > 1:
        say(
            f"warning: {recipe.train} holds rows of the format {formats[0]} and {recipe.eval} of "
            f"{formats[1]}, so the evaluation loss is that of other prompts"
        )
    trained_on = prompt.Trained(form, (prompt.end_of(tokenizer, form),))
    say("the first row, as the model sees it:\n" + tokens.shown(train_rows.rows[0], tokenizer))

    # 3. Rows to sequences, and sequences to steps.
    sequences: Sequence[tuple[tokens.Tokens, ...]] = [(row,) for row in train_rows.rows]
    if recipe.packing:
        sequences = batches.pack(train_rows.rows, recipe.max_tokens)
        say(f"packed into {len(sequences):,} sequences")
    epoch_steps = batches.steps_in_epoch(len(sequences), recipe.batch)
    steps = min(epoch_steps * recipe.epochs, recipe.max_steps or sys.maxsize)
    dealing = batches.Dealing(recipe.micro_batch, team.world, team.rank)
    for doubt in warnings_of(recipe, steps, train_rows.rows, eval_rows.rows if eval_rows else ()):
        say(f"warning: {doubt}")

    # 4. The model: the first process reads the weights, and the others get their parts from it.
    with telling_of_memory(recipe, loading=True):
        network = model.load(folder, recipe, with_weights=team.first)
        head = loss.prepare(network, recipe)
        if team.world > 1:
            network = processes.spread(network, recipe, team)
        elif recipe.method != "qlora":
            network = network.to(team.device)
    trained = [one for one in network.parameters() if one.requires_grad]
    optimizer = torch.optim.AdamW(
        [
            {"params": [one for one in trained if one.ndim > 1]},
            {"params": [one for one in trained if one.ndim < 2], "weight_decay": 0.0},
        ],
        lr=recipe.learning_rate,
        betas=(recipe.beta1, recipe.beta2),
        eps=recipe.epsilon,
        weight_decay=recipe.weight_decay,
    )
    count = sum(one.numel() for one in trained)
    say(f"{count:,} parameters are trained in {steps:,} steps by {team.world} processes")

    def forward(chosen: Sequence[Sequence[tokens.Tokens]], how: str = recipe.loss) -> Any:
        """Return the summed loss of some sequences; an empty choice takes part and adds 0."""
        inputs = batches.collate(chosen or [sequences[0][:1]], pad, recipe.packing)
        labels = inputs.pop("labels").to(team.device)
        if not chosen:
            labels.fill_(tokens.NO_LOSS)
        inputs = {name: value.to(team.device) for name, value in inputs.items()}
        low = recipe.precision == "bf16" and team.world == 1  # FSDP has a policy of its own
        with torch.autocast(team.device.type, torch.bfloat16, enabled=low):
            return loss.of(network, head, inputs, labels, how)

    def evaluate(chosen: Sequence[Sequence[tokens.Tokens]], how: str = recipe.loss) -> float:
        """Return the mean loss of a token over sequences."""
        network.eval()
        summed = torch.zeros((), dtype=torch.float64, device=team.device)
        with torch.no_grad():
            for part in dealing.micro_batches(range(len(chosen))):
                summed += forward([chosen[index] for index in part], how)
        network.train()
        return team.totals(summed)[0] / batches.learned(chosen)

    # 5. Go on where the run stopped, if it had begun.
    progress = checkpoint.Progress(
        0,
        base,
        identity(recipe, train_rows, eval_rows),
        recipe=recipe.model_dump(mode="json"),
        form=form,
    )
    saved = checkpoint.all_of(output)
    if saved:
        found = checkpoint.read_progress(saved[-1])
        checkpoint.check(found, progress, saved[-1])
        checkpoint.load(saved[-1], network, optimizer, team)
        progress = replace(found, recipe=progress.recipe, form=form)
        say(f"going on after step {progress.step}")
    say(disk.sentence(recipe, count, steps - progress.step))
    metrics = Metrics(recipe, progress.step) if team.first else None
    network.train()
    if recipe.compile:
        network.compile()
    with telling_of_memory(recipe):
        shortest = min(sequences, key=lambda one: sum(len(row.ids) for row in one))
        loss.check_chunks(lambda how: evaluate([shortest], how), recipe)
        if recipe.packing:
            loss.check_rows_are_apart(evaluate, sequences, recipe)

    # 6. The steps.
    began = time.monotonic()
    speed = throughput.start(network, team, recipe.precision)
    saver = Saver(output, team, recipe.keep_checkpoints, recipe.async_checkpoints)
    lengths = [len(row.ids) for (row,) in sequences] if recipe.group_by_length else []
    told = torch.zeros((), device=team.device)
    step_loss: float | None = None
    eval_sequences = [(row,) for row in eval_rows.rows] if eval_rows else []
    while progress.step < steps and not (
        recipe.patience and progress.since_best >= recipe.patience
    ):
        step = progress.step
        epoch, in_epoch = divmod(step, epoch_steps)
        if in_epoch == 0 or step_loss is None:
            many = len(sequences)
            shuffled = batches.order(many, recipe.seed, epoch, lengths, recipe.batch)
        chosen = shuffled[in_epoch * recipe.batch : (in_epoch + 1) * recipe.batch]
        in_loss = batches.learned([sequences[index] for index in chosen])
        # Dropout depends on seed, step and process: nothing of it needs to be restored.
        state = numpy.random.SeedSequence((recipe.seed, step, team.rank)).generate_state(1)
        torch.manual_seed(int(state[0]))
        rate = learning_rate(step, steps, recipe)
        for group in optimizer.param_groups:
            group["lr"] = rate
        summed = torch.zeros((), dtype=torch.float64, device=team.device)
        speed.begin()
        with telling_of_memory(recipe):
            for part in dealing.micro_batches(chosen):
                part_loss = forward([sequences[index] for index in part])
                (part_loss * (team.world / in_loss)).backward()  # FSDP divides by the world
                summed += part_loss.detach()
            norm = torch.nn.utils.clip_grad_norm_(trained, recipe.max_grad_norm or float("inf"))
            norm = norm.full_tensor() if hasattr(norm, "full_tensor") else norm
            # Whether one was told to end by then, so that all end after the same step.
            told.fill_(stop.told)
            total, ends = team.totals(summed, told)
            step_loss = total / in_loss
            if not numpy.isfinite(step_loss) or not torch.isfinite(norm):
                what = f"the loss is {step_loss} and the gradient's norm {norm:.3g}"
                raise diverged(step + 1, what, output)
            optimizer.step()
            optimizer.zero_grad()
        step += 1
        progress = replace(progress, step=step)
        speed.end(batches.read([sequences[index] for index in chosen]))
        if metrics and (step % recipe.log_every == 0 or step == steps):
            metrics.add(
                {
                    "step": step,
                    "epoch": step / epoch_steps,
                    "loss": step_loss,
                    "learning_rate": rate,
                    "grad_norm": float(norm),
                    "tokens": in_loss,
                    "seconds": round(time.monotonic() - began, 3),
                    **speed.line(),
                }
            )

        # 7. Evaluation, and the checkpoint of this step.
        better = False
        if eval_rows and (step % recipe.evaluate_every == 0 or step == steps):
            with telling_of_memory(recipe):
                eval_loss = evaluate(eval_sequences)
            if not numpy.isfinite(eval_loss):
                raise diverged(step, f"the evaluation loss is {eval_loss}", output)
            best = progress.best_loss
            better = best is None or eval_loss < best - recipe.min_improvement
            if better:
                progress = replace(progress, best_step=step, best_loss=eval_loss, since_best=0)
            else:
                progress = replace(progress, since_best=progress.since_best + 1)
            if metrics:
                metrics.add({"step": step, "eval_loss": eval_loss})
            say(f"step {step}: evaluation loss {eval_loss:.4f}{' (the best)' if better else ''}")
        stopped = recipe.patience is not None and progress.since_best >= recipe.patience
        due = step % recipe.save_every == 0 or step == steps or stopped or ends > 0
        if due or (better and recipe.final == "best"):
            saver.save(progress, network, optimizer)
        after_step(step, step_loss)
        if ends > 0 and step < steps and not stopped:
            saver.finish()
            if metrics:
                metrics.close()
            raise Ended(
                f"the training was ended by SIGTERM after step {step}, whose checkpoint is written",
                "the same command goes on from there",
            )
        if stopped:
            say(f"stopped at step {step}: no better evaluation loss in {recipe.patience} of them")

    # 8. The weights that were asked for, in a form that other programs read.
    saver.finish()
    ends_at = progress.best_step if recipe.final == "best" and progress.best_step else progress.step
    if ends_at != progress.step:
        checkpoint.load(checkpoint.folder_of(output, ends_at), network, None, team)
    result = save_result(network, tokenizer, base, recipe, team, trained_on)
    if metrics:
        metrics.close()
    say(f"wrote {result} (step {ends_at})")
    return Trained(result, ends_at, steps, step_loss, progress.best_loss)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run as `accelerate launch` starts it; the exit code is that of `command.main`."""
    return command.main(lambda *given: train(*given), "finetune.train", __doc__ or "", arguments)


if __name__ == "__main__":
    sys.exit(main())
