"""Train a model by a recipe: this script from top to bottom.

    accelerate launch -m finetune.train RECIPE

`pie finetune run --dry-run` gives the whole line. The numbers depend on the recipe, the rows and
the base model; not on how many processes share a step or how many micro batches it is added up from
(but for rounding, and for the draws of dropout, which each process makes for itself).
"""

from __future__ import annotations

import argparse
import contextlib
import math
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from finetune import (
    batches,
    checkpoint,
    disk,
    loss,
    model,
    processes,
    prompt,
    rows,
    throughput,
    tokens,
)
from finetune.errors import FinetuneError, LocalError
from finetune.launch import NAMED, end_with_launcher
from finetune.metrics import Metrics
from finetune.recipe import Recipe, load, settings
from finetune.result import identity, save_result
from finetune.schedule import learning_rate
from finetune.warning import warnings_of

_SECONDS_BETWEEN_LINES = 2.0
_SECONDS_FOR_THE_FIRST = 5.0
"""Until which the first process has told an error that all have, and its end has ended them all.

A process that is still there then is the only one that knows: it tells.
"""


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
    recipe: Recipe,
    say: Callable[[str], None] = lambda text: None,
    after_step: Callable[[int, float], None] = lambda step, loss: None,
) -> Trained:
    """Train, or go on where a run in the same folder stopped; FinetuneError says what is wrong.

    `say` is called by the first process only; `after_step` by all, with step and loss.
    """
    team = processes.start(recipe)
    with checkpoint.held(Path(recipe.output), team):
        trained = _train(recipe, team, say if team.first else lambda text: None, after_step)
    processes.leave(team)
    return trained


