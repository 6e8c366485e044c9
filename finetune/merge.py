"""One model out of a run: adapters added to their base, a checkpoint made loadable."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finetune import checkpoint, model, prompt
from finetune.errors import FinetuneError
from finetune.processes import Processes
from finetune.recipe import parse
from finetune.result import end_answers
from finetune.weights import read_adapter, read_model

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
    source = within(source)
    if (source / "state").is_dir():
        network, folder = _from_checkpoint(source, base)
    elif (source / "adapter_config.json").is_file():
        network, folder = _from_adapter(source, base)
    else:
        network, folder = _loaded(source), source
    if hasattr(network, "merge_and_unload"):
        network = network.merge_and_unload()
    kind = _dtype(dtype, folder)
    network = network.to(kind)
    odd = [name for name, one in network.named_parameters() if not one.isfinite().all()]
    if odd:
        raise FinetuneError(
            f"{len(odd)} of the weights of {source} are no finite numbers as {kind} ({odd[0]})",
            "copy it again from its run, give another --dtype, or train with a lower learning_rate",
        )
    network.config.dtype = kind
    network.config.use_cache = True
    tokenizer = model.load_tokenizer(
        source if (source / "tokenizer_config.json").is_file() else folder
    )
    trained = _trained(source, tokenizer)
    if trained is not None:
        end_answers(network, trained.ends)
    partial = output.with_name(output.name + checkpoint.PARTIAL)
    output.parent.mkdir(parents=True, exist_ok=True)
    kept = f"nothing was written, and {source} is as it was"
    with checkpoint.writing(output.parent, partial, _ALONE, kept):
        shutil.rmtree(partial, ignore_errors=True)
        network.save_pretrained(partial, max_shard_size="10000GB")
        tokenizer.save_pretrained(partial)
        if trained is not None:
            prompt.write_record(partial, trained)
        checkpoint.publish(partial, output)
    size = sum(path.stat().st_size for path in output.iterdir())
    return Merged(output, str(folder), str(kind).removeprefix("torch."), size)


def _trained(source: Path, tokenizer: Any) -> prompt.Trained | None:
    """Return in which form the model of a checkpoint, an adapter or a folder was trained."""
    if (source / checkpoint.MANIFEST).is_file():
        form = prompt.Form(checkpoint.read_progress(source).form)
        return prompt.Trained(form, (prompt.end_of(tokenizer, form),))
    told = prompt.read_record(source / prompt.RECORD)
    if told is None and (source / model.BASE).is_file():  # before there was a record
        return prompt.Trained(prompt.Form.PLAIN)
    return told


def within(source: Path) -> Path:
    """Return what a run's folder holds of its model; the folder itself when it is no run's."""
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
    model.check_base(progress.base, folder, source)
    network = model.load(folder, recipe)
    checkpoint.load(source, network, None, _ALONE)
    return network, folder


def _from_adapter(source: Path, base: str) -> tuple[Any, Path]:
    try:
        config = json.loads((source / "adapter_config.json").read_text(encoding="utf-8"))
        name = str(config.get("base_model_name_or_path") or "")
    except (OSError, ValueError, AttributeError) as error:
        raise FinetuneError(
            f"the adapter {source} has no adapter_config.json that can be read",
            "copy it again from its run",
        ) from error
    folder = model.folder_of(base or name)
    model.check_base_of(source, folder)
    return read_adapter(_loaded(folder), source), folder


def _loaded(folder: Path) -> Any:
    import torch

    return read_model(folder, dtype=torch.float32)


def _dtype(name: str, folder: Path) -> Any:
    import torch
    from transformers import AutoConfig

    if name != "auto":
        return getattr(torch, DTYPES[name])
    return AutoConfig.from_pretrained(folder).dtype or torch.bfloat16
