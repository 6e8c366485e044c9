import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from finetune import checkpoint
from finetune.errors import FinetuneError
from finetune.merge import merge
from finetune.train import train
from tests.unit.finetune.test_weights import changed

LORA = {"method": "lora", "lora": {"rank": 4}, "learning_rate": 0.02, "max_steps": 4}
Make = Callable[..., Any]


@pytest.fixture(scope="module")
def prompt() -> Any:
    return torch.arange(5, 25)[None]


def logits(folder: Path, prompt: Any, **options: Any) -> Any:
    from transformers import AutoModelForCausalLM

    network = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, **options)
    with torch.no_grad():
        return network(prompt).logits


def test_merged_equals_unmerged(make_recipe: Make, tmp_path: Path, tiny: Path, prompt: Any) -> None:
    from peft import AutoPeftModelForCausalLM

    ended = train(make_recipe(**LORA))
    unmerged = AutoPeftModelForCausalLM.from_pretrained(ended.folder)
    with torch.no_grad():
        expected = unmerged(prompt).logits
    merged = merge(tmp_path / "run", tmp_path / "merged")
    found = logits(merged.folder, prompt)
    assert torch.allclose(found, expected, atol=1e-5)
    assert not torch.allclose(found, logits(tiny, prompt), atol=1e-2), "training changed nothing"


def test_the_merged_model_is_one_file_with_its_tokeniser_and_without_peft(
    make_recipe: Make, tmp_path: Path, prompt: Any
) -> None:
    from transformers import AutoTokenizer

    train(make_recipe(**LORA))
    merged = merge(tmp_path / "run", tmp_path / "merged", dtype="bf16")
    names = {one.name for one in merged.folder.iterdir()}
    assert {"model.safetensors", "config.json", "tokenizer.json"} <= names
    assert not any("adapter" in name for name in names)
    assert AutoTokenizer.from_pretrained(merged.folder)("int")
    assert merged.dtype == "bfloat16"
    assert '"bfloat16"' in (merged.folder / "config.json").read_text()
    assert logits(merged.folder, prompt).shape[:2] == prompt.shape


@pytest.mark.parametrize("change", [LORA, {"max_steps": 4}])
def test_a_checkpoint_can_be_merged_like_the_run(
    make_recipe: Make, tmp_path: Path, prompt: Any, change: dict[str, Any]
) -> None:
    train(make_recipe(**change))
    of_run = merge(tmp_path / "run", tmp_path / "of_run")
    last = checkpoint.all_of(tmp_path / "run")[-1]
    of_checkpoint = merge(last, tmp_path / "of_checkpoint")
    assert torch.equal(logits(of_run.folder, prompt), logits(of_checkpoint.folder, prompt))


def test_an_adapter_of_another_base_model_is_refused(
    make_recipe: Make, tmp_path: Path, other: Path
) -> None:
    train(make_recipe(**LORA))
    last = checkpoint.all_of(tmp_path / "run")[-1]
    for source in (tmp_path / "run", last):
        with pytest.raises(FinetuneError, match="trained on another base model"):
            merge(source, tmp_path / "merged", base=str(other))
    assert not (tmp_path / "merged").exists()


@pytest.mark.parametrize(("number", "dtype"), [(float("nan"), "auto"), (1e30, "fp16")])
def test_a_model_with_weights_that_are_no_finite_numbers_is_not_written(
    make_recipe: Make, tmp_path: Path, number: float, dtype: str
) -> None:
    ended = train(make_recipe(**LORA))
    changed(
        ended.folder / "adapter_model.safetensors",
        lambda weights: [one.fill_(number) for one in weights.values()],
    )
    with pytest.raises(FinetuneError, match="no finite numbers"):
        merge(tmp_path / "run", tmp_path / "merged", dtype=dtype)
    assert not (tmp_path / "merged").exists()


def test_an_adapters_base_is_found_from_every_folder(
    make_recipe: Make, tmp_path: Path, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tiny.parent)
    train(make_recipe(**LORA, model=tiny.name))
    monkeypatch.chdir(tmp_path)
    assert merge(tmp_path / "run", tmp_path / "merged").base == str(tiny)


@pytest.mark.parametrize("text", ["{", "[]", ""])
def test_an_adapter_without_a_readable_configuration_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "adapter_config.json").write_text(text)
    with pytest.raises(FinetuneError, match=r"no adapter_config.json that can be read"):
        merge(tmp_path, tmp_path / "merged")


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FinetuneError, match="neither a run's folder"):
        merge(tmp_path, tmp_path / "merged")


def test_an_output_that_exists_is_not_written_over(make_recipe: Make, tmp_path: Path) -> None:
    train(make_recipe(max_steps=1))
    with pytest.raises(FinetuneError, match="exists already"):
        merge(tmp_path / "run", tmp_path / "run")


def test_a_base_model_that_is_gone_is_told(make_recipe: Make, tmp_path: Path, tiny: Path) -> None:
    moved = shutil.copytree(tiny, tmp_path / "base")
    train(make_recipe(**LORA, model=str(moved)))
    shutil.rmtree(moved)
    with pytest.raises(FinetuneError, match=r"the base model .* does not exist"):
        merge(tmp_path / "run", tmp_path / "merged")


def test_a_disk_that_is_full_leaves_the_source_and_nothing_else(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers import PreTrainedModel

    def full(self: Any, folder: Path, **_: Any) -> None:
        folder.mkdir()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(PreTrainedModel, "save_pretrained", full)
    with pytest.raises(FinetuneError) as raised:
        merge(tiny, tmp_path / "merged")
    said = str(raised.value)
    assert f"(the disk is full); nothing was written, and {tiny} is as it was" in said
    assert list(tmp_path.iterdir()) == []
