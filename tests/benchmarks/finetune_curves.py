"""How far the losses of one training are apart when the work is cut differently.

    python tests/benchmarks/finetune_curves.py

A tiny Llama (2 layers, 32 wide), 24 rows, 12 steps, fp32, on the CPU: each entry is another way of
doing the same training, with the largest difference of a step's loss to one process that takes
eight rows at once; besides, merged against unmerged adapters.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from finetune import checkpoint, metrics
from finetune.kinds import Recipe
from finetune.launch import line
from finetune.merge import merge
from finetune.recipe import load, parse
from finetune.train import train
from tests.unit.finetune.conftest import make_model, write_rows


class Stopped(Exception):
    pass


def curve(recipe: Recipe) -> list[float]:
    lines = metrics.read(Path(recipe.output) / "metrics.jsonl")
    return [one["loss"] for one in lines if "loss" in one]


def launched(document: dict[str, Any], folder: Path) -> None:
    path = folder / "recipe.json"
    path.write_text(json.dumps(document))  # JSON is YAML
    words = line(load(str(path)), str(path), {})
    command = [sys.executable, "-m", "accelerate.commands.launch", *words[2:]]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path.cwd())}
    subprocess.run(command, check=True, env=environment)


def main() -> None:
    folder = Path(tempfile.mkdtemp())
    common = {
        "model": str(make_model(folder / "model")), "batch": 8, "epochs": 4, "warmup_steps": 2,
        "train": str(write_rows(folder / "rows.jsonl", 24, 1)), "learning_rate": 1e-3,
        "max_tokens": 120, "precision": "fp32", "launch": {"device": "cpu"},
    }  # fmt: skip

    def one(name: str, **changes: Any) -> dict[str, Any]:
        return {**common, "micro_batch": 8, "output": str(folder / name), **changes}

    reference = parse(one("reference"))
    train(reference)
    expected = curve(reference)

    told: dict[str, Any] = {}

    def tell(what: str, found: list[float]) -> None:
        apart = max(abs(a - b) for a, b in zip(expected, found, strict=True))
        told[what] = float(f"{apart:.1e}")

    again = parse(one("again"))
    train(again)
    tell("again", curve(again))
    single = parse(one("single", micro_batch=1))
    train(single)
    tell("eight_times_one_row", curve(single))

    def stop(step: int, loss: float) -> None:
        if step == 7:
            raise Stopped

    broken = parse(one("broken", save_every=3))
    try:
        train(broken, after_step=stop)
    except Stopped:
        train(broken)
    tell("interrupted_at_7_resumed_from_6", curve(broken))
    both = one("both", micro_batch=2, launch={"device": "cpu", "processes": 2})
    launched(both, folder)
    tell("two_processes_fsdp2_gloo", curve(parse(both)))
    told["loss_first_and_last"] = [round(expected[0], 4), round(expected[-1], 4)]

    lora = parse(one("lora", method="lora", lora={"rank": 4}, learning_rate=0.02))
    ended = train(lora)
    merged = merge(checkpoint.all_of(folder / "lora")[-1], folder / "merged")

    import torch
    from peft import AutoPeftModelForCausalLM
    from transformers import AutoModelForCausalLM

    prompt = torch.arange(5, 60)[None]
    with torch.no_grad():
        apart = (
            AutoPeftModelForCausalLM.from_pretrained(ended.folder)(prompt).logits
            - AutoModelForCausalLM.from_pretrained(merged.folder)(prompt).logits
        )
    told["logits_merged_and_unmerged"] = float(f"{float(apart.abs().max()):.1e}")
    print(json.dumps(told))


if __name__ == "__main__":
    main()
