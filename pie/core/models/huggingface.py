"""Causal language models of transformers in this process, in batches, also with a LoRA adapter.

Every sample is drawn with a generator of its own, seeded by prompt and seed (Gumbel-max), so an
answer does not depend on which others share its batch, but for the rounding of the model's own
arithmetic, which padding and batch size can change in the last bits of a probability.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from finetune.prompt import Trained
from pie.core.extras import require
from pie.core.models.model import (
    Answer,
    Event,
    Failure,
    ModelError,
    ModelOptions,
    Request,
    Sampling,
)
from pie.core.models.tokens import load_tokenizer, token_ids, trained_form
from pie.core.prompting.prompts import Form, Prompt
from pie.core.wording import one_line
from sim.errors import SimError

_EXTRA = "finetune"
NOISE = "counter"
"""How samples are drawn: an answer under the same seed depends on it."""
_PROBES = 16
_PROBE_BYTES = 1 << 16


class HuggingFaceModel:
    """A model by its name on the Hub or its folder; a folder may hold a LoRA adapter only."""

    counts = "by the model's own tokenizer"
    by_row = False

    def __init__(self, name: str, options: ModelOptions) -> None:
        self.name = f"hf:{name}"
        self.parallel = f"batches of {options.batch_size}"
        self._source = name
        self._options = options
        self._adapter = Path(name) if (Path(name) / "adapter_config.json").is_file() else None
        self._base = _base_of(self._adapter) if self._adapter else name
        self._cached_tokenizer: Any = None
        self._model: Any = None
        self.context = options.context if options.context is not None else self._own_context()

    @property
    def only_form(self) -> bool:
        return not self._tokenizer.chat_template

    def best_form(self) -> Form:
        best = Form.CHAT if self._tokenizer.chat_template else Form.PLAIN
        return self.trained_form() or best

    def trained_form(self) -> Form | None:
        told = self._trained()
        return None if told is None else told.form

    def fingerprint(self) -> dict[str, Any]:
        config = self._config()
        return {
            "backend": "hf",
            # A folder is known by its contents, wherever it lies.
            "model": "" if Path(self._source).is_dir() else self._source,
            "revision": getattr(config, "_commit_hash", None) or "",
            "files": digest_of_folder(Path(self._base)),
            "adapter": digest_of_folder(self._adapter) if self._adapter else "",
            "dtype": self._options.dtype,
            "version": str(require("transformers", _EXTRA).__version__),
            "noise": NOISE,
        }

    def count_tokens(self, prompt: Prompt) -> int:
        return len(token_ids(self._tokenizer, prompt))

    def answers(self, requests: Iterable[Request], sampling: Sampling) -> Iterator[Sequence[Event]]:
        left = iter(requests)
        while batch := list(islice(left, self._options.batch_size)):
            yield self._answer(batch, sampling)

    @property
    def _tokenizer(self) -> Any:
        if self._cached_tokenizer is None:
            own = self._adapter and any(self._adapter.glob("tokenizer*"))
            tokenizer = load_tokenizer(self._source if own else self._base)
            tokenizer.padding_side = "left"  # the answer begins where every prompt ends
            if tokenizer.pad_token_id is None:
                tokenizer.pad_token = tokenizer.eos_token
            self._cached_tokenizer = tokenizer
        return self._cached_tokenizer

    def _trained(self) -> Trained | None:
        """Return what lies beside the model or the adapter; an adapter has its own."""
        return trained_form(self._source)

    def _ends(self) -> tuple[int, ...]:
        """Return the tokens that end an answer besides the model's and the tokenizer's own."""
        told = self._trained()
        return () if told is None else told.ends

    def _config(self) -> Any:
        transformers = require("transformers", _EXTRA)
        try:
            return transformers.AutoConfig.from_pretrained(self._base)
        except Exception as error:  # whatever transformers raises for a folder that is none
            raise _unloadable(self._source, error) from error

    def _own_context(self) -> int | None:
        config = self._config()
        most = getattr(config, "max_position_embeddings", None) or getattr(config, "n_ctx", None)
        return int(most) if most else None

    def _load(self) -> Any:
        if self._model is not None:
            return self._model
        torch = require("torch", _EXTRA)
        require("transformers", _EXTRA)
        from finetune import weights
        from finetune.errors import FinetuneError
        from finetune.model import check_base_of

        device = self._options.device or ("cuda" if torch.cuda.is_available() else "cpu")
        try:
            model = weights.read_model(self._base, dtype=self._options.dtype)
            if self._adapter is not None:
                require("peft", _EXTRA)
                if Path(self._base).is_dir():
                    check_base_of(self._adapter, Path(self._base))
                model = weights.read_adapter(model, self._adapter)
            self._model = model.to(device).eval()
        except SimError:
            raise
        except FinetuneError as error:
            raise ModelError(
                error.what, "give a whole model, and check --dtype and --device"
            ) from error
        except Exception as error:  # missing weights, unknown dtype or device, no memory
            raise _unloadable(self._source, error) from error
        return self._model

    def _answer(self, batch: list[Request], sampling: Sampling) -> list[Event]:
        torch = require("torch", _EXTRA)
        try:
            return self._generate(batch, sampling)
        except torch.cuda.OutOfMemoryError as error:
            if len(batch) == 1:
                return [Failure(batch[0].key, f"no memory for it ({one_line(str(error), 80)})")]
        torch.cuda.empty_cache()
        half = len(batch) // 2
        return self._answer(batch[:half], sampling) + self._answer(batch[half:], sampling)

    def _generate(self, batch: list[Request], sampling: Sampling) -> list[Event]:
        import torch
        from transformers import GenerationConfig, LogitsProcessorList, StoppingCriteriaList

        from pie.core.models.gumbel import GumbelSampler
        from pie.core.models.stop_texts import StopTexts

        model, tokenizer = self._load(), self._tokenizer
        ids = [token_ids(tokenizer, one.prompt) for one in batch]
        padded = tokenizer.pad({"input_ids": ids}, return_tensors="pt").to(model.device)
        stop = sorted({text for one in batch for text in one.prompt.stop})
        width = padded["input_ids"].shape[1]
        ending = [StopTexts(tokenizer, stop, width)] if stop else []
        # Greedy over noised scores: the sampler has already drawn.
        config = GenerationConfig(
            max_new_tokens=sampling.max_new_tokens,
            do_sample=False,
            num_beams=1,
            repetition_penalty=1.0,
            pad_token_id=tokenizer.pad_token_id,
            eos_token_id=sorted({*_ends(model, tokenizer), *self._ends()}),
        )
        sampler = GumbelSampler(
            [f"{one.prompt.digest}:{one.seed}" for one in batch],
            sampling.temperature,
            sampling.top_p,
        )
        with torch.inference_mode():
            made = model.generate(
                **padded,
                generation_config=config,
                logits_processor=LogitsProcessorList([sampler]),
                stopping_criteria=StoppingCriteriaList(ending),
            )
        ends = set(config.eos_token_id)
        return [
            Failure(one.key, "the model's scores are no numbers (NaN)")
            if broken
            else self._read(one, row[width:].tolist(), len(its_ids), ends, sampling)
            for one, row, its_ids, broken in zip(
                batch, made, ids, sampler.broken.tolist(), strict=True
            )
        ]

    def _read(
        self, request: Request, new: list[int], tokens_in: int, ends: set[int], sampling: Sampling
    ) -> Answer:
        """Return one row's answer: up to its end token or to the first stop string."""
        at = next((at for at, token in enumerate(new) if token in ends), None)
        kept = new if at is None else new[:at]
        text = self._tokenizer.decode(kept, skip_special_tokens=True)
        cuts = [cut for stop in request.prompt.stop if (cut := text.find(stop)) >= 0]
        reason = "length" if at is None and not cuts else "stop"
        tokens_out = len(kept) + (at is not None)
        return Answer(
            request.key,
            text[: min(cuts)] if cuts else text,
            reason,
            tokens_in,
            min(tokens_out, sampling.max_new_tokens),
            model=self.name,
        )


