"""The launch line, and what becomes of a training process that is lost."""

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from finetune import checkpoint, launch, metrics
from finetune.errors import Ended, FinetuneError
from finetune.recipe import load
from finetune.train import train

REPOSITORY = Path(__file__).parents[3]
Make = Callable[..., Any]


def line(name: str, **overrides: str) -> str:
    return launch.shown(launch.line(load(name, overrides), name, overrides)).replace(
        str(launch.CONFIGURATION), "CONFIGURATION"
    )


def test_the_line_of_one_node_shards_by_fsdp2() -> None:
    assert line("pie-full", train="a b.jsonl", eval="c.jsonl") == (
        "accelerate launch --config_file CONFIGURATION --num_machines 1 --num_processes 8 "
        "--mixed_precision bf16 --dynamo_backend no --main_process_port 0 --use_fsdp "
        "--fsdp_version 2 --fsdp_reshard_after_forward true --fsdp_offload_params false "
        "--module finetune.train pie-full --train 'a b.jsonl' --eval c.jsonl"
    )


def test_the_line_of_a_cpu_says_so() -> None:
    assert line("cpu") == (
        "accelerate launch --config_file CONFIGURATION --num_machines 1 --num_processes 1 "
        "--mixed_precision no --dynamo_backend no --cpu --module finetune.train cpu"
    )


def test_a_single_gpu_needs_no_sharding() -> None:
    assert "fsdp" not in line("single-gpu")
    assert "--cpu" not in line("single-gpu")


def test_the_line_of_a_node_among_several_names_its_rank() -> None:
    words = launch.shown(launch.line(load("several-nodes"), "several-nodes", {}, 1))
    assert "--num_machines 2 --num_processes 16" in words
    assert "--machine_rank 1 --main_process_ip node0 --same_network" in words
    with pytest.raises(FinetuneError, match="give one of 0 to 1"):
        launch.line(load("several-nodes"), "several-nodes", {}, 2)


def test_the_rank_of_a_node_is_given_or_slurms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLURM_NODEID", raising=False)
    assert launch.node_rank(None, 1) == 0
    with pytest.raises(FinetuneError, match="--node-rank"):
        launch.node_rank(None, 2)
    monkeypatch.setenv("SLURM_NODEID", "1")
    assert launch.node_rank(None, 2) == 1
    assert launch.node_rank(0, 2) == 0


def test_accelerate_understands_every_line() -> None:
    from accelerate.commands.launch import launch_command_parser

    for name in ("one-node-fsdp", "cpu", "qlora", "several-nodes"):
        words = launch.line(load(name), name, {})
        arguments = launch_command_parser().parse_args(list(words[2:]))
        assert arguments.training_script == "finetune.train"


@pytest.mark.parametrize(
    ("code", "said"), [(-9, "SIGKILL: most often"), (137, "SIGKILL"), (-11, "SIGSEGV")]
)
def test_a_single_process_that_is_killed_is_told(tmp_path: Path, code: int, said: str) -> None:
    with pytest.raises(FinetuneError, match=said) as raised:
        launch.ended(code, 0, tmp_path)
    assert "no checkpoint was written yet; run the same command again" in str(raised.value)


def test_a_process_that_sigterm_ended_before_a_step_has_the_code_of_sigterm(tmp_path: Path) -> None:
    with pytest.raises(Ended, match="ended by SIGTERM; no checkpoint was written yet") as raised:
        launch.ended(-15, 0, tmp_path)
    assert raised.value.exit_code == 143


@pytest.mark.parametrize(("code", "returned"), [(0, 0), (1, 1), (130, 130), (143, 143), (2, 1)])
def test_a_process_that_ended_by_itself_has_told_why(
    tmp_path: Path, code: int, returned: int
) -> None:
    assert launch.ended(code, 0, tmp_path) == returned


RUN = """
import sys
from pathlib import Path
from finetune import launch, recipe
from finetune.errors import Ended, FinetuneError
one = recipe.load(sys.argv[1])
try:
    code = launch.run(launch.line(one, sys.argv[1], {}), Path(one.output))
except FinetuneError as error:
    print(f"told: {error}", file=sys.stderr)
    code = 7
sys.exit(code)
"""


def start(recipe: Any, folder: Path) -> subprocess.Popen[str]:
    path = folder / "recipe.yaml"
    path.write_text(
        yaml.safe_dump(recipe.model_dump(mode="json", exclude={"max_steps", "patience"}))
    )
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-c", RUN, str(path)], env=environment, text=True, stderr=subprocess.PIPE
    )


@pytest.mark.slow
def test_two_processes_with_fsdp_have_the_loss_of_one(
    make_recipe: Make, tmp_path: Path, eval_rows: Path
) -> None:
    """Five rows a step in micro batches of one: the last turn of the second process is empty."""
    common = {"eval": str(eval_rows), "evaluate_every": 2, "batch": 6, "micro_batch": 1}
    alone = make_recipe(**common, output=str(tmp_path / "alone"))
    ended = train(alone)
    both = make_recipe(
        **common, output=str(tmp_path / "both"), launch={"device": "cpu", "processes": 2}
    )
    process = start(both, tmp_path)
    _, said = process.communicate(timeout=900)
    assert process.returncode == 0, said
    assert said.count("parameters are trained in") == 1, "the first process speaks for both"
    assert "by 2 processes" in said
    for name in ("loss", "grad_norm", "eval_loss"):
        curves = [
            [one[name] for one in metrics.read(tmp_path / run / "metrics.jsonl") if name in one]
            for run in ("alone", "both")
        ]
        assert curves[1] == pytest.approx(curves[0], abs=1e-5), name

    from safetensors.torch import load_file

    ours, theirs = (
        load_file(folder / "model.safetensors")
        for folder in (ended.folder, tmp_path / "both/model")
    )
    assert ours.keys() == theirs.keys()
    for name, value in ours.items():
        assert value.numpy() == pytest.approx(theirs[name].numpy(), abs=1e-5)


