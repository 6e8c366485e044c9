"""What a run leaves: the identity that a resumed one must share, and the trained weights."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finetune import checkpoint
from finetune.model import BASE
from finetune.prompt import Trained, write_record

if TYPE_CHECKING:
    from finetune.kinds import Recipe, Settings
    from finetune.processes import Processes
    from finetune.tokens import TokenisedRows

_MAY_CHANGE = {
    "model", "train", "eval", "output", "limit", "micro_batch", "gradient_checkpointing",
    "attention", "compile", "loss", "log_every", "save_every", "keep_checkpoints",
    "async_checkpoints", "final", "report_to", "launch",
}  # fmt: skip
"""Keys that a resumed run may change: they decide no number, or their content is compared."""


def identity(
    recipe: Recipe, train: TokenisedRows, evaluation: TokenisedRows | None
) -> dict[str, Any]:
    """Return what decides a run's numbers, beside the base model: recipe and rows."""
    document = recipe.model_dump(mode="json", exclude=_MAY_CHANGE)
    document["training rows"] = _digest(train)
    document["evaluation rows"] = _digest(evaluation) if evaluation else None
    return document


def _digest(rows: TokenisedRows) -> str:
    digest = hashlib.sha256()
    for row in rows.rows:
        digest.update(len(row.ids).to_bytes(4, "little") + row.prompt.to_bytes(4, "little"))
        digest.update(row.ids.tobytes())
    return digest.hexdigest()[:16]


def save_result(
    model: Any,
    tokenizer: Any,
    base: str,
    recipe: Settings,
    processes: Processes,
    trained: Trained | None = None,
) -> Path:
    """Write the trained weights: `model/` for transformers and vLLM, or `adapter/` for PEFT.

    A whole model is written in the precision it was trained with; beside an adapter lies the
    fingerprint `base` of its base model, and beside both in which form the rows were. All processes
    take part.
    """
    import torch
    from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict

    whole = recipe.method == "full"
    output = Path(recipe.output)
    folder = output / ("model" if whole else "adapter")
    partial = folder.with_suffix(checkpoint.PARTIAL)
    with checkpoint.writing(output, partial, processes):
        options = StateDictOptions(
            full_state_dict=True, cpu_offload=True, ignore_frozen_params=not whole
        )
        weights = get_model_state_dict(model, options=options)
        if processes.first:
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
            if whole:
                dtype = torch.bfloat16 if recipe.precision == "bf16" else torch.float32
                once = {name for name, _ in model.named_parameters()}  # a tied one is there twice
                once |= {name for name, _ in model.named_buffers()}
                weights = {name: one.to(dtype) for name, one in weights.items() if name in once}
                model.config.dtype = dtype
                model.config.use_cache = True
                if trained is not None:
                    end_answers(model, trained.ends)
            else:
                model.peft_config["default"].base_model_name_or_path = _base_name(recipe)
            model.save_pretrained(partial, state_dict=weights)
            tokenizer.save_pretrained(partial)
            if trained is not None:
                write_record(partial, trained)
            if not whole:
                (partial / BASE).write_text(base + "\n", encoding="utf-8")
            checkpoint.publish(partial, folder)
        processes.wait()
    return folder


def end_answers(model: Any, ends: Iterable[int]) -> None:
    """Let whoever generates with a model end an answer at these tokens too, servers included."""
    settings = getattr(model, "generation_config", None)
    if settings is None:
        return
    told = settings.eos_token_id
    known = list(told) if isinstance(told, list | tuple) else [] if told is None else [told]
    known += [one for one in ends if one not in known]
    if known:
        settings.eos_token_id = known[0] if len(known) == 1 else known


def _base_name(recipe: Settings) -> str:
    """Return the base model's name on the hub, or its folder wherever it is looked for from."""
    folder = Path(recipe.model)
    return str(folder.resolve()) if folder.is_dir() else recipe.model
