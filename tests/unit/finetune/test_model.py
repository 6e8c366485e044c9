from pathlib import Path

import pytest

from finetune.errors import FinetuneError
from finetune.model import fingerprint, folder_of, load
from finetune.recipe import parse


@pytest.mark.parametrize("name", ["", "/no/such/model", "./none", "a/b/c"])
def test_a_base_model_that_is_not_there_is_told(name: str) -> None:
    with pytest.raises(FinetuneError, match=r"base model"):
        folder_of(name)


def test_a_folder_that_is_no_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(FinetuneError, match=r"no config\.json"):
        folder_of(str(tmp_path))


def test_a_name_that_neither_the_disk_nor_the_hub_knows_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import huggingface_hub

    def nowhere(*_: object, **__: object) -> str:
        raise OSError("Cannot connect")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", nowhere)
    with pytest.raises(FinetuneError, match="some/model is not there"):
        folder_of("some/model")


def test_a_fingerprint_tells_models_apart(tiny: Path, other: Path, tied: Path) -> None:
    assert fingerprint(tiny) == fingerprint(tiny)
    assert len({fingerprint(one) for one in (tiny, other, tied)}) == 3


def test_qlora_without_its_library_names_it(tiny: Path) -> None:
    import importlib.util

    if importlib.util.find_spec("bitsandbytes"):
        pytest.skip("bitsandbytes is installed")
    with pytest.raises(FinetuneError, match="needs bitsandbytes"):
        load(tiny, parse({"method": "qlora"}))


def test_adapters_for_modules_that_are_not_there_are_told(tiny: Path) -> None:
    recipe = parse({"method": "lora", "lora": {"targets": ["nowhere"]}, "precision": "fp32"})
    with pytest.raises(FinetuneError, match="the adapters cannot be made"):
        load(tiny, recipe)
