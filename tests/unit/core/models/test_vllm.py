"""vLLM needs a GPU, so a stand-in for its module records what it is asked."""

import sys
import types
from pathlib import Path
from typing import Any

import pytest

from pie.core.models import Answer, ModelOptions, Request, Sampling, open_model
from pie.core.prompting.prompts import Form, Prompt
from sim.errors import MissingTool
from tests.unit.core.models.test_huggingface import folder  # noqa: F401


class SamplingParams:
    def __init__(self, **given: Any) -> None:
        self.given = given


class LLM:
    made: "list[LLM]" = []  # noqa: RUF012

    def __init__(self, **given: Any) -> None:
        self.given = given
        self.asked: list[tuple[Any, SamplingParams]] = []
        LLM.made.append(self)

    def generate(self, prompts: list[Any], params: list[SamplingParams], **_more: Any) -> list[Any]:
        self.asked += zip(prompts, params, strict=True)
        return [
            types.SimpleNamespace(
                prompt_token_ids=prompt["prompt_token_ids"],
                outputs=[
                    types.SimpleNamespace(
                        text=f"seed {param.given['seed']}", finish_reason="stop", token_ids=[1, 2]
                    )
                ],
            )
            for prompt, param in zip(prompts, params, strict=True)
        ]


@pytest.fixture
def vllm(monkeypatch: pytest.MonkeyPatch) -> type[LLM]:
    module = types.ModuleType("vllm")
    module.LLM, module.SamplingParams = LLM, SamplingParams  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "vllm", module)
    LLM.made.clear()
    return LLM


def test_each_request_has_its_own_seed_and_its_own_answer(
    vllm: type[LLM],
    folder: Path,  # noqa: F811
) -> None:
    model = open_model(f"vllm:{folder}", ModelOptions())
    assert model.fingerprint()["backend"] == "vllm"
    prompt = Prompt(Form.PLAIN, "w1 w2 w3", stop=("w9",))
    wanted = [Request(f"{seed:032x}", prompt, seed, seed, "") for seed in range(600)]
    batches = list(model.answers(iter(wanted), Sampling(max_new_tokens=5)))
    got = [one for batch in batches for one in batch]
    assert len(batches) == 2
    assert [one.key for one in got] == [one.key for one in wanted]
    for one, request in zip(got, wanted, strict=True):
        assert isinstance(one, Answer)
        assert (one.text, one.tokens_in, one.tokens_out) == (f"seed {request.seed}", 3, 2)
    (engine,) = vllm.made
    assert engine.given["max_model_len"] == 64
    assert engine.asked[7][1].given == {
        "temperature": 0.7,
        "top_p": 1.0,
        "max_tokens": 5,
        "seed": 7,
        "stop": ["w9"],
    }


def test_without_the_package_the_command_that_installs_it_is_told(
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,  # noqa: F811
) -> None:
    monkeypatch.setitem(sys.modules, "vllm", None)
    with pytest.raises(MissingTool, match=r"vllm is not installed; pip install"):
        open_model(f"vllm:{folder}", ModelOptions()).fingerprint()
