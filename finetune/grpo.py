"""Group-relative policy optimisation by TRL (arXiv 2402.03300), with a reward that is given.

The prompts are rows of `pie finetune data --sampling`. They are made tokens as in supervised
training and in sampling. What a reward needs of a row is handed to it as it stands in the file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from finetune import checkpoint, processes, prompt, rows, stopping, trainers
from finetune.errors import Ended, FinetuneError
from finetune.kinds import Grpo, Settings
from finetune.memory import telling_of_memory
from finetune.prompt import Form
from finetune.weights import by_peft

Reward = Callable[..., list[float | None]]
"""`reward(completions, log_metric=..., **columns)`: a value for each, or None to leave it out.

`trainer_state` and `log_extra` come with the columns, as TRL hands them on.
"""


def objective(asked: Settings) -> Grpo:
    """Return a recipe that is one of GRPO; FinetuneError for another."""
    if not isinstance(asked, Grpo):
        raise FinetuneError("the recipe's objective is not grpo", "set objective: grpo")
    return asked


def train(
    recipe: Grpo,
    reward: Reward,
    columns: Sequence[str],
    say: trainers.Say = lambda text: None,
    after_step: trainers.AfterStep = lambda step, loss: None,
) -> Path:
    """Train, or go on where a run in the same folder stopped; return the result's folder.

    `columns` are the fields of a row that the reward is handed, a list of each; those that end in
    `?` may be missing.
    """
    trainer_of = trainers.need_trl("GRPOTrainer", "_tokenize_prompts")
    team = processes.start(recipe)
    try:
        with checkpoint.held(Path(recipe.output), team), stopping.awaited() as stop:
            told = say if team.first else (lambda _: None)
            result = _train(recipe, reward, columns, team, stop, trainer_of, told, after_step)
    except Ended:
        processes.leave(team)
        raise
    processes.leave(team)
    return result


def _train(
    recipe: Grpo,
    reward: Reward,
    columns: Sequence[str],
    team: processes.Processes,
    stop: stopping.Stop,
    trainer_of: Any,
    say: trainers.Say,
    after_step: trainers.AfterStep,
) -> Path:
    from datasets import Dataset
    from trl import GRPOConfig

    form, asked, known = read(Path(recipe.train), columns, recipe.limit)
    say(f"training: {len(asked):,} prompts, {recipe.answers} answers to each")
    digest = hashlib.sha256(repr((asked, known)).encode()).hexdigest()[:16]
    begun = trainers.begin(recipe, team, stop, form, digest, say)
    tokenizer = begun.tokenizer
    if form is Form.CHAT:  # an answer ends where the template ends a turn
        tokenizer.eos_token = tokenizer.convert_ids_to_tokens(begun.trained.ends[0])

    def rewarded(completions: Any, row: list[int], log_metric: Any = None, **more: Any) -> Any:
        """Hand the reward what the file has of each completion's row; Arrow would change types."""
        about = {name: [known[one].get(name) for one in row] for name in known[row[0]]}
        own = {name: more[name] for name in ("trainer_state", "log_extra") if name in more}
        return reward(completions, log_metric=log_metric, **own, **about)

    rewarded.__name__ = getattr(reward, "__name__", "reward")

    class Trainer(trainer_of):
        """Asks with the tokens that supervised training has."""

        def _tokenize_prompts(self, prompts: Sequence[Any]) -> Any:
            return [ids(tokenizer, one) for one in prompts], None, {}

    with telling_of_memory(recipe), by_peft():
        trainer = Trainer(
            model=begun.network(),
            processing_class=tokenizer,
            reward_funcs=rewarded,
            train_dataset=Dataset.from_list(
                [{"prompt": one, "row": at} for at, one in enumerate(asked)]
            ),
            peft_config=begun.adapters(),
            args=GRPOConfig(
                **trainers.arguments(recipe),
                num_generations=recipe.answers,
                max_completion_length=recipe.max_new_tokens,
                temperature=recipe.temperature,
                beta=recipe.beta,
                epsilon=recipe.clip,
            ),
        )
        return trainers.run(begun, trainer, after_step)


def ids(tokenizer: Any, asked: Any) -> list[int]:
    """Return the tokens of a prompt: of a text, or of messages."""
    if isinstance(asked, str):
        return prompt.prompt_ids(tokenizer, prompt.plain_parts(tokenizer, asked))
    messages = [(one["role"], one["content"]) for one in asked]
    return prompt.prompt_ids(tokenizer, prompt.chat_parts(tokenizer, messages))


def read(
    path: Path, columns: Sequence[str], limit: int | None = None
) -> tuple[Form, list[Any], list[dict[str, Any]]]:
    """Return form and prompts of a file's first rows or all, and of each what the reward needs."""
    asked: list[Any] = []
    known: list[dict[str, Any]] = []
    form: Form | None = None
    for place, fields in rows.objects(path, limit):
        text, messages = rows.question(fields, place)
        now = Form.CHAT if messages else Form.PLAIN
        form = form or now
        if now is not form:
            raise FinetuneError(
                f"{place} is in {now} form and the rows before in {form}",
                "train on the rows of one form",
            )
        needed = {}
        for column in columns:
            name = column.removesuffix("?")
            if fields.get(name) is not None:
                needed[name] = fields[name]
            elif name == column:
                raise FinetuneError(
                    f"{place} has no {name}, which the reward needs",
                    "write prompts with `pie finetune data --sampling`",
                )
        asked.append(text or [{"role": role, "content": said} for role, said in messages])
        known.append(needed)
    assert form is not None  # a file without rows was refused
    names = {name for one in known for name in one}
    return form, asked, [{name: one.get(name) for name in sorted(names)} for one in known]
