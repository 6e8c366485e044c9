"""What a recipe may choose without choosing another result: how losses and files are made."""

import json
import os
import shutil
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch

from finetune import batches, checkpoint, loss, metrics
from finetune import train as script
from finetune.errors import Ended, FinetuneError
from finetune.memory import telling_of_memory
from finetune.train import train
from tests.unit.finetune.conftest import make_model
from tests.unit.finetune.test_launch import start
from tests.unit.finetune.test_train import losses, weights

Make = Callable[..., Any]


@pytest.mark.parametrize("method", ["full", "lora"])
def test_the_loss_by_chunks_is_the_plain_one(
    make_recipe: Make, tmp_path: Path, method: str
) -> None:
    curves = []
    for way in ("plain", "chunked"):
        recipe = make_recipe(loss=way, method=method, epochs=1, output=str(tmp_path / way))
        train(recipe)
        lines = metrics.read(Path(recipe.output) / "metrics.jsonl")
        curves.append([(line["loss"], line["grad_norm"]) for line in lines])
    assert len(curves[0]) == 3
    assert [one for pair in curves[1] for one in pair] == pytest.approx(
        [one for pair in curves[0] for one in pair], rel=1e-4
    )


def test_the_loss_by_chunks_works_in_bf16_and_with_a_tied_output_layer(
    make_recipe: Make, tied: Path, tmp_path: Path
) -> None:
    curves = []
    for way in ("plain", "chunked"):
        recipe = make_recipe(
            loss=way, precision="bf16", model=str(tied), epochs=1, output=str(tmp_path / way)
        )
        train(recipe)
        curves.append(losses(recipe))
    assert curves[1] == pytest.approx(curves[0], rel=2e-2)


def test_a_model_that_scales_its_logits_is_refused_by_chunks(
    make_recipe: Make, tiny: Path, tmp_path: Path
) -> None:
    from transformers import AutoTokenizer, CohereConfig, CohereForCausalLM

    scaled = tmp_path / "scaled"
    CohereForCausalLM(
        CohereConfig(
            vocab_size=300, hidden_size=32, intermediate_size=64, num_hidden_layers=1,
            num_attention_heads=4, logit_scale=9.0, max_position_embeddings=256,
        )
    ).save_pretrained(scaled)  # fmt: skip
    AutoTokenizer.from_pretrained(tiny).save_pretrained(scaled)
    with pytest.raises(FinetuneError, match="changes its logits behind the output layer"):
        train(make_recipe(model=str(scaled), loss="chunked", max_steps=1))


def test_a_way_that_needs_a_library_is_refused_by_its_name(
    make_recipe: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loss.importlib.util, "find_spec", lambda name: None)
    recipe = make_recipe(loss="liger", launch={"device": "cuda"})
    with pytest.raises(FinetuneError, match="needs liger-kernel, which is not installed"):
        train(recipe)
    with pytest.raises(FinetuneError, match="loss: liger needs a GPU"):
        make_recipe(loss="liger")
    monkeypatch.delattr(torch.nn.functional, "linear_cross_entropy")
    with pytest.raises(FinetuneError, match=r"a torch with linear_cross_entropy, as 2\.13"):
        train(make_recipe(loss="chunked"))


