"""Speed as a reward: a few steps of TRL's GRPO, and the measured speedup before and after.

    python examples/loop/grpo.py       after `make loop`, whose plain model is where it starts

Again a proof of the pipeline only. The prompts are the slow programs of problems that the model was
trained on, without tags; the reward is measured by `pie.rewards`. Before and after, the same
prompts are sampled with the same seeds and measured, and the paired difference is told with its
95 % interval over problems. The exit code is 0 if the mean speedup rose, 3 if that is not shown.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import families  # noqa: E402

from pie.core.metrics.bootstrap import Cluster, mean_interval  # noqa: E402
from pie.core.prompting.prompts import Form, Strategy, render  # noqa: E402
from pie.rewards import SpeedReward, speed_reward  # noqa: E402

TOKENS = 48
"""Of an answer, at most."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--loop", type=Path, default=Path("runs/loop"), help="folder of the loop")
    parser.add_argument("--out", type=Path, help="folder for the result; default: LOOP/grpo")
    parser.add_argument("--machine", default="auto", help="of `pie simulate`")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--problems", type=int, default=16, help="how many to ask about")
    given = parser.parse_args()
    out = given.out or given.loop / "grpo"
    out.mkdir(parents=True, exist_ok=True)

    import torch
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer, PrinterCallback
    from trl import GRPOConfig, GRPOTrainer

    began = time.monotonic()
    folder = given.loop / "model.plain" / "model"
    tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    rows = prompts(given.loop, given.problems)
    with speed_reward(given.loop / "test_cases", machine=given.machine, cap=64) as reward:
        before = sampled(model, tokenizer, rows, reward)
        say(f"before: {told(before)}")
        trainer = GRPOTrainer(
            model=model,
            processing_class=tokenizer,
            reward_funcs=reward,
            train_dataset=Dataset.from_list(rows),
            args=GRPOConfig(
                output_dir=str(out / "trainer"),
                max_steps=given.steps,
                per_device_train_batch_size=32,
                num_generations=8,
                max_completion_length=TOKENS,
                temperature=1.0,
                learning_rate=3e-4,
                lr_scheduler_type="constant",
                beta=0.0,
                bf16=False,
                gradient_checkpointing=False,
                use_cpu=True,
                logging_steps=1,
                save_strategy="no",
                report_to="none",
                disable_tqdm=True,
                seed=0,
            ),
        )
        trainer.remove_callback(PrinterCallback)  # it prints to stdout; the result has the steps
        trainer.train()
        after = sampled(model, tokenizer, rows, reward)
        say(f"after: {told(after)}")
    result = {
        "before": before,
        "after": after,
        "difference": difference(before, after),
        "steps": [
            {key: line.get(key) for key in ("reward", "speed/accepted", "speed/speedup")}
            for line in trainer.state.log_history
            if "reward" in line
        ],
        "seconds": round(time.monotonic() - began, 1),
        "cpu_seconds": round(time.process_time(), 1),
    }
    (out / "result.json").write_text(json.dumps(result, indent=2) + "\n", "utf-8")
    found = result["difference"]
    print(
        f"mean measured speedup {before['mean']:.2f} before, {after['mean']:.2f} after "
        f"{given.steps} steps; difference {found['mean']:.2f} "
        f"[{found['low']:.2f}, {found['high']:.2f}] over {len(before['by_problem'])} problems; "
        f"accepted {before['accepted']:.0%} before, {after['accepted']:.0%} after"
    )
    return 0 if found["low"] > 0 else 3


def prompts(loop: Path, count: int) -> list[dict[str, Any]]:
    """Return rows for the trainer: what the reward needs stands beside each prompt."""
    lines = (loop / "submissions.jsonl").read_text("utf-8").splitlines()
    names = dict.fromkeys(json.loads(line)["problem_id"] for line in lines)
    rows = []
    for name in list(names)[:count]:
        source = families.Problem(tuple(name.split("-"))).source()
        rows.append(
            {
                "prompt": render(Strategy.FINETUNED, Form.PLAIN, source).text,
                "problem_id": name,
                "src_code": source,
                "tests": list(range(len(families.INPUTS))),
            }
        )
    return rows


def sampled(
    model: Any, tokenizer: Any, rows: list[dict[str, Any]], reward: SpeedReward, samples: int = 8
) -> dict[str, Any]:
    """Sample each prompt and return the mean speedup, a program that is not accepted as 0."""
    import torch

    model.eval()
    asked = [row for row in rows for _ in range(samples)]
    ids = tokenizer([row["prompt"] for row in asked], padding=True, return_tensors="pt")
    torch.manual_seed(1)
    with torch.inference_mode():
        made = model.generate(
            input_ids=ids["input_ids"],
            attention_mask=ids["attention_mask"],
            do_sample=True,
            temperature=1.0,
            max_new_tokens=TOKENS,
            pad_token_id=tokenizer.pad_token_id,
        )
    answers = tokenizer.batch_decode(made[:, ids["input_ids"].shape[1] :], skip_special_tokens=True)
    names = ("problem_id", "src_code", "tests")
    found = reward.measure(answers, **{name: [row[name] for row in asked] for name in names})
    if any(one.reward is None for one in found):
        raise SystemExit("grpo: some programs could not be measured; run it again")
    by_problem: dict[str, list[float]] = {}
    for row, one in zip(asked, found, strict=True):
        by_problem.setdefault(row["problem_id"], []).append(one.speedup or 0.0)
    accepted = sum(one.speedup is not None for one in found) / len(found)
    means = {name: sum(values) / len(values) for name, values in by_problem.items()}
    mean = sum(one.speedup or 0.0 for one in found) / len(found)
    return {"mean": mean, "accepted": accepted, "samples": len(found), "by_problem": means}


def difference(before: dict[str, Any], after: dict[str, Any]) -> dict[str, float]:
    """Return the mean of after minus before by problem, with its interval."""
    of = {name: after["by_problem"][name] - was for name, was in before["by_problem"].items()}
    bounds = mean_interval({name: Cluster(one, 1) for name, one in of.items()})
    assert bounds is not None
    return {"mean": sum(of.values()) / len(of), "low": bounds.low, "high": bounds.high}


def told(found: dict[str, Any]) -> str:
    return f"mean speedup {found['mean']:.3f}, {found['accepted']:.0%} accepted"


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
