"""Weights read whole: libraries fill those that a file lacks with random numbers, and go on."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from finetune.errors import FinetuneError


def read_model(folder: str | Path, **options: Any) -> Any:
    """Return a causal language model of transformers; FinetuneError unless every weight is there.

    Running out of memory is raised as it is.
    """
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    logging.disable_progress_bar()
    said = logging.get_verbosity()
    logging.set_verbosity_error()  # its table of missing weights says the sentence below
    try:
        found = AutoModelForCausalLM.from_pretrained(folder, output_loading_info=True, **options)
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        if _no_memory(error):
            raise
        raise FinetuneError(
            f"the model {folder} cannot be loaded ({first_line(error)})",
            "download it again, or give a causal language model in transformers' format",
        ) from error
    finally:
        logging.set_verbosity(said)
    model, told = found
    missing = sorted(told["missing_keys"])
    if missing:
        raise FinetuneError(
            f"the model {folder} lacks {len(missing)} of its weights ({missing[0]})",
            "download it again",
        )
    return model


@contextmanager
def by_peft() -> Iterator[None]:
    """Let transformers not warn of names that PEFT calls it by; neither is ours to change."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"`(is_)?gradient_checkpointing", FutureWarning)
        yield


def read_adapter(model: Any, folder: Path) -> Any:
    """Return a model with the adapters of a folder; FinetuneError unless all of them are there."""
    from peft import PeftModel
    from safetensors import SafetensorError

    lacking = "Found missing adapter keys"
    try:
        with by_peft():
            warnings.filterwarnings("error", message=f".*{lacking}")
            return PeftModel.from_pretrained(model, str(folder))
    except UserWarning as error:
        if lacking not in str(error):
            raise
        raise FinetuneError(
            f"the adapter {folder} lacks some of its weights", "copy it again from its run"
        ) from error
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        if _no_memory(error):
            raise
        raise FinetuneError(
            f"the adapter {folder} cannot be put on its base model ({first_line(error)})",
            "copy it again from its run, or give the base model that it was trained on",
        ) from error


def _no_memory(error: Exception) -> bool:
    import torch

    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)


def first_line(error: Exception) -> str:
    """Return what an error of a library says first."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
