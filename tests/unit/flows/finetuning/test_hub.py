"""A run to the hub and back, through huggingface_hub's own client and a server of this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

pytest.importorskip("torch")

from finetune import card
from finetune.recipe import parse
from finetune.train import train
from tests.hub_server import HubServer
from tests.unit.finetune.conftest import make_model, write_rows

REPOSITORY = Path(__file__).parents[4]
Cli = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("secret-place")
    document = {
        "model": str(make_model(folder / "base")), "method": "lora", "lora": {"rank": 2},
        "train": str(write_rows(folder / "train.jsonl", 4, 1)), "output": str(folder / "runs/tiny"),
        "eval": str(write_rows(folder / "eval.jsonl", 2, 2)), "batch": 4, "micro_batch": 2,
        "warmup_steps": 0, "max_tokens": 120, "precision": "fp32", "launch": {"device": "cpu"},
    }  # fmt: skip
    train(parse(document))
    return folder / "runs/tiny"


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """`pie finetune`, in a process of its own: huggingface_hub reads HF_ENDPOINT once."""

    def called(hub: HubServer, *words: Any, **more: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ, "PYTHONPATH": str(REPOSITORY), "PIE_CACHE": str(tmp_path / "cache"),
            "HF_HOME": str(tmp_path / "hf"), **hub.environment, **more,
        }  # fmt: skip
        program = "from pie.cli import main; main()"
        return subprocess.run(
            [sys.executable, "-c", program, "finetune", *map(str, words)],
            env=environment, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip

    return called


def test_a_run_goes_to_the_hub_in_one_commit_and_comes_back_the_same(
    run: Path, tmp_path: Path, cli: Cli
) -> None:
    with HubServer() as hub:
        done = cli(hub, "push", run, "--to", "me/tiny-lora", "--json")
        assert done.returncode == 0, done.stderr
        (repository,) = hub.repositories.values()
        assert repository.private
        assert repository.commits == 1
        told = json.loads(done.stdout)
        assert told["commit"] == f"{hub.url}/me/tiny-lora/commit/{repository.sha}"
        adapter = {path.name: path.read_bytes() for path in (run / "adapter").iterdir()}
        adapter.pop("README.md", None)
        text = repository.files["README.md"].decode()
        sent = {name: one for name, one in repository.files.items() if name != "README.md"}
        config = json.loads(sent.pop("adapter_config.json"))
        assert config["base_model_name_or_path"] == "base", "its place here is nobody's business"
        told_here = json.loads(adapter.pop("adapter_config.json"))
        assert {**told_here, "base_model_name_or_path": "base"} == config
        assert sent == adapter
        assert not any(b"secret-place" in one for one in repository.files.values())
        assert hub.large, "weights go by their digest"

        repository.files |= {"run_me.py": b"raise SystemExit", "pytorch_model.bin": b"pickled"}
        done = cli(hub, "pull", "me/tiny-lora", "--output", tmp_path / "back")
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip() == str(tmp_path / "back")
        back = {path.name: path.read_bytes() for path in (tmp_path / "back").iterdir()}
        left = {"run_me.py", "pytorch_model.bin"}
        assert back == {n: one for n, one in repository.files.items() if n not in left}

        again = cli(hub, "push", run, "--to", "me/tiny-lora")
        assert again.returncode == 0, again.stderr

    _, front, body = text.split("---\n", 2)
    metadata = yaml.safe_load(front)
    assert metadata["library_name"] == "peft"
    assert "base_model" not in metadata, "a folder of this machine is no base on the hub"
    assert "secret-place" not in text
    shown = yaml.safe_load(body.split("```yaml\n")[1].split("```")[0])
    assert (shown["learning_rate"], shown["train"]) == (1e-5, "train.jsonl")
    assert "best evaluation loss" in body


def test_what_the_hub_refuses_is_one_sentence_without_the_token(
    run: Path, tmp_path: Path, cli: Cli
) -> None:
    with HubServer() as hub:
        cases = [
            (("push", run, "--to", "me/tiny"), {"HF_TOKEN": "hf_wrong"}, "HF_TOKEN"),
            (("push", run, "--to", "me/no/name"), {}, "give it as OWNER/NAME"),
            (("push", tmp_path, "--to", "me/tiny"), {}, "neither a run's folder nor"),
            (("pull", "me/nothing", "--output", tmp_path / "x"), {}, "me/nothing could not be"),
            (("pull", "me/x", "--output", run), {}, "exists already"),
        ]
        for words, more, told in cases:
            done = cli(hub, *words, **more)
            assert done.returncode == 1, words
            assert told in done.stderr, (words, done.stderr)
            assert len(done.stderr.splitlines()) == 1, done.stderr
            assert "hf_" not in done.stderr
    assert not (tmp_path / "x").exists()
    assert [one.name for one in tmp_path.iterdir() if "partial" in one.name] == []


def test_the_card_has_the_measured_tables_and_a_base_of_the_hub(tmp_path: Path) -> None:
    from finetune import checkpoint

    folder = tmp_path / "run" / "checkpoints" / "step-0000003"
    folder.mkdir(parents=True)
    recipe = {
        "objective": "grpo", "model": "codellama/CodeLlama-7b-hf", "train": "/home/x/rows.jsonl",
        "reward": {"testcases": "/home/x/cases"}, "launch": {"main_address": "node0", "nodes": 2},
    }  # fmt: skip
    progress = {"step": 3, "base": "b", "identity": {}, "recipe": recipe}
    (folder / checkpoint.MANIFEST).write_text(json.dumps(progress))
    line = {"step": 3, "loss": 0.5, "reward": 1.5, "tokens_per_second": 7.0}
    (tmp_path / "run" / "metrics.jsonl").write_text(json.dumps(line) + "\n")
    text = card.card(tmp_path / "run", False, [card.Table("test-skylake", "| a |\n| --- |\n| 1 |")])
    assert "base_model: codellama/CodeLlama-7b-hf" in text
    assert "library_name: transformers" in text
    assert "reinforcement learning (GRPO)" in text
    assert "| reward of the first and last step | 1.5000, 1.5000 |" in text
    assert "### test-skylake\n\n| a |" in text
    assert "/home/x" not in text
    assert "node0" not in text
    assert text.startswith("---\n")


def test_the_card_can_be_read_before_anything_is_sent(run: Path, cli: Cli) -> None:
    with HubServer(refuse=500) as hub:
        done = cli(hub, "push", run, "--to", "me/tiny", "--dry-run")
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("---\n")
        assert hub.asked == []
