"""The way of a model: pairs to rows, rows to an adapter, killed on the way, merged into a model."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from finetune import checkpoint
from finetune.recipe import load
from finetune.train import train
from tests.e2e.conftest import PIE, SLOW, Pie, row, write_rows
from tests.unit.finetune.conftest import make_model

HUNGRY = SLOW.replace(
    "int n;",
    "int n; static volatile char much[40 << 20]; for (auto &page : much) page = 1;",
)


@pytest.mark.prove
def test_measured_time_and_memory_are_what_an_execution_conditioned_row_shows(
    pie: Pie, tmp_path: Path
) -> None:
    pairs = write_rows(tmp_path / "pairs.jsonl", row("hungry", slow=HUNGRY), row("modest", SLOW))
    run = tmp_path / "run"
    simulate = ("simulate", "--pairs", pairs, "--out", run, "--no-cache")
    done = pie(*simulate)
    assert done.returncode == 0, done.stderr
    measured = (run / "measurements.jsonl").read_bytes()

    data = ("finetune", "data", "--pairs", pairs, "--format", "ecco-execution", "--run", run)
    done = pie(*data, "--out", tmp_path / "rows.jsonl")
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in (tmp_path / "rows.jsonl").open()]
    shown = [
        [float(one) for one in re.findall(r"^Memory: ([0-9.]+) KB$", made["prompt"], re.MULTILINE)]
        for made in rows
    ]
    hungry, modest = shown
    assert len(hungry) == len(modest) == 2, "of each test that is shown"
    assert all(40 << 10 < one < 44 << 10 for one in hungry)
    assert all(100 < one < 4 << 10 for one in modest), "not of Valgrind's own run"

    done = pie(*simulate)
    assert done.returncode == 0, done.stderr
    assert (run / "measurements.jsonl").read_bytes() == measured, "kept with the judged run"
    assert not (run / "measurements.jsonl.superseded").exists()


@pytest.mark.slow
@pytest.mark.prove
def test_a_killed_run_goes_on_and_its_merged_model_writes_what_the_adapter_writes(
    pie: Pie, tmp_path: Path
) -> None:
    pytest.importorskip("torch")
    import torch
    from peft import AutoPeftModelForCausalLM
    from transformers import AutoModelForCausalLM, AutoTokenizer

    base = make_model(tmp_path / "base")
    pairs = tmp_path / "pairs.jsonl"
    row = {"problem_id": "p", "tests": [0], "target_reward_updated_pct_bin": 10}
    pairs.write_text(
        "".join(
            json.dumps({**row, "src_code": f"int a{n};", "tgt_code": f"int b{n};"}) + "\n"
            for n in range(16)
        )
    )
    done = pie("finetune", "data", "--pairs", pairs, "--out", tmp_path / "rows.jsonl",
               "--format", "perf-conditioned", "--tokenizer", base,
               "--max-tokens", "250")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "tokens not in the loss:" in done.stderr

    recipe = {
        "model": str(base), "train": str(tmp_path / "rows.jsonl"), "method": "lora",
        "lora": {"rank": 4, "dropout": 0.1}, "batch": 4, "micro_batch": 2, "epochs": 20,
        "learning_rate": 0.01, "warmup_steps": 2, "max_tokens": 250, "precision": "fp32",
        "save_every": 5, "keep_checkpoints": 2, "launch": {"device": "cpu"},
    }  # fmt: skip
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(recipe))

    def command(output: str) -> list[str]:
        words = [str(PIE), "finetune", "run", "--config", str(tmp_path / "recipe.yaml")]
        return [*words, "--output", str(tmp_path / output), "--json"]

    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    killed = subprocess.Popen(
        command("run"), env=environment, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    waited = time.monotonic() + 900
    while not checkpoint.all_of(tmp_path / "run"):
        assert killed.poll() is None
        assert time.monotonic() < waited
        time.sleep(0.05)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    done = subprocess.run(command("run"), env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "going on after step" in done.stderr
    assert "tokens in the loss:" in done.stderr, "one row is shown before training"
    outcome = json.loads(done.stdout)
    train(load(str(tmp_path / "recipe.yaml"), {"output": str(tmp_path / "through")}))
    curves = [
        [json.loads(line)["loss"] for line in (tmp_path / name / "metrics.jsonl").open()]
        for name in ("run", "through")
    ]
    assert curves[0] == curves[1]
    assert len(curves[0]) == outcome["steps"] == 80
    assert curves[0][-1] < curves[0][0] - 0.5
    assert (tmp_path / "run/loss.png").stat().st_size > 0

    done = pie("finetune", "merge", tmp_path / "run", "--output", tmp_path / "merged", "--json")
    assert done.returncode == 0, done.stderr
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "merged")
    asked = json.loads((tmp_path / "rows.jsonl").open().readline())
    prompt = tokenizer(asked["prompt"], return_tensors="pt")
    answers = []
    for network in (
        AutoModelForCausalLM.from_pretrained(tmp_path / "merged"),
        AutoPeftModelForCausalLM.from_pretrained(outcome["folder"]),
    ):
        with torch.no_grad():
            written = network.generate(**prompt, max_new_tokens=20, do_sample=False)
        answers.append(tokenizer.decode(written[0, prompt["input_ids"].shape[1] :]))
    assert answers[0] == answers[1]
    assert answers[0]


@pytest.mark.slow
@pytest.mark.prove
def test_training_needs_nothing_of_the_rest_of_the_project(tmp_path: Path) -> None:
    code = (
        "import sys, finetune.train, finetune.launch, finetune.merge, finetune.hosted\n"
        "import finetune.dpo, finetune.grpo, finetune.hub, finetune.card\n"
        "found = {name.split('.')[0] for name in sys.modules}\n"
        "assert not found & {'pie', 'sim', 'retrieval', 'torch', 'transformers'}, found"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
