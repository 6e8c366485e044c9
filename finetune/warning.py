"""What a training may be begun with, but not trusted after: told before the first step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from finetune.errors import FinetuneError
from finetune.schedule import learning_rate

if TYPE_CHECKING:
    from pathlib import Path

    from finetune.kinds import Recipe
    from finetune.tokens import Tokens


def warnings_of(
    recipe: Recipe, steps: int, train: Iterable[Tokens], evaluation: Iterable[Tokens]
) -> Iterator[str]:
    """Yield a sentence for each: a warm-up without an end, repeated rows, a leak into evaluation.

    `steps` is that of the whole run. Rows are compared by their tokens, and by `problem_id` where
    they have one.
    """
    rows = list(train)
    if steps <= recipe.warmup_steps:
        reached = learning_rate(steps - 1, steps, recipe)
        yield (
            f"the warm-up of {recipe.warmup_steps:,} steps does not end in {steps:,}, and the "
            f"learning rate reaches only {reached:.3g} of {recipe.learning_rate:.3g}; "
            "lower warmup_steps, or train longer"
        )
    known = {row.ids.tobytes() for row in rows}
    if len(known) < len(rows):
        yield f"{len(rows) - len(known):,} of {len(rows):,} training rows repeat an earlier one"
    wanted = list(evaluation)
    same = sum(row.ids.tobytes() in known for row in wanted)
    problems = {row.problem for row in rows} - {""}
    shared = sum(row.problem in problems for row in wanted)
    if same or shared:
        which = "training rows too" if same else "of problems that are trained on"
        yield (
            f"{same or shared:,} of {len(wanted):,} evaluation rows are {which}, so the evaluation "
            "loss does not tell of new problems; split by problem, as `pie dataset split` does"
        )


def diverged(step: int, what: str, output: Path) -> FinetuneError:
    """Return the error of a training whose numbers are none, with what can be done about it."""
    from finetune.checkpoint import all_of

    remedy = "lower learning_rate or raise warmup_steps"
    if saved := all_of(output):  # which another rate does not go on from
        remedy += f", with another --output; here {saved[-1].name} is kept"
    return FinetuneError(f"step {step}: {what}", remedy)
