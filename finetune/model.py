"""The base model, its tokeniser, and what of it is trained."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finetune.errors import FinetuneError
from finetune.weights import by_peft, first_line, read_model

if TYPE_CHECKING:
    from finetune.kinds import Settings

BASE = "base_model_fingerprint"
"""A file beside an adapter that tells which base model it belongs to."""

_SAMPLE_BYTES = 1 << 16
_WEIGHTS = ("*.safetensors", "*.bin")
_LEARNED_POSITIONS = ("max_position_embeddings", "n_positions")


def folder_of(name: str) -> Path:
    """Return the folder that holds a model; FinetuneError when there is no such model.

    A name that is no folder is looked for on the Hugging Face hub, or in its cache.
    """
    if not name:
        raise FinetuneError("no base model is named", "give `model` in the recipe, or --model")
    path = Path(name)
    if (path / "config.json").is_file():
        return path
    if path.exists():
        raise FinetuneError(
            f"{name} is no model: it has no config.json", "give the folder of a model"
        )
    if name.count("/") > 1 or name.startswith((".", "/", "~")):
        raise FinetuneError(f"the base model {name} does not exist", "check the path")
    import logging

    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    # Libraries tell of each failed attempt; the one sentence below says it once.
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    patterns = ["*.json", "*.model", "*.txt", "*.safetensors", "*.jinja"]
    try:
        return Path(snapshot_download(name, allow_patterns=patterns))
    except (OSError, ValueError, HfHubHTTPError, HFValidationError, RuntimeError) as error:
        offline = os.environ.get("HF_HUB_OFFLINE") or "onnect" in str(error)
        where = "and the hub cannot be asked" if offline else "and none on the Hugging Face hub"
        raise FinetuneError(
            f"the base model {name} is not there: no folder here, {where}",
            "check the name, or download it first and give its folder",
        ) from error


def fingerprint(folder: Path) -> str:
    """Return a digest that tells base models apart: configuration, and samples of the weights.

    64 KiB from the beginning, the middle and the end of every file of weights, with its size: any
    training changes all three, and 26 GB need not be read.
    """
    digest = hashlib.sha256((folder / "config.json").read_bytes())
    files = sorted(path for pattern in _WEIGHTS for path in folder.glob(pattern))
    if not files:
        raise FinetuneError(f"the model {folder} has no weights", "download it again")
    for path in files:
        size = path.stat().st_size
        digest.update(f"{path.name}:{size}".encode())
        with path.open("rb") as file:
            for at in (0, size // 2, max(0, size - _SAMPLE_BYTES)):
                file.seek(at)
                digest.update(file.read(_SAMPLE_BYTES))
    return digest.hexdigest()[:16]


def check_base_of(adapter: Path, base: Path) -> None:
    """Refuse a base model that is another one than an adapter notes, if it notes one."""
    noted = adapter / BASE
    if noted.is_file():
        check_base(noted.read_text(encoding="utf-8", errors="replace").strip(), base, adapter)


def check_base(noted: str, base: Path, trained: Path) -> None:
    """Refuse a base model without the fingerprint that was noted for what was trained on it."""
    found = fingerprint(base)
    if found != noted:
        raise FinetuneError(
            f"{trained} was trained on another base model than {base} ({noted[:16]}, not {found})",
            "give the model it was trained on with --base",
        )


def load_tokenizer(folder: Path) -> Any:
    """Return a model's tokeniser."""
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(folder)
    except (OSError, ValueError) as error:
        raise FinetuneError(
            f"the model {folder} has no tokeniser that can be read", "download it again"
        ) from error


def most_tokens(folder: Path) -> int | None:
    """Return how long a row the model can read; None where its configuration does not say."""
    from transformers import AutoConfig

    try:
        config = AutoConfig.from_pretrained(folder)
    except (OSError, ValueError) as error:
        raise FinetuneError(
            f"the model {folder} has no configuration that can be read ({first_line(error)})",
            "give a causal language model in transformers' format",
        ) from error
    for name in _LEARNED_POSITIONS:
        value = getattr(config, name, None)
        if isinstance(value, int) and value > 0:
            return value
    return None


def load(
    folder: Path, recipe: Settings, *, with_weights: bool = True, adapters: bool = True
) -> Any:
    """Return the model as it is trained: whole, or frozen with adapters.

    Weights that are trained are of the recipe's `weights`. Without any the memory is reserved and
    not touched: a process that gets its part from another one needs no more than that. Without
    `adapters` somebody else puts them on.
    """
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM
    from transformers.utils import logging

    logging.disable_progress_bar()
    trained_whole = recipe.method == "full"
    exact = recipe.weights == "fp32" if trained_whole else recipe.precision == "fp32"
    dtype = torch.float32 if exact else torch.bfloat16
    options: dict[str, Any] = {"dtype": dtype, "attn_implementation": recipe.attention}
    try:
        if with_weights:
            if recipe.method == "qlora":
                options |= _four_bits()
            model = read_model(folder, **options)
        else:
            with torch.device("meta"):
                config = AutoConfig.from_pretrained(folder)
                model = AutoModelForCausalLM.from_config(config, **options)
            model.to_empty(device="cpu")
            model.tie_weights()
    except ImportError as error:
        raise FinetuneError(
            f"the recipe needs a library that is missing ({error})", "install it"
        ) from error
    except (OSError, ValueError) as error:
        raise FinetuneError(
            f"the model {folder} cannot be loaded ({first_line(error)})",
            "give a causal language model in transformers' format",
        ) from error
    model.config.use_cache = False
    if recipe.method == "qlora":
        from peft import prepare_model_for_kbit_training

        model = prepare_model_for_kbit_training(
            model, use_gradient_checkpointing=recipe.gradient_checkpointing
        )
    elif recipe.gradient_checkpointing:
        # The name changed within transformers 5.
        enable = getattr(model, "activation_checkpointing_enable", None)
        (enable or model.gradient_checkpointing_enable)({"use_reentrant": False})
    if not trained_whole and adapters:
        model = with_adapters(model, recipe)
    return model


def adapters_of(recipe: Settings) -> Any:
    """Return PEFT's configuration of a recipe's adapters."""
    from peft import LoraConfig

    lora = recipe.lora
    return LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=lora.targets if isinstance(lora.targets, str) else list(lora.targets),
        task_type="CAUSAL_LM",
    )


def with_adapters(model: Any, recipe: Settings) -> Any:
    """Freeze a model and put low-rank adapters beside its layers, whose start is seeded."""
    import torch
    from peft import get_peft_model

    config = adapters_of(recipe)
    torch.manual_seed(recipe.seed)
    try:
        with by_peft():
            return get_peft_model(model, config)
    except ValueError as error:
        raise FinetuneError(
            f"the adapters cannot be made ({str(error).splitlines()[0]})",
            "name modules of this model in lora.targets, or say all-linear",
        ) from error


def _four_bits() -> dict[str, Any]:
    import importlib.util

    import torch
    from transformers import BitsAndBytesConfig

    if importlib.util.find_spec("bitsandbytes") is None:
        raise FinetuneError(
            "qlora needs bitsandbytes", "install it: pip install 'pie-perf-toolkit[qlora]'"
        )
    return {
        "quantization_config": BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=torch.bfloat16,
        ),
        "device_map": {"": 0},
    }