def _ends(model: Any, tokenizer: Any) -> list[int]:
    """Return the ids of all tokens that end an answer, of the model's settings and tokenizer."""
    told = getattr(model.generation_config, "eos_token_id", None)
    ends = {*(told if isinstance(told, list) else [told]), tokenizer.eos_token_id} - {None}
    return sorted(ends)


def _base_of(adapter: Path) -> str:
    """Return the model that an adapter was trained on."""
    path = adapter / "adapter_config.json"
    try:
        base = json.loads(path.read_text("utf-8"))["base_model_name_or_path"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"the adapter's {path} names no base model", "give the folder that training wrote"
        ) from error
    return str(base)


def _unloadable(name: str, error: Exception) -> ModelError:
    for within in (Path(name) / "model", Path(name) / "adapter"):
        if within.is_dir():  # what `pie finetune run` leaves in its folder
            return ModelError(f"{name} is the folder of a training, no model", f"give {within}")
    return ModelError(
        f"the model {name} cannot be loaded ({one_line(str(error), 160)})",
        "give a model's folder or its name on the Hub, and check --dtype and --device",
    )


def digest_of_folder(folder: Path) -> str:
    """Return a digest of a model's files; empty for a name on the Hub, which has a revision.

    Small files are read whole; of a file of weights its size and sixteen places all over it: two
    trainings of one model differ in nearly every number.
    """
    if not folder.is_dir():
        return ""
    whole = hashlib.blake2b(digest_size=16)
    for path in sorted(one for one in folder.iterdir() if one.is_file()):
        if path.suffix not in (".json", ".safetensors", ".bin", ".model", ".txt", ".jinja"):
            continue
        size = path.stat().st_size
        whole.update(f"{path.name}\0{size}\0".encode())
        with path.open("rb") as file:
            if size <= _PROBES * _PROBE_BYTES:
                whole.update(file.read())
                continue
            for probe in range(_PROBES):
                file.seek((size - _PROBE_BYTES) * probe // (_PROBES - 1))
                whole.update(file.read(_PROBE_BYTES))
    return whole.hexdigest()
