"""Training a tiny model: the same loss however the work is cut, and after an interruption."""

import errno
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from finetune import checkpoint, command, metrics, processes
from finetune import train as script
from finetune.errors import FinetuneError
from finetune.memory import telling_of_memory
from finetune.model import load
from finetune.saver import Saver
from finetune.train import train

GOLDEN = Path(__file__).parent / "golden_loss.json"
Make = Callable[..., Any]


def losses(recipe: Any) -> list[float]:
    lines = metrics.read(Path(recipe.output) / "metrics.jsonl")
    return [line["loss"] for line in lines if "loss" in line]


def weights(folder: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    (file,) = folder.glob("*.safetensors")
    return dict(load_file(file))


def test_the_loss_curve_of_the_tiny_model_is_the_golden_one(
    make_recipe: Make, eval_rows: Path
) -> None:
    recipe = make_recipe(eval=str(eval_rows), evaluate_every=3)
    ended = train(recipe)
    golden = json.loads(GOLDEN.read_text())
    assert losses(recipe) == pytest.approx(golden["loss"], abs=1e-4)
    assert ended.eval_loss == pytest.approx(min(golden["eval_loss"]), abs=1e-4)
    lines = metrics.read(Path(recipe.output) / "metrics.jsonl")
    found = [line["eval_loss"] for line in lines if "eval_loss" in line]
    assert found == pytest.approx(golden["eval_loss"], abs=1e-4)


def test_eight_times_one_row_is_once_eight_rows(make_recipe: Make, tmp_path: Path) -> None:
    curves = []
    for micro_batch in (1, 8):
        recipe = make_recipe(micro_batch=micro_batch, output=str(tmp_path / str(micro_batch)))
        train(recipe)
        curves.append(losses(recipe))
    assert curves[0] == pytest.approx(curves[1], abs=1e-5)


class Stopped(Exception):
    pass


@pytest.mark.parametrize(
    ("method", "at"), [("full", 2), ("full", 3), ("lora", 5)]
)  # at a checkpoint, after one, in the second epoch
def test_interrupted_and_resumed_equals_uninterrupted(
    make_recipe: Make, tmp_path: Path, at: int, method: str
) -> None:
    lora = {"rank": 4, "alpha": 8, "dropout": 0.1}
    changes = {"method": method, "lora": lora, "save_every": 2}
    through = make_recipe(**changes, output=str(tmp_path / "through"))
    train(through)

    def stop(step: int, loss: float) -> None:
        if step == at:
            raise Stopped

    broken = make_recipe(**changes, output=str(tmp_path / "broken"))
    with pytest.raises(Stopped):
        train(broken, after_step=stop)
    said: list[str] = []
    train(broken, said.append)
    assert any(f"going on after step {at - at % 2}" in one for one in said)
    assert losses(broken) == losses(through)
    folder = "model" if method == "full" else "adapter"
    ours, theirs = (weights(tmp_path / name / folder) for name in ("broken", "through"))
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_a_finished_run_started_again_changes_nothing(make_recipe: Make) -> None:
    recipe = make_recipe()
    first = train(recipe)
    before = losses(recipe), weights(first.folder)
    again = train(recipe)
    assert again.loss is None
    assert losses(recipe) == before[0]
    assert all(torch.equal(value, before[1][name]) for name, value in weights(again.folder).items())


def test_another_seed_is_another_order(make_recipe: Make, tmp_path: Path) -> None:
    curves = []
    for seed in (0, 1):
        recipe = make_recipe(seed=seed, output=str(tmp_path / str(seed)))
        train(recipe)
        curves.append(losses(recipe))
    assert curves[0] != pytest.approx(curves[1], abs=1e-4)


def test_packing_is_off_by_default_and_loses_no_token(make_recipe: Make, tmp_path: Path) -> None:
    assert make_recipe().packing is False
    counts = {}
    for packing in (False, True):
        recipe = make_recipe(packing=packing, epochs=1, output=str(tmp_path / str(packing)))
        train(recipe)
        lines = metrics.read(Path(recipe.output) / "metrics.jsonl")
        counts[packing] = sum(line.get("tokens", 0) for line in lines), len(lines)
    assert counts[True][0] == counts[False][0]
    assert counts[True][1] < counts[False][1]


def test_packed_training_has_the_loss_of_the_same_rows_unpacked(
    make_recipe: Make, tmp_path: Path
) -> None:
    """In one step over all rows the order does not matter, so the two must agree."""
    curves = []
    for packing in (False, True):
        recipe = make_recipe(
            packing=packing, batch=24, micro_batch=1, epochs=4, output=str(tmp_path / str(packing))
        )
        train(recipe)
        curves.append(losses(recipe))
    assert curves[0] == pytest.approx(curves[1], abs=1e-4)


def test_lora_leaves_the_base_weights_untouched(make_recipe: Make, tiny: Path) -> None:
    recipe = make_recipe(method="lora", lora={"rank": 4}, learning_rate=0.05)
    before = {name: value.clone() for name, value in weights(tiny).items()}
    held: list[Any] = []
    original = Saver.save

    def keep(saver: Saver, progress: Any, network: Any, *rest: Any) -> Path:
        held.append(network)
        return original(saver, progress, network, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Saver, "save", keep)
        ended = train(recipe)
    after = {
        name.replace("base_model.model.", "").replace(".base_layer", ""): value
        for name, value in held[-1].state_dict().items()
        if "lora_" not in name
    }
    assert all(torch.equal(after[name], value) for name, value in before.items())
    assert all("lora_" in name for name in weights(ended.folder))
    assert max(float(v.abs().max()) for n, v in weights(ended.folder).items() if "lora_B" in n) > 0
    assert losses(recipe)[-1] < losses(recipe)[0]


def test_training_stops_early_and_ends_with_the_best_weights(
    make_recipe: Make, eval_rows: Path
) -> None:
    recipe = make_recipe(
        eval=str(eval_rows), evaluate_every=1, patience=2, final="best", keep_checkpoints=1,
        learning_rate=0.5, warmup_steps=0, epochs=20,
    )  # fmt: skip
    said: list[str] = []
    ended = train(recipe, said.append)
    lines = metrics.read(Path(recipe.output) / "metrics.jsonl")
    found = [line["eval_loss"] for line in lines if "eval_loss" in line]
    best = found.index(min(found)) + 1
    assert len(found) == best + 2 < 60
    assert ended.step == best
    assert any("no better evaluation loss in 2" in one for one in said)
    again = train(recipe)  # it stays stopped
    assert (again.step, again.loss) == (best, None)


def test_the_model_that_is_written_has_the_loss_that_was_told(
    make_recipe: Make, eval_rows: Path, tmp_path: Path
) -> None:
    ended = train(make_recipe(eval=str(eval_rows), evaluate_every=6))
    probe = make_recipe(
        model=str(ended.folder), eval=str(eval_rows), evaluate_every=1, max_steps=1,
        warmup_steps=1, output=str(tmp_path / "probe"),
    )  # fmt: skip
    # The first step of a warm-up has rate 0: what is evaluated is the model as it was read.
    assert train(probe).eval_loss == pytest.approx(ended.eval_loss, abs=1e-6)


def test_a_checkpoint_of_another_model_is_refused(make_recipe: Make, other: Path) -> None:
    train(make_recipe(max_steps=1))
    with pytest.raises(FinetuneError, match="a checkpoint of another base model"):
        train(make_recipe(max_steps=1, model=str(other)))


@pytest.mark.parametrize(
    ("change", "said"),
    [({"learning_rate": 1e-4}, "learning_rate = 0.001"), ({"packing": True}, "packing = False")],
)
def test_a_checkpoint_of_another_recipe_is_refused(
    make_recipe: Make, change: dict[str, Any], said: str
) -> None:
    train(make_recipe(max_steps=1))
    with pytest.raises(FinetuneError, match=said):
        train(make_recipe(max_steps=1, **change))


def test_a_run_may_go_on_with_smaller_micro_batches(make_recipe: Make, tmp_path: Path) -> None:
    train(make_recipe(max_steps=6, save_every=3))
    shutil.rmtree(checkpoint.all_of(tmp_path / "run")[-1])
    recipe = make_recipe(max_steps=6, save_every=3, micro_batch=1)
    before = losses(recipe)
    train(recipe)
    assert losses(recipe) == pytest.approx(before, abs=1e-5)


@pytest.mark.parametrize(
    "error",
    [torch.OutOfMemoryError("CUDA out of memory"), MemoryError(),
     RuntimeError("DefaultCPUAllocator: can't allocate memory")],
)  # fmt: skip
def test_out_of_memory_says_what_to_lower(make_recipe: Make, error: Exception) -> None:
    with pytest.raises(FinetuneError) as raised, telling_of_memory(make_recipe()):
        raise error
    assert "micro_batch (now 4) or max_tokens (now 120)" in str(raised.value)
    assert "lora" in str(raised.value)


def test_another_error_is_no_lack_of_memory(make_recipe: Make) -> None:
    with pytest.raises(RuntimeError, match="shape"), telling_of_memory(make_recipe()):
        raise RuntimeError("shape")


def test_a_loss_that_is_no_number_ends_the_run(make_recipe: Make) -> None:
    with pytest.raises(FinetuneError, match="lower learning_rate"):
        train(make_recipe(learning_rate=1e30, max_grad_norm=0, warmup_steps=0, epochs=9))


def test_after_a_checkpoint_the_advice_for_such_a_loss_names_another_folder(
    make_recipe: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The former one is of the former rate, and refuses another."""
    real = script.learning_rate
    monkeypatch.setattr(
        script, "learning_rate", lambda step, *rest: 1e30 if step > 1 else real(step, *rest)
    )
    wild = {"learning_rate": 1e-3, "max_grad_norm": 0, "epochs": 9, "save_every": 1}
    with pytest.raises(FinetuneError, match="with another --output; here step-0"):
        train(make_recipe(**wild))
    assert checkpoint.all_of(tmp_path / "run")


def test_a_loss_that_is_no_number_in_the_last_evaluation_writes_no_model(
    make_recipe: Make, eval_rows: Path, tmp_path: Path
) -> None:
    wild = {"learning_rate": 1e30, "max_grad_norm": 0, "warmup_steps": 0, "max_steps": 1}
    with pytest.raises(FinetuneError, match="step 1: the evaluation loss is nan"):
        train(make_recipe(eval=str(eval_rows), **wild))
    assert not (tmp_path / "run/model").exists()
    assert checkpoint.all_of(tmp_path / "run") == []


def test_what_should_not_be_trusted_is_said_before_the_first_step(
    make_recipe: Make, rows: Path
) -> None:
    said: list[str] = []
    train(make_recipe(eval=str(rows), max_steps=1, warmup_steps=5), said.append)
    warned = [one for one in said if one.startswith("warning: ")]
    assert "warm-up of 5 steps" in warned[0]
    assert "24 of 24 evaluation rows are training rows too" in warned[-1]


def test_evaluation_rows_of_another_format_are_told(make_recipe: Make, tmp_path: Path) -> None:
    files = []
    for name in ("plain", "perf-conditioned"):
        row = {"prompt": f"a {name}", "completion": "b", "format": name}
        files.append(tmp_path / f"{name}.jsonl")
        files[-1].write_text(json.dumps(row) + "\n")
    said: list[str] = []
    train(make_recipe(train=str(files[0]), eval=str(files[1]), max_steps=1), said.append)
    assert any("of the format plain and" in one and "perf-conditioned" in one for one in said)


def test_rows_longer_than_the_model_reads_are_refused(make_recipe: Make) -> None:
    with pytest.raises(FinetuneError, match="max_tokens is 999 and the model reads 256"):
        train(make_recipe(max_tokens=999))


def test_a_gpu_that_is_not_there_is_told(make_recipe: Make) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(FinetuneError, match="finds none here"):
        train(make_recipe(launch={"device": "cuda"}))


@pytest.mark.parametrize("rank", ["0", "1"])
@pytest.mark.parametrize(
    ("error", "said"),
    [
        (FinetuneError("what", "mend it"), "finetune: what; mend it"),
        (OSError(errno.ENOSPC, "No space left on device"), "finetune: No space left on device;"),
        (
            RuntimeError("[gloo] Connection closed by peer\nmore of it"),
            "another training process is gone ([gloo] Connection closed by peer);",
        ),
        (torch.distributed.DistStoreError("wait timeout"), "process is gone (wait timeout);"),
        (KeyboardInterrupt(), "goes on from the last checkpoint"),
    ],
)
def test_the_script_ends_with_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    said: str,
    rank: str,
) -> None:
    """Each process by itself: the others' words cannot be relied on, only waited for."""
    waited: list[float] = []

    def failing(*_: object) -> None:
        raise error

    monkeypatch.setattr(script, "train", failing)
    monkeypatch.setattr(command.time, "sleep", waited.append)
    monkeypatch.setenv("RANK", rank)
    code = script.main(["cpu", "--model", "m"])
    interrupted = isinstance(error, KeyboardInterrupt)
    assert code == (130 if interrupted else 1)
    lines = capsys.readouterr().err.splitlines()
    if interrupted and rank == "1":
        assert lines == [], "whoever interrupts reads it once"
        return
    assert said in " ".join(lines)
    assert len(lines) == 1
    assert bool(waited) == (rank == "1" and not isinstance(error, OSError))


def test_a_process_that_has_done_its_work_does_not_fail_because_another_has_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    left: list[bool] = []

    def closed() -> None:
        raise RuntimeError("[gloo/transport/tcp/pair.cc] Connection closed by peer")

    def destroy() -> None:
        left.append(True)
        closed()

    monkeypatch.setattr(torch.distributed, "barrier", closed)
    monkeypatch.setattr(torch.distributed, "destroy_process_group", destroy)
    processes.leave(processes.Processes(1, 2, torch.device("cpu")))
    assert left == [True]


def test_two_trainings_do_not_go_on_in_one_folder(make_recipe: Make) -> None:
    recipe = make_recipe(max_steps=1)

    def again(step: int, loss: float) -> None:
        with pytest.raises(FinetuneError, match="another training goes on"):
            train(recipe)

    train(recipe, after_step=again)
    assert train(recipe).step == 1


def test_gradient_checkpointing_changes_no_loss(make_recipe: Make, tmp_path: Path) -> None:
    curves = []
    for turned_on in (False, True):
        recipe = make_recipe(
            gradient_checkpointing=turned_on, method="lora", output=str(tmp_path / str(turned_on))
        )
        train(recipe)
        curves.append(losses(recipe))
    assert curves[0] == pytest.approx(curves[1], abs=1e-6)


def test_bf16_trains_and_writes_bf16(make_recipe: Make) -> None:
    ended = train(make_recipe(precision="bf16", max_steps=2))
    assert {value.dtype for value in weights(ended.folder).values()} == {torch.bfloat16}


def test_tied_embeddings_stay_tied(make_recipe: Make, tied: Path) -> None:
    recipe = make_recipe(model=str(tied))
    ended = train(recipe)
    network = load(ended.folder, recipe)
    assert network.lm_head.weight.data_ptr() == network.model.embed_tokens.weight.data_ptr()
    assert losses(recipe)[-1] < losses(recipe)[0]