def _train(
    recipe: Recipe,
    team: processes.Processes,
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
    train_rows = tokens.tokenise(rows.read_rows(Path(recipe.train)), tokenizer, recipe.max_tokens)
    say(f"training: {train_rows.sentence()}")
    eval_rows = None
    if recipe.eval:
        eval_rows = tokens.tokenise(rows.read_rows(Path(recipe.eval)), tokenizer, recipe.max_tokens)
        say(f"evaluation: {eval_rows.sentence()}")
    form = rows.form_of(Path(recipe.train))
    if recipe.eval and (other := rows.form_of(Path(recipe.eval))) is not form:
        raise FinetuneError(
            f"{recipe.train} holds rows in {form} form and {recipe.eval} in {other} form",
            "write both with the same --form of `pie finetune data`",
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

    def forward(chosen: Sequence[Sequence[tokens.Tokens]]) -> Any:
        """Return the summed loss of some sequences; an empty choice takes part and adds 0."""
        inputs = batches.collate(chosen or [sequences[0][:1]], pad, recipe.packing)
        labels = inputs.pop("labels").to(team.device)
        if not chosen:
            labels.fill_(tokens.NO_LOSS)
        inputs = {name: value.to(team.device) for name, value in inputs.items()}
        low = recipe.precision == "bf16" and team.world == 1  # FSDP has a policy of its own
        with torch.autocast(team.device.type, torch.bfloat16, enabled=low):
            logits = network(**inputs).logits
        return loss.loss_sum(logits, labels)

    def evaluate(chosen: Sequence[Sequence[tokens.Tokens]]) -> float:
        """Return the mean loss of a token over sequences."""
        network.eval()
        summed = torch.zeros((), dtype=torch.float64, device=team.device)
        with torch.no_grad():
            for part in dealing.micro_batches(range(len(chosen))):
                summed += forward([chosen[index] for index in part])
        network.train()
        return team.total(summed) / batches.learned(chosen)

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
    if recipe.packing:
        with telling_of_memory(recipe):
            loss.check_rows_are_apart(evaluate, sequences, recipe)

    # 6. The steps.
    began = time.monotonic()
    speed = throughput.start(network, team)
    step_loss: float | None = None
    eval_sequences = [(row,) for row in eval_rows.rows] if eval_rows else []
    while progress.step < steps and not (
        recipe.patience and progress.since_best >= recipe.patience
    ):
        step = progress.step
        epoch, in_epoch = divmod(step, epoch_steps)
        if in_epoch == 0 or step_loss is None:
            shuffled = batches.order(len(sequences), recipe.seed, epoch)
        chosen = shuffled[in_epoch * recipe.batch : (in_epoch + 1) * recipe.batch]
        in_loss = batches.learned([sequences[index] for index in chosen])
        # Dropout depends on seed, step and process: nothing of it needs to be restored.
        state = numpy.random.SeedSequence((recipe.seed, step, team.rank)).generate_state(1)
        torch.manual_seed(int(state[0]))
        rate = learning_rate(step, steps, recipe)
        for group in optimizer.param_groups:
            group["lr"] = rate
        summed = torch.zeros((), dtype=torch.float64, device=team.device)
        with telling_of_memory(recipe):
            for part in dealing.micro_batches(chosen):
                part_loss = forward([sequences[index] for index in part])
                (part_loss * (team.world / in_loss)).backward()  # FSDP divides by the world
                summed += part_loss.detach()
            norm = torch.nn.utils.clip_grad_norm_(trained, recipe.max_grad_norm or float("inf"))
            norm = norm.full_tensor() if hasattr(norm, "full_tensor") else norm
            step_loss = team.total(summed) / in_loss
            if not numpy.isfinite(step_loss) or not torch.isfinite(norm):
                raise FinetuneError(
                    f"step {step + 1}: the loss is {step_loss} and the gradient's norm {norm:.3g}",
                    "lower learning_rate or raise warmup_steps; earlier checkpoints are kept",
                )
            optimizer.step()
            optimizer.zero_grad()
        step += 1
        progress = replace(progress, step=step)
        speed.add(batches.read([sequences[index] for index in chosen]))
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
                raise FinetuneError(
                    f"step {step}: the evaluation loss is {eval_loss}",
                    "lower learning_rate or raise warmup_steps; earlier checkpoints are kept",
                )
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
        due = step % recipe.save_every == 0 or step == steps or stopped
        if due or (better and recipe.final == "best"):
            checkpoint.save(output, progress, network, optimizer, team)
            if team.first:
                checkpoint.prune(output, recipe.keep_checkpoints, progress.best_step)
        after_step(step, step_loss)
        if stopped:
            say(f"stopped at step {step}: no better evaluation loss in {recipe.patience} of them")

    # 8. The weights that were asked for, in a form that other programs read.
    ends_at = progress.best_step if recipe.final == "best" and progress.best_step else progress.step
    if ends_at != progress.step:
        checkpoint.load(checkpoint.folder_of(output, ends_at), network, None, team)
    result = save_result(network, tokenizer, base, recipe, team, trained_on)
    if metrics:
        metrics.close()
    say(f"wrote {result} (step {ends_at})")
    return Trained(result, ends_at, steps, step_loss, progress.best_loss)


@contextlib.contextmanager
def telling_of_memory(recipe: Recipe, *, loading: bool = False) -> Iterator[None]:
    """Turn running out of memory into a sentence that says what to lower, or to do else.

    While `loading` only the model itself is there, which no shorter row makes smaller.
    """
    import torch

    try:
        yield
    except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
        known = isinstance(error, torch.OutOfMemoryError | MemoryError)
        if not known and "can't allocate memory" not in str(error):
            raise
        can = [f"micro_batch (now {recipe.micro_batch})"] if recipe.micro_batch > 1 else []
        can.append(f"max_tokens (now {recipe.max_tokens})")
        lower = "" if loading else f"lower {' or '.join(can)}, or "
        others = [] if loading else ["turn gradient_checkpointing on"]
        others = [] if recipe.gradient_checkpointing else others
        others += ["use more processes"] if recipe.method != "qlora" else []
        others += ["choose method: lora"] if recipe.method == "full" else []
        raise LocalError(
            f"out of memory on {recipe.launch.device}",
            f"{lower}{', or '.join(others) or 'take a smaller model'}; checkpoints are kept",
        ) from error


def main(arguments: Sequence[str] | None = None) -> int:
    """Run as `accelerate launch` starts it; 0, or 1 after one sentence on standard error."""
    parser = argparse.ArgumentParser(prog="python -m finetune.train", description=__doc__)
    parser.add_argument("recipe", help="a YAML file, or the name of a recipe that is shipped")
    for name in NAMED:
        parser.add_argument(f"--{name}", help=f"instead of the recipe's `{name}`")
    parser.add_argument("--set", action="append", default=[], help="KEY=VALUE of the recipe")
    given = vars(parser.parse_args(arguments))
    overrides = {name: given[name] for name in NAMED if given[name]}

    def say(text: str) -> None:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()

    first = os.environ.get("RANK", "0") == "0"
    last_told = -math.inf

    def after_step(step: int, step_loss: float) -> None:
        nonlocal last_told
        if first and time.monotonic() - last_told >= _SECONDS_BETWEEN_LINES:
            last_told = time.monotonic()
            say(f"step {step}: loss {step_loss:.4f}")

    end_with_launcher()
    try:
        recipe = load(given["recipe"], {**overrides, **settings(given["set"])})
        train(recipe, say, after_step)
    except LocalError as error:
        say(f"finetune: {error}")
        return 1
    except FinetuneError as error:
        if not first:
            time.sleep(_SECONDS_FOR_THE_FIRST)
        say(f"finetune: {error}")
        return 1
    except KeyboardInterrupt:
        if first:
            say("finetune: interrupted; the same command goes on from the last checkpoint")
        return 130
    except OSError as error:
        place = f" ({error.filename})" if error.filename else ""
        say(f"finetune: {error.strerror}{place}; free space or mend it: checkpoints are kept")
        return 1
    except RuntimeError as error:
        if not processes.is_loss(error):
            raise
        if not first:
            time.sleep(_SECONDS_FOR_THE_FIRST)
        why = str(error).strip().partition("\n")[0][:200]
        say(f"finetune: another training process is gone ({why}); checkpoints are kept")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
