"""The rows of `pie finetune preferences` within TRL's own DPO trainer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pie.core.training.preferences import Rules
from pie.flows.finetuning.preferences import Request, build
from tests.unit.finetune.conftest import make_model
from tests.unit.flows.finetuning.test_preferences import measured, run_folder


def preferences(folder: Path) -> Path:
    """Four rows of a run: two with a slower answer, two with a wrong one as well."""
    rows = [
        measured(
            [f"int slow{n}() {{}}", f"int fast{n}() {{}}", f"int wrong{n}() {{}}"],
            [4.0, 1.0, None],
            problem_id=f"p{n}",
            src_code=f"int source{n}() {{}}\n",
        )
        for n in range(4)
    ]
    run = run_folder(folder / "run", *rows)
    manifest = build(Request(run, folder / "preferences.jsonl", Rules(failed=True)))
    assert manifest["rejected"] == {"slower": 4, "failed": 4}
    return folder / "preferences.jsonl"


def margin(model: Any, tokenizer: Any, rows: Any) -> float:
    """How much likelier, in nats, the chosen completions are than the rejected ones."""
    import torch

    def likelihood(prompt: str, completion: str) -> float:
        start = tokenizer(prompt, return_tensors="pt").input_ids
        ids = tokenizer(prompt + completion + tokenizer.eos_token, return_tensors="pt").input_ids
        with torch.inference_mode():
            logs = torch.log_softmax(model(ids).logits[0, :-1], -1)
        each = logs.gather(1, ids[0, 1:, None])[start.shape[1] - 1 :]
        return float(each.sum())

    differences = [
        likelihood(row["prompt"], row["chosen"]) - likelihood(row["prompt"], row["rejected"])
        for row in rows
    ]
    return sum(differences) / len(differences)


@pytest.mark.slow
@pytest.mark.prove
def test_trls_trainer_takes_the_file_and_a_few_steps_raise_the_margin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trl = pytest.importorskip("trl")
    from datasets import load_dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer

    path = preferences(tmp_path)
    data = load_dataset("json", data_files=str(path), split="train", cache_dir=str(tmp_path / "hf"))
    folder = make_model(tmp_path / "tiny")
    model = AutoModelForCausalLM.from_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    before = margin(model.eval(), tokenizer, data)
    trainer = trl.DPOTrainer(
        model=model,
        processing_class=tokenizer,
        train_dataset=data,
        args=trl.DPOConfig(
            output_dir=str(tmp_path / "out"),
            max_length=None,
            per_device_train_batch_size=8,
            max_steps=6,
            learning_rate=1e-3,
            use_cpu=True,
            bf16=False,
            gradient_checkpointing=False,
            logging_steps=1,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
        ),
    )
    trainer.train()
    told = [one["rewards/margins"] for one in trainer.state.log_history if "rewards/margins" in one]
    assert len(told) == 6
    assert told[0] == pytest.approx(0, abs=1e-5), "the model is its own reference at first"
    assert told[-1] > told[0] + 0.1
    assert margin(model.eval(), tokenizer, data) > before + 1
