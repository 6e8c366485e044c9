"""Models in this process by vLLM (the extra `vllm`; needs a GPU), also with a LoRA adapter.

The asynchronous engine runs in an event loop of its own thread. It is always given more requests
than it can answer together, so no GPU waits for the last answers of a batch, and each answer is
handed over as it comes.
"""

from __future__ import annotations

import asyncio
import atexit
import queue
import threading
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from pie.core.extras import require
from pie.core.models.gpu_spread import lora_rank_of, split_of, weight_bytes_of
from pie.core.models.huggingface import HuggingFaceModel
from pie.core.models.inbox import Inbox, batches
from pie.core.models.model import (
    Answer,
    Event,
    Failure,
    ModelError,
    ModelOptions,
    Request,
    Sampling,
)
from pie.core.models.tokens import token_ids
from pie.core.wording import one_line

_UNDER_WAY = 2048
"""Requests that the engine holds for each copy of the model; it answers some hundred together."""
_RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)
"""The values of `max_lora_rank` (vllm.config.lora.MaxLoRARanks)."""
_FAILED = ("abort", "error")
"""Finish reasons of a request that got no answer."""


class VllmModel(HuggingFaceModel):
    """A model that vLLM runs; tokenizer, fingerprint and context are as with transformers."""

    def __init__(self, name: str, options: ModelOptions) -> None:
        super().__init__(name, options)
        self.name = f"vllm:{name}"
        self.parallel = f"{_UNDER_WAY} requests under way for each copy of the model"
        self._engine: Any = None
        self._copies = 1
        self._loop: asyncio.AbstractEventLoop | None = None
        self._numbers = count()

    def fingerprint(self) -> dict[str, Any]:
        vllm = require("vllm", "vllm")
        common = {name: one for name, one in super().fingerprint().items() if name != "noise"}
        return {
            **common,
            "backend": "vllm",
            "version": str(getattr(vllm, "__version__", "")),
        }

    def answers(self, requests: Iterable[Request], sampling: Sampling) -> Iterator[Sequence[Event]]:
        loop = self._started()
        inbox: Inbox = queue.SimpleQueue()
        ended = threading.Event()
        tasks: list[asyncio.Task[None]] = []

        def over(task: asyncio.Task[None]) -> None:
            inbox.put(None if task.cancelled() else task.exception())
            ended.set()

        def begin() -> None:
            tasks.append(loop.create_task(self._serve(iter(requests), sampling, inbox)))
            tasks[0].add_done_callback(over)

        loop.call_soon_threadsafe(begin)
        try:
            yield from batches(inbox)
        finally:
            loop.call_soon_threadsafe(lambda: tasks[0].cancel())
            ended.wait()

    def _started(self) -> asyncio.AbstractEventLoop:
        """Start the loop's thread and the engine in it, once."""
        if self._loop is None:
            loop = asyncio.new_event_loop()
            threading.Thread(target=loop.run_forever, daemon=True).start()
            try:
                asyncio.run_coroutine_threadsafe(self._start(), loop).result()
            except BaseException:
                loop.call_soon_threadsafe(loop.stop)
                raise
            self._loop = loop
            atexit.register(self._engine.shutdown)
        return self._loop

    async def _start(self) -> None:
        require("vllm", "vllm")
        arguments = require("vllm.engine.arg_utils", "vllm")
        engines = require("vllm.v1.engine.async_llm", "vllm")
        options = self._options_of_engine()
        try:
            made = arguments.AsyncEngineArgs(**options)
            self._engine = engines.AsyncLLM.from_engine_args(made)
        except Exception as error:  # no GPU, no memory, no such model
            raise ModelError(
                f"vLLM cannot load {self._source} ({one_line(str(error), 160)})",
                "check the GPU, split the model with --tensor-parallel, or use hf: or a server",
            ) from error

    def _options_of_engine(self) -> dict[str, Any]:
        """Return the arguments of the engine, all by vLLM's own names."""
        options = self._options
        gpus, memory = _gpus()
        share = options.gpu_memory if options.gpu_memory is not None else 0.9
        tensor, data = split_of(
            gpus,
            options.tensor_parallel,
            options.data_parallel,
            weight_bytes_of(Path(self._base)),
            memory * share,
            int(getattr(self._config(), "num_attention_heads", 0) or 0),
        )
        self._copies = data
        given: dict[str, Any] = {
            "model": self._base,
            "dtype": options.dtype,
            "max_model_len": self.context,
            "tensor_parallel_size": tensor,
            "data_parallel_size": data,
            "gpu_memory_utilization": share,
            "disable_log_stats": True,
        }
        if self._adapter is not None:
            if any(self._adapter.glob("tokenizer*")):
                given["tokenizer"] = str(self._adapter)
            given |= {"enable_lora": True, "max_lora_rank": lora_rank_of(self._adapter, _RANKS)}
        return given

    async def _serve(self, requests: Iterator[Request], sampling: Sampling, inbox: Inbox) -> None:
        """Keep the engine's queue full until every request has its event."""
        under_way: set[asyncio.Task[None]] = set()
        try:
            for request in requests:
                under_way.add(asyncio.create_task(self._ask(request, sampling, inbox)))
                await asyncio.sleep(0)
                if len(under_way) >= _UNDER_WAY * self._copies:
                    under_way = await _some_ended(under_way)
            while under_way:
                under_way = await _some_ended(under_way)
        finally:
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

    async def _ask(self, request: Request, sampling: Sampling, inbox: Inbox) -> None:
        params = require("vllm.sampling_params", "vllm")
        # Tokens, not text: the chat template is applied here, by the same code that counts.
        prompt = {"prompt_token_ids": token_ids(self._tokenizer, request.prompt)}
        drawn = params.SamplingParams(
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            max_tokens=sampling.max_new_tokens,
            seed=request.seed,
            stop=list(request.prompt.stop) or None,
            stop_token_ids=list(self._ends()) or None,
            output_kind=params.RequestOutputKind.FINAL_ONLY,
        )
        last = None
        try:
            name = f"{next(self._numbers)}-{request.key}"
            async for told in self._engine.generate(prompt, drawn, name, **self._lora()):
                last = told
        except Exception as error:
            if getattr(self._engine, "errored", False):
                raise ModelError(
                    f"vLLM has ended with an error ({one_line(str(error), 160)})",
                    "see its messages, then run the same command again: what was answered is kept",
                ) from error
            inbox.put(Failure(request.key, f"vLLM: {one_line(str(error), 120)}"))
            return
        inbox.put(self._event(request, last))

    def _event(self, request: Request, told: Any) -> Event:
        answer = told.outputs[0] if told is not None and told.outputs else None
        reason = str(getattr(answer, "finish_reason", None) or "unknown")
        if answer is None or reason in _FAILED:
            return Failure(request.key, f"vLLM gave the request up (finish reason {reason})")
        return Answer(
            request.key,
            answer.text,
            reason,
            len(told.prompt_token_ids or ()),
            len(answer.token_ids),
            model=self.name,
        )

    def _lora(self) -> dict[str, Any]:
        if self._adapter is None:
            return {}
        requests = require("vllm.lora.request", "vllm")
        path = str(self._adapter)
        return {"lora_request": requests.LoRARequest("adapter", 1, path)}


async def _some_ended(tasks: set[asyncio.Task[None]]) -> set[asyncio.Task[None]]:
    """Wait until a task has ended and return the others; raise what one of them raised."""
    ended, left = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in ended:
        task.result()
    return left


def _gpus() -> tuple[int, float]:
    """Return how many GPUs there are, and the bytes of memory of the smallest; (0, 0) for none."""
    torch = require("torch", "vllm")
    number = torch.cuda.device_count()
    sizes = [torch.cuda.get_device_properties(one).total_memory for one in range(number)]
    return number, float(min(sizes, default=0))
