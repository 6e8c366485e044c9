"""Models in this process by vLLM (the extra `vllm`; needs a GPU), also with a LoRA adapter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from pie.core.extras import require
from pie.core.models.huggingface import HuggingFaceModel
from pie.core.models.model import Answer, Event, ModelError, ModelOptions, Request, Sampling
from pie.core.models.tokens import token_ids
from pie.core.wording import one_line

_AT_ONCE = 512
"""Requests handed to vLLM together; their answers are stored together."""


class VllmModel(HuggingFaceModel):
    """A model that vLLM runs; tokenizer, fingerprint and context are as with transformers."""

    def __init__(self, name: str, options: ModelOptions) -> None:
        super().__init__(name, options)
        self.name = f"vllm:{name}"
        self.parallel = f"{_AT_ONCE} requests at once"
        self._engine: Any = None

    def fingerprint(self) -> dict[str, Any]:
        vllm = require("vllm", "vllm")
        return {
            **super().fingerprint(),
            "backend": "vllm",
            "version": str(getattr(vllm, "__version__", "")),
        }

    def answers(self, requests: Iterable[Request], sampling: Sampling) -> Iterator[Sequence[Event]]:
        left = iter(requests)
        while batch := list(islice(left, _AT_ONCE)):
            yield self._answer(batch, sampling)

    def _load(self) -> Any:
        if self._engine is None:
            vllm = require("vllm", "vllm")
            try:
                self._engine = vllm.LLM(
                    model=self._base,
                    dtype=self._options.dtype,
                    max_model_len=self.context,
                    enable_lora=self._adapter is not None,
                )
            except Exception as error:  # no GPU, no memory, no such model
                raise ModelError(
                    f"vLLM cannot load {self._source} ({one_line(str(error), 160)})",
                    "check the GPU and the model, or use hf: or a server",
                ) from error
        return self._engine

    def _answer(self, batch: list[Request], sampling: Sampling) -> list[Event]:
        vllm = require("vllm", "vllm")
        engine = self._load()
        # Tokens, not text: the chat template is applied here, by the same code that counts.
        prompts = [{"prompt_token_ids": token_ids(self._tokenizer, one.prompt)} for one in batch]
        drawn = [
            vllm.SamplingParams(
                temperature=sampling.temperature,
                top_p=sampling.top_p,
                max_tokens=sampling.max_new_tokens,
                seed=one.seed,
                stop=list(one.prompt.stop) or None,
            )
            for one in batch
        ]
        made = engine.generate(prompts, drawn, use_tqdm=False, **self._lora())
        return [
            Answer(
                one.key,
                told.outputs[0].text,
                str(told.outputs[0].finish_reason or "unknown"),
                len(told.prompt_token_ids),
                len(told.outputs[0].token_ids),
                model=self.name,
            )
            for one, told in zip(batch, made, strict=True)
        ]

    def _lora(self) -> dict[str, Any]:
        if self._adapter is None:
            return {}
        requests = require("vllm.lora.request", "vllm")
        return {"lora_request": requests.LoRARequest("adapter", 1, str(Path(self._adapter)))}