def test_ligers_kernels_are_put_on_by_transformers_and_asked_for_a_sum(
    tiny: Path, make_recipe: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its kernels need a GPU; that the model is asked rightly does not."""
    from transformers import LlamaForCausalLM
    from transformers.integrations import liger

    patched: list[Any] = []
    module: Any = ModuleType("liger_kernel.transformers")
    module._apply_liger_kernel_to_instance = lambda model: patched.append(model)
    monkeypatch.setitem(sys.modules, "liger_kernel", ModuleType("liger_kernel"))
    monkeypatch.setitem(sys.modules, "liger_kernel.transformers", module)
    monkeypatch.setattr(liger, "is_liger_kernel_available", lambda: True)
    network = LlamaForCausalLM.from_pretrained(tiny)
    recipe: Any = SimpleNamespace(loss="liger")
    head = loss.prepare(network, recipe)
    assert patched == [network]
    ids = torch.arange(20).reshape(2, 10)
    labels = ids.clone()
    labels[:, :4] = -100
    sums = [
        loss.of(network, head, {"input_ids": ids}, labels, how).item() for how in ("liger", "plain")
    ]
    assert sums[0] == pytest.approx(sums[1], rel=1e-6)


def test_grouping_by_length_keeps_every_row_and_saves_padding() -> None:
    lengths = [1 + (7 * at) % 97 for at in range(240)]

    def padding(places: list[int]) -> int:
        steps = [places[at : at + 4] for at in range(0, len(places), 4)]
        return sum(len(one) * max(lengths[at] for at in one) for one in steps) - sum(lengths)

    grouped = batches.order(240, 3, 0, lengths, 4)
    assert sorted(grouped) == list(range(240))
    assert grouped == batches.order(240, 3, 0, lengths, 4)
    assert grouped != batches.order(240, 3, 1, lengths, 4)
    assert grouped != batches.order(240, 4, 0, lengths, 4)
    assert padding(grouped) < 0.5 * padding(batches.order(240, 3, 0))


def test_a_run_grouped_by_length_trains_on_all_and_another_order_is_another_run(
    make_recipe: Make,
) -> None:
    recipe = make_recipe(group_by_length=True, epochs=1)
    train(recipe)
    lines = metrics.read(Path(recipe.output) / "metrics.jsonl")
    with pytest.raises(FinetuneError, match="group_by_length = True, and the recipe says False"):
        train(make_recipe(epochs=1))
    ungrouped = make_recipe(epochs=1, output=recipe.output + "2")
    train(ungrouped)
    others = metrics.read(Path(ungrouped.output) / "metrics.jsonl")
    assert sum(one["tokens"] for one in lines) == sum(one["tokens"] for one in others)


def test_bf16_weights_are_trained_as_such_and_take_half_the_disk(
    make_recipe: Make, tmp_path: Path
) -> None:
    sizes = {}
    for kind in ("fp32", "bf16"):
        recipe = make_recipe(
            weights=kind, precision="bf16", learning_rate=1e-2, output=str(tmp_path / kind)
        )
        said: list[str] = []
        train(recipe, said.append)
        state = checkpoint.all_of(tmp_path / kind)[-1] / "state"
        sizes[kind] = sum(one.stat().st_size for one in state.iterdir())
        assert losses(recipe)[-1] < losses(recipe)[0]
    assert 0.4 < sizes["bf16"] / sizes["fp32"] < 0.7
    with pytest.raises(FinetuneError, match="weights: bf16 needs method: full"):
        make_recipe(weights="bf16", method="lora", precision="bf16")


def test_a_checkpoint_before_there_was_a_key_goes_on_with_its_default(make_recipe: Make) -> None:
    recipe = make_recipe(max_steps=1)
    train(recipe)
    manifest = checkpoint.all_of(Path(recipe.output))[-1] / checkpoint.MANIFEST
    document = json.loads(manifest.read_text())
    for name in ("weights", "group_by_length", "objective"):
        del document["identity"][name]
    manifest.write_text(json.dumps(document))
    assert train(recipe).loss is None
    with pytest.raises(FinetuneError, match="group_by_length = False"):
        train(make_recipe(max_steps=1, group_by_length=True))


def test_a_checkpoint_written_in_the_background_is_that_of_its_step(
    make_recipe: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its writing is held up until the next step has changed the weights."""
    from torch.distributed.checkpoint import FileSystemWriter

    through = make_recipe(output=str(tmp_path / "through"))
    train(through)
    moved_on = threading.Event()
    original = FileSystemWriter.write_data

    def late(*given: Any) -> Any:
        assert moved_on.wait(60)
        return original(*given)

    monkeypatch.setattr(FileSystemWriter, "write_data", late)

    def after(step: int, _: float) -> None:
        if step == 3:
            assert checkpoint.all_of(tmp_path / "run") == [], "still being written"
            moved_on.set()
        if step == 4:
            raise KeyboardInterrupt

    recipe = make_recipe(async_checkpoints=True, save_every=2)
    with pytest.raises(KeyboardInterrupt):
        train(recipe, after_step=after)
    monkeypatch.undo()
    waited = time.monotonic() + 60
    while len(checkpoint.all_of(tmp_path / "run")) < 2 and time.monotonic() < waited:
        time.sleep(0.05)  # the last one's thread goes on by itself
    newest = checkpoint.all_of(tmp_path / "run")[-1]
    shutil.rmtree(newest)
    said: list[str] = []
    ended = train(recipe, said.append)
    assert "going on after step 2" in said
    assert losses(recipe) == losses(through)
    ours, theirs = weights(ended.folder), weights(tmp_path / "through/model")
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_a_disk_that_is_full_in_the_background_is_told_at_the_next_checkpoint(
    make_recipe: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from torch.distributed.checkpoint import FileSystemWriter

    original = FileSystemWriter.write_data

    def full(writer: Any, *given: Any) -> Any:
        if "step-0000004" in str(writer.path):
            raise OSError(28, "No space left on device")
        return original(writer, *given)

    monkeypatch.setattr(FileSystemWriter, "write_data", full)
    with pytest.raises(FinetuneError, match="the disk is full") as raised:
        train(make_recipe(async_checkpoints=True, save_every=2))
    assert "step-0000002, stays" in str(raised.value)
    names = [one.name for one in (tmp_path / "run/checkpoints").iterdir()]
    assert names == ["step-0000002"]


@pytest.mark.parametrize("in_background", [False, True])
def test_sigterm_saves_the_step_and_the_resumed_run_is_the_uninterrupted_one(
    make_recipe: Make, tmp_path: Path, in_background: bool
) -> None:
    changes = {"save_every": 100, "async_checkpoints": in_background}
    through = make_recipe(**changes, output=str(tmp_path / "through"))
    train(through)
    before = signal.getsignal(signal.SIGTERM)

    def told(step: int, _: float) -> None:
        if step == 2:  # within the loop: the next step is finished first
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGTERM)

    broken = make_recipe(**changes, output=str(tmp_path / "broken"))
    with pytest.raises(Ended, match="ended by SIGTERM after step 3, whose checkpoint is written"):
        train(broken, after_step=told)
    assert signal.getsignal(signal.SIGTERM) is before
    said: list[str] = []
    ended = train(broken, said.append)
    assert "going on after step 3" in said
    assert losses(broken) == losses(through)
    ours, theirs = weights(ended.folder), weights(tmp_path / "through/model")
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


@pytest.mark.parametrize("rank", ["0", "1"])
def test_the_script_ends_with_143_after_sigterm(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], rank: str
) -> None:
    def ended(*_: object) -> None:
        raise Ended("the training was ended by SIGTERM after step 3", "go on")

    monkeypatch.setattr(script, "train", ended)
    monkeypatch.setenv("RANK", rank)
    assert script.main(["cpu", "--model", "m"]) == 143
    lines = capsys.readouterr().err.splitlines()
    assert lines == (["finetune: the training was ended by SIGTERM after step 3; go on"]
                     if rank == "0" else [])  # fmt: skip


