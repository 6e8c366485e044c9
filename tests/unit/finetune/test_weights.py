import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from finetune.errors import FinetuneError
from finetune.train import train
from finetune.weights import read_adapter, read_model

LORA = {"method": "lora", "lora": {"rank": 4}, "max_steps": 1}
Make = Callable[..., Any]


def changed(file: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Write a file of weights again with something else in it."""
    from safetensors.torch import load_file, save_file

    weights = load_file(file)
    change(weights)
    save_file(weights, file, metadata={"format": "pt"})


def copy_of(folder: Path, place: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    shutil.copytree(folder, place)
    (file,) = place.glob("*.safetensors")
    changed(file, change)
    return place


def without_the_third(weights: dict[str, Any]) -> None:
    del weights[sorted(weights)[3]]


def test_a_whole_model_is_read_also_with_tied_embeddings(tiny: Path, tied: Path) -> None:
    assert read_model(tiny).num_parameters() > read_model(tied).num_parameters()


def test_a_model_that_lacks_weights_is_refused_and_not_filled_with_random_numbers(
    tiny: Path, tmp_path: Path, make_recipe: Make
) -> None:
    lacking = copy_of(tiny, tmp_path / "lacking", without_the_third)
    with pytest.raises(FinetuneError, match=r"lacks 1 of its weights \(model\.layers\.0\."):
        read_model(lacking)
    with pytest.raises(FinetuneError, match="lacks 1 of its weights"):
        train(make_recipe(model=str(lacking)))


@pytest.mark.parametrize("how", ["cut off", "of another shape", "of an unknown kind"])
def test_a_model_that_cannot_be_read_is_one_sentence(
    tiny: Path, tmp_path: Path, make_recipe: Make, how: str
) -> None:
    broken = shutil.copytree(tiny, tmp_path / "broken")
    weights, config = broken / "model.safetensors", broken / "config.json"
    if how == "cut off":
        weights.write_bytes(weights.read_bytes()[:1000])
    elif how == "of another shape":
        config.write_text(config.read_text().replace('"hidden_size": 32', '"hidden_size": 64'))
    else:
        config.write_text(config.read_text().replace('"llama"', '"nonesuch"'))
    with pytest.raises(FinetuneError) as raised:
        train(make_recipe(model=str(broken)))
    assert str(broken) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_an_adapter_that_lacks_weights_or_is_cut_off_is_refused(
    tiny: Path, tmp_path: Path, make_recipe: Make
) -> None:
    adapter = train(make_recipe(**LORA)).folder
    read_adapter(read_model(tiny), adapter)
    lacking = copy_of(adapter, tmp_path / "lacking", without_the_third)
    with pytest.raises(FinetuneError, match="lacks some of its weights"):
        read_adapter(read_model(tiny), lacking)
    file = lacking / "adapter_model.safetensors"
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(FinetuneError, match="cannot be put on its base model") as raised:
        read_adapter(read_model(tiny), lacking)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "error", [torch.OutOfMemoryError("CUDA out of memory"), RuntimeError("can't allocate memory")]
)
def test_no_memory_for_a_model_is_not_called_a_broken_model(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, make_recipe: Make
) -> None:
    from transformers import AutoModelForCausalLM

    def full(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(AutoModelForCausalLM, "from_pretrained", full)
    with pytest.raises(type(error)):
        read_model(tiny)
    with pytest.raises(FinetuneError, match=r"out of memory on cpu; .*choose method: lora"):
        train(make_recipe())
