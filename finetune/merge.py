"""One model out of a run: adapters added to their base, a checkpoint made loadable."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finetune import checkpoint, model
from finetune.errors import FinetuneError
from finetune.processes import Processes
from finetune.recipe import parse
from finetune.result import BASE

DTYPES = {"bf16": "bfloat16", "fp16": "float16", "fp32": "float32"}
_ALONE = Processes(0, 1, "cpu")


@dataclass(frozen=True)
class Merged:
    """What was written."""

    folder: Path
    base: str
    dtype: str
    bytes: int


def merge(source: Path, output: Path, base: str = "", dtype: str = "auto") -> Merged:
    """Write the model of a run, of one of its checkpoints or of an adapter's folder.

    One `model.safetensors` with configuration and tokeniser, which transformers and vLLM load
    without PEFT. Adapters are added in fp32 and the sum is rounded once, to `dtype` (auto: the
    base model's). `base` replaces the name of the base model that the run noted. FinetuneError
    when the base is another one than the adapters were trained on.
    """
    if dtype not in ("auto", *DTYPES):
        raise FinetuneError(f"the dtype {dtype!r} is not known", "choose auto, bf16, fp16 or fp32")
    if output.exists() and any(output.iterdir() if output.is_dir() else [output]):
        raise FinetuneError(f"{output} exists already", "give a new folder with --output")
    source = _within(source)
    if (source / checkpoint.MANIFEST).is_file():
        network, folder = _from_checkpoint(source, base)
    elif (source / "adapter_config.json").is_file():
        network, folder = _from_adapter(source, base)
    else:
        network, folder = _loaded(source), source
    if hasattr(network, "merge_and_unload"):
        network = network.merge_and_unload()
    kind = _dtype(dtype, folder)
    network = network.to(kind)
    network.config.dtype = kind
    network.config.use_cache = True
    tokenizer = model.load_tokenizer(
        source if (source / "tokenizer_config.json").is_file() else folder
    )
    partial = output.with_name(output.name + checkpoint.PARTIAL)
    output.parent.mkdir(parents=True, exist_ok=True)
    with checkpoint.writing(output.parent, partial, _ALONE):
        shutil.rmtree(partial, ignore_errors=True)
        network.save_pretrained(partial, max_shard_size="10000GB")
        tokenizer.save_pretrained(partial)
        checkpoint.publish(partial, output)
    size = sum(path.stat().st_size for path in output.iterdir())
    return Merged(output, str(folder), str(kind).removeprefix("torch."), size)


def _within(source: Path) -> Path:
    """Return what to merge in a run's folder; the folder itself when it is no run's."""
    for name in ("adapter", "model"):
        if (source / name / "config.json").is_file() or (
            source / name / "adapter_config.json"
        ).is_file():
            return source / name
    saved = checkpoint.all_of(source)
    if saved:
        return saved[-1]
    if any(
        (source / name).is_file()
        for name in ("config.json", "adapter_config.json", checkpoint.MANIFEST)
    ):
        return source
    raise FinetuneError(
        f"{source} is neither a run's folder nor a checkpoint, an adapter or a model",
        "give the --output of `pie finetune run`",
    )


def _from_checkpoint(source: Path, base: str) -> tuple[Any, Path]:
    progress = checkpoint.read_progress(source)
    document = {
        **progress.recipe,
        "precision": "fp32",
        "attention": "sdpa",
        "launch": {"device": "cpu"},
    }
    if document["method"] == "qlora":
        document["method"] = "lora"
    recipe = parse(document, str(source / checkpoint.MANIFEST))
    folder = model.folder_of(base or recipe.model)
    _check_base(progress.base, folder, source)
    network = model.load(folder, recipe)
    checkpoint.load(source, network, None, _ALONE)
    return network, folder


def _from_adapter(source: Path, base: str) -> tuple[Any, Path]:
    from peft import PeftModel

    config = json.loads((source / "adapter_config.json").read_text(encoding="utf-8"))
    folder = model.folder_of(base or str(config.get("base_model_name_or_path") or ""))
    noted = source / BASE
    if noted.is_file():
        _check_base(noted.read_text(encoding="utf-8").strip(), folder, source)
    try:
        return PeftModel.from_pretrained(_loaded(folder), source), folder
    except (OSError, ValueError, RuntimeError) as error:
        raise FinetuneError(
            f"the adapter {source} does not fit {folder} ({str(error).splitlines()[0]})",
            "give the base model that it was trained on with --base",
        ) from error


def _check_base(noted: str, folder: Path, source: Path) -> None:
    found = model.fingerprint(folder)
    if found != noted:
        raise FinetuneError(
            f"{source} was trained on another base model than {folder} ({noted}, not {found})",
            "give the model it was trained on with --base",
        )


def _loaded(folder: Path) -> Any:
    import torch
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    logging.disable_progress_bar()
    try:
        return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    except (OSError, ValueError) as error:
        raise FinetuneError(
            f"the model {folder} cannot be loaded ({str(error).splitlines()[0]})",
            "download it again",
        ) from error


def _dtype(name: str, folder: Path) -> Any:
    import torch
    from transformers import AutoConfig

    if name != "auto":
        return getattr(torch, DTYPES[name])
    return AutoConfig.from_pretrained(folder).dtype or torch.bfloat16