@pytest.mark.slow
@pytest.mark.prove
def test_a_lost_process_is_told_and_the_run_goes_on_from_its_checkpoint_in_one_process(
    make_recipe: Make, tmp_path: Path, tied: Path
) -> None:
    """Adapters and tied embeddings, so that both are sharded once as well."""
    common = {
        "model": str(tied), "method": "lora", "lora": {"rank": 2}, "batch": 4, "micro_batch": 1,
        "save_every": 2, "epochs": 200, "learning_rate": 1e-2,
    }  # fmt: skip
    recipe = make_recipe(**common, launch={"device": "cpu", "processes": 2})
    process = start(recipe, tmp_path)
    waited = time.monotonic() + 900
    while len(checkpoint.all_of(tmp_path / "run")) < 2 and time.monotonic() < waited:
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.2)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    trainers = [
        one for one in children if b"finetune.train" in Path(f"/proc/{one}/cmdline").read_bytes()
    ]
    assert len(trainers) == 2
    os.kill(int(trainers[1]), signal.SIGKILL)
    _, said = process.communicate(timeout=900)
    assert process.returncode == 7, said
    assert (
        "was lost (SIGKILL: most often the host had no memory left); the checkpoint step-" in said
    )
    assert "Traceback" not in said

    step = checkpoint.read_progress(checkpoint.all_of(tmp_path / "run")[-1]).step
    last = []

    def stop(at: int, loss: float) -> None:
        last.append((at, loss))
        if at == step + 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(make_recipe(**common), after_step=stop)
    alone = make_recipe(**common, output=str(tmp_path / "alone"))
    with pytest.raises(KeyboardInterrupt):
        train(alone, after_step=stop)
    assert last[0][0] == step + 1
    resumed, uninterrupted = dict(last[:2]), dict(last[-2:])
    assert resumed == pytest.approx(uninterrupted, abs=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (signal.SIGINT, "KeyboardInterrupt"),
        (signal.SIGTERM, "finetune: the training was ended by SIGTERM after step "),
        (signal.SIGKILL, ""),
    ],
)
@pytest.mark.prove
def test_a_training_does_not_outlive_its_launcher(
    make_recipe: Make, tmp_path: Path, sent: signal.Signals, told: str
) -> None:
    process = start(make_recipe(epochs=9999, save_every=2), tmp_path)
    began = time.monotonic()
    while not checkpoint.all_of(tmp_path / "run"):
        assert time.monotonic() - began < 900
        assert process.poll() is None
        time.sleep(0.1)
    (trainer,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    os.kill(process.pid, sent)
    _, said = process.communicate(timeout=900)  # both have the end of this pipe
    assert told in said
    assert process.returncode == {signal.SIGTERM: 143}.get(sent, process.returncode)
    assert not Path(f"/proc/{trainer}/exe").exists(), "gone, or a zombie"


def test_what_was_not_started_by_the_launcher_may_outlive_its_parent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import ctypes

    monkeypatch.setattr(ctypes, "CDLL", lambda _: pytest.fail("asked for a signal"))
    launch.end_with_launcher()
    monkeypatch.setenv(launch.LAUNCHER, "1234567")
    launch.end_with_launcher()


def test_a_wrong_number_of_processes_is_refused(
    make_recipe: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(FinetuneError, match="1 processes were started and the recipe says 2"):
        train(make_recipe(launch={"device": "cpu", "processes": 2}))


def test_a_line_that_was_changed_by_hand_is_refused(
    make_recipe: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACCELERATE_MIXED_PRECISION", "bf16")
    with pytest.raises(FinetuneError, match="sets ACCELERATE_MIXED_PRECISION to bf16 and the reci"):
        train(make_recipe())


@pytest.mark.parametrize(
    ("sent", "error", "said"),
    [
        (signal.SIGTERM, FinetuneError, "the training was ended by SIGTERM"),
        (signal.SIGINT, KeyboardInterrupt, ""),
    ],
)
def test_a_signal_to_the_launcher_of_several_processes_is_one_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    sent: signal.Signals,
    error: type[BaseException],
    said: str,
) -> None:
    from accelerate.commands import launch as accelerates
    from torch.distributed.elastic.agent.server import api as agent
    from torch.distributed.elastic.multiprocessing.api import SignalException

    told: list[str] = []
    handler = logging.Handler()
    monkeypatch.setattr(handler, "emit", lambda record: told.append(record.getMessage()))
    monkeypatch.setattr(agent.logger, "handlers", [handler])

    def ended(arguments: object) -> None:
        agent.logger.warning("Received %s death signal, shutting down workers", sent)
        agent.logger.error("a fault")
        raise SignalException("Process 1 got a signal", sigval=sent)

    monkeypatch.setattr(accelerates, "launch_command", ended)
    with pytest.raises(error, match=said):
        launch.run(launch.line(load("cpu"), "cpu", {}), tmp_path)
    assert told == ["a fault"]


def test_more_processes_than_processors_are_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    (said,) = launch.doubts(load("cpu", {"launch.processes": 64, "batch": 64}))
    assert said.startswith("64 training processes will share 2 processors")
    assert list(launch.doubts(load("cpu", {"launch.processes": 2}))) == []
    assert list(launch.doubts(load("one-node-fsdp"))) == [], "of GPUs torch is asked"


def test_more_gpus_than_there_are_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    from finetune.processes import check_device

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(FinetuneError, match="wants 8 GPUs on each node and torch finds 2 here"):
        check_device(load("one-node-fsdp"))
    check_device(load("single-gpu"))
