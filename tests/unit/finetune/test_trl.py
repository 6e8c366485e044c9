"""Our loop against TRL's trainer: the same rows, the same order, the same losses."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from finetune import metrics
from finetune.batches import order
from finetune.train import train


@pytest.mark.slow
@pytest.mark.prove
def test_the_losses_are_those_of_trls_trainer(
    make_recipe: Callable[..., Any], tiny: Path, rows: Path, tmp_path: Path
) -> None:
    trl = pytest.importorskip("trl")
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer

    recipe = make_recipe(epochs=1, batch=6, micro_batch=3, output=str(tmp_path / "ours"))
    train(recipe)
    lines = metrics.read(tmp_path / "ours/metrics.jsonl")
    ours = [(line["loss"], line["grad_norm"]) for line in lines]

    read = [json.loads(line) for line in rows.read_text().splitlines()]
    trainer = trl.SFTTrainer(
        model=AutoModelForCausalLM.from_pretrained(tiny),
        processing_class=AutoTokenizer.from_pretrained(tiny),
        train_dataset=Dataset.from_list([read[one] for one in order(24, recipe.seed, 0)]),
        args=trl.SFTConfig(
            output_dir=str(tmp_path / "theirs"),
            completion_only_loss=True,
            per_device_train_batch_size=3,
            gradient_accumulation_steps=2,
            num_train_epochs=1,
            learning_rate=1e-3,
            warmup_steps=2,
            lr_scheduler_type="linear",
            train_sampling_strategy="sequential",
            max_length=None,
            logging_steps=1,
            use_cpu=True,
            bf16=False,
            gradient_checkpointing=False,
            report_to="none",
            save_strategy="no",
            disable_tqdm=True,
        ),
    )
    trainer.train()
    theirs = [(one["loss"], one["grad_norm"]) for one in trainer.state.log_history if "loss" in one]
    assert len(ours) == 4
    for mine, other in zip(ours, theirs, strict=True):
        assert mine == pytest.approx(other, abs=1e-4)
