"""The service's rewards within TRL's own trainer, waited for and awaited."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from pie.service.trainers import AsyncRemoteReward, RemoteReward
from tests.service import FAST, ROW, SLOW, WRONG, Running
from tests.unit.finetune.conftest import make_model

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("kind", [RemoteReward, AsyncRemoteReward])
def test_trls_trainer_takes_the_rewards_of_the_service(
    kind: Any, running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tiny model writes no program, so answers are put in the place of what it wrote."""
    trl = pytest.importorskip("trl")
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from pie.service import trainers

    made, answers = trainers._items, [FAST, SLOW, WRONG, "no program"]
    monkeypatch.setattr(trainers, "_items", lambda _written, columns: made(answers, columns))
    folder = make_model(tmp_path / "tiny")
    trainer = trl.GRPOTrainer(
        model=AutoModelForCausalLM.from_pretrained(folder),
        processing_class=AutoTokenizer.from_pretrained(folder, padding_side="left"),
        reward_funcs=[kind(running.url)],
        train_dataset=Dataset.from_list([{"prompt": "### Program:\n", **ROW}]),
        args=trl.GRPOConfig(
            output_dir=str(tmp_path / "out"),
            max_steps=1,
            per_device_train_batch_size=4,
            num_generations=4,
            max_completion_length=4,
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
    columns = {name: [value] * 4 for name, value in ROW.items()}
    expected = running.options.reward(answers, **columns)
    (logged,) = [line for line in trainer.state.log_history if "reward" in line]
    assert logged["reward"] == pytest.approx(sum(one or 0.0 for one in expected) / 4)
    assert logged["speed/accepted"] == pytest.approx(2 / 4)
    assert math.isfinite(logged["grad_norm"])