@pytest.mark.slow
@pytest.mark.prove
def test_sigterm_to_two_sharded_replicas_is_a_checkpoint_that_one_process_goes_on_from(
    make_recipe: Make, tmp_path: Path
) -> None:
    common = {"batch": 4, "micro_batch": 1, "save_every": 2, "epochs": 40, "loss": "chunked"}
    both = make_recipe(
        **common, async_checkpoints=True,
        launch={"device": "cpu", "processes": 4, "replicas": 2},
    )  # fmt: skip
    process = start(both, tmp_path)
    waited = time.monotonic() + 900
    while not checkpoint.all_of(tmp_path / "run"):
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < waited
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    try:
        _, said = process.communicate(timeout=900)
    finally:
        process.kill()
    assert process.returncode == 143, said
    assert said.count("ended by SIGTERM after step") == 1, said
    assert "Traceback" not in said
    step = checkpoint.read_progress(checkpoint.all_of(tmp_path / "run")[-1]).step
    assert f"after step {step}, whose checkpoint is written" in said

    def stop(at: int, _: float) -> None:
        if at == step + 2:
            raise KeyboardInterrupt

    curves = []
    for name in ("run", "alone"):
        with pytest.raises(KeyboardInterrupt):
            train(make_recipe(**common, output=str(tmp_path / name)), after_step=stop)
        lines = metrics.read(tmp_path / name / "metrics.jsonl")
        curves.append([(line["loss"], line["grad_norm"]) for line in lines])
    assert len(curves[0]) == step + 2
    for ours, theirs in zip(*curves, strict=True):
        assert ours == pytest.approx(theirs, abs=1e-4)


@pytest.mark.slow
@pytest.mark.prove
def test_a_compiled_model_has_the_same_losses(
    make_recipe: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the code that is made for a device, which takes a compiler and minutes."""
    original = torch.nn.Module.compile
    monkeypatch.setattr(
        torch.nn.Module, "compile", lambda self: original(self, backend="aot_eager")
    )
    curves = []
    for compiled in (False, True):
        recipe = make_recipe(compile=compiled, max_steps=3, output=str(tmp_path / str(compiled)))
        train(recipe)
        curves.append(losses(recipe))
    assert curves[1] == pytest.approx(curves[0], abs=1e-4)


def test_a_model_that_cannot_be_compiled_is_one_sentence(make_recipe: Make) -> None:
    from torch._inductor.exc import CppCompileError, InductorError

    error = InductorError(CppCompileError(["g++", "x.cpp"], "no\nspace"), None)
    told = pytest.raises(FinetuneError, match="cannot compile this model here")
    with told as raised, telling_of_memory(make_recipe()):
        raise error
    assert "\n" not in str(raised.value)
    assert "set compile: false" in str(raised.value)


def test_lora_on_a_plain_terminal_shows_no_warning_of_the_libraries(tmp_path: Path) -> None:
    from finetune.model import load
    from finetune.recipe import parse

    recipe = parse({"method": "lora", "precision": "fp32", "launch": {"device": "cpu"}})
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        load(make_model(tmp_path / "tiny"), recipe)
    assert [str(one.message) for one in heard if one.category is FutureWarning] == []
