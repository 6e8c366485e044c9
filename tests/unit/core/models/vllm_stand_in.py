"""A stand-in for vLLM, which needs a GPU: it takes what the real package takes, and no more.

`vllm_signatures.json` has the names and parameters, read from the wheel of the version it names.
"""

import asyncio
import json
import sys
import types
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest

SIGNATURES: dict[str, Any] = json.loads(
    Path(__file__).with_name("vllm_signatures.json").read_text("utf-8")
)


def check(name: str, given: dict[str, Any]) -> None:
    unknown = given.keys() - set(SIGNATURES[name])
    assert not unknown, f"vLLM {SIGNATURES['version']}: {name} has no {unknown}"


class Given:
    """Named arguments, checked against the real ones."""

    name: ClassVar[str]

    def __init__(self, *positional: Any, **given: Any) -> None:
        named = dict(zip(SIGNATURES[self.name], positional, strict=False))
        check(self.name, {**named, **given})
        self.given = {**named, **given}


class AsyncEngineArgs(Given):
    name = "vllm.engine.arg_utils.AsyncEngineArgs"


class SamplingParams(Given):
    name = "vllm.sampling_params.SamplingParams"


class LoRARequest(Given):
    name = "vllm.lora.request.LoRARequest"


@dataclass
class Asked:
    prompt: Any
    params: SamplingParams
    lora: LoRARequest | None


class Engine:
    """AsyncLLM: the answers of one request come after those of shorter ones that came later."""

    made: ClassVar[list["Engine"]] = []
    answer: ClassVar[Any] = staticmethod(
        lambda asked: (f"seed {asked.params.given['seed']}", "stop")
    )
    most_at_once: ClassVar[int] = 0

    def __init__(self, args: AsyncEngineArgs) -> None:
        self.given = args.given
        self.asked: list[Asked] = []
        self.errored = False
        self.under_way = 0
        Engine.made.append(self)
        rank = self.given.get("max_lora_rank")
        assert rank is None or rank in SIGNATURES["vllm.config.lora.MaxLoRARanks"]

    @classmethod
    def from_engine_args(cls, engine_args: AsyncEngineArgs) -> "Engine":
        return cls(engine_args)

    def shutdown(self) -> None:
        pass

    async def generate(
        self, prompt: Any, sampling_params: SamplingParams, request_id: str, **more: Any
    ) -> AsyncIterator[Any]:
        check("vllm.v1.engine.async_llm.AsyncLLM.generate", more)
        asked = Asked(prompt, sampling_params, more.get("lora_request"))
        self.asked.append(asked)
        self.under_way += 1
        Engine.most_at_once = max(Engine.most_at_once, self.under_way)
        try:
            # In turns of the loop, not in time: a busy host changes nothing.
            for _turn in range(50 * (1 + int(sampling_params.given["seed"] == 0) * 100)):
                await asyncio.sleep(0)
            text, reason = Engine.answer(asked)
        finally:
            self.under_way -= 1
        output = types.SimpleNamespace(text=text, finish_reason=reason, token_ids=[1, 2])
        yield types.SimpleNamespace(prompt_token_ids=prompt["prompt_token_ids"], outputs=[output])


def stand_in(monkeypatch: pytest.MonkeyPatch) -> type[Engine]:
    """Put the stand-in where vLLM would be imported from."""
    kinds = SIGNATURES["vllm.sampling_params.RequestOutputKind"]
    contents: dict[str, dict[str, Any]] = {
        "vllm": {"__version__": SIGNATURES["version"]},
        "vllm.engine.arg_utils": {"AsyncEngineArgs": AsyncEngineArgs},
        "vllm.v1.engine.async_llm": {"AsyncLLM": Engine},
        "vllm.lora.request": {"LoRARequest": LoRARequest},
        "vllm.sampling_params": {
            "SamplingParams": SamplingParams,
            "RequestOutputKind": types.SimpleNamespace(**{one: one for one in kinds}),
        },
    }
    for name, attributes in contents.items():
        module = types.ModuleType(name)
        for attribute, value in attributes.items():
            setattr(module, attribute, value)
        monkeypatch.setitem(sys.modules, name, module)
    Engine.made.clear()
    Engine.most_at_once = 0
    return Engine
