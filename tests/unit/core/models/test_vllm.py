"""vLLM needs a GPU: a stand-in with the signatures of the real package records what it is asked."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from pie.core.models import (
    Answer,
    Failure,
    ModelError,
    ModelOptions,
    Request,
    Sampling,
    open_model,
)
from pie.core.models.gpu_spread import split_of
from pie.core.models.vllm import _RANKS
from pie.core.prompting.prompts import Form, Prompt
from sim.errors import MissingTool
from tests.unit.core.models.test_huggingface import folder  # noqa: F401
from tests.unit.core.models.vllm_stand_in import SIGNATURES, Engine, stand_in

PROMPT = Prompt(Form.PLAIN, "w1 w2 w3", stop=("w9",))


@pytest.fixture
def vllm(monkeypatch: pytest.MonkeyPatch) -> type[Engine]:
    return stand_in(monkeypatch)


def requests(number: int) -> list[Request]:
    return [Request(f"{seed:032x}", PROMPT, seed, seed, "") for seed in range(number)]


def test_each_request_has_its_own_seed_and_its_own_answer(
    vllm: type[Engine],
    folder: Path,  # noqa: F811
) -> None:
    model = open_model(f"vllm:{folder}", ModelOptions())
    assert model.fingerprint()["backend"] == "vllm"
    wanted = requests(600)
    got = [
        one for batch in model.answers(iter(wanted), Sampling(max_new_tokens=5)) for one in batch
    ]
    answers = {one.key: one for one in got if isinstance(one, Answer)}
    assert len(answers) == len(got) == 600
    for request in wanted:
        one = answers[request.key]
        assert (one.text, one.tokens_in, one.tokens_out) == (f"seed {request.seed}", 3, 2)
    (engine,) = vllm.made
    assert engine.given["max_model_len"] == 64
    assert engine.given["model"] == str(folder)
    assert engine.asked[7].params.given == {
        "temperature": 0.7,
        "top_p": 1.0,
        "max_tokens": 5,
        "seed": 7,
        "stop": ["w9"],
        "stop_token_ids": None,
        "output_kind": "FINAL_ONLY",
    }


def test_a_slow_answer_holds_no_other_one_up(
    vllm: type[Engine],
    folder: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pie.core.models.vllm._UNDER_WAY", 8)
    model = open_model(f"vllm:{folder}", ModelOptions())
    got = [one.key for batch in model.answers(iter(requests(80)), Sampling()) for one in batch]
    assert len(got) == 80
    assert got.index(requests(1)[0].key) > 20, "the first request is the slow one"
    assert vllm.most_at_once == 8, "the queue was full, and no fuller"


def test_the_engine_lives_on_from_one_set_of_requests_to_the_next(
    vllm: type[Engine],
    folder: Path,  # noqa: F811
) -> None:
    model = open_model(f"vllm:{folder}", ModelOptions())
    for _ in range(2):
        assert len([one for batch in model.answers(iter(requests(3)), Sampling()) for one in batch])
    stopped = iter(model.answers(iter(requests(9)), Sampling()))
    next(stopped)
    stopped.close()  # type: ignore[attr-defined]
    (engine,) = vllm.made
    assert engine.under_way == 0, "what was under way is given up"


@pytest.mark.parametrize("reason", ["abort", "error"])
def test_a_request_that_vllm_gives_up_is_a_failure_and_no_answer(
    vllm: type[Engine],
    folder: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    reason: str,
) -> None:
    assert reason in SIGNATURES["vllm.v1.engine.FINISH_REASON_STRINGS"]
    monkeypatch.setattr(vllm, "answer", staticmethod(lambda _asked: ("half", reason)))
    model = open_model(f"vllm:{folder}", ModelOptions())
    ((one,),) = model.answers(iter(requests(1)), Sampling())
    assert isinstance(one, Failure)
    assert reason in one.reason


@pytest.mark.parametrize("dead", [False, True])
def test_an_error_is_the_requests_own_unless_the_engine_is_gone(
    vllm: type[Engine],
    folder: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    dead: bool,
) -> None:
    def fail(asked: Any) -> tuple[str, str]:
        vllm.made[0].errored = dead
        raise ValueError("out of luck")

    monkeypatch.setattr(vllm, "answer", staticmethod(fail))
    model = open_model(f"vllm:{folder}", ModelOptions())
    answers = model.answers(iter(requests(1)), Sampling())
    if dead:
        with pytest.raises(ModelError, match="vLLM has ended with an error"):
            list(answers)
    else:
        ((one,),) = answers
        assert isinstance(one, Failure)
        assert "out of luck" in one.reason


@pytest.mark.parametrize(
    ("rank", "pattern", "taken"),
    [(32, {}, 32), (33, {}, 64), (4, {}, 8), (8, {"q_proj": 200}, 256)],
)
def test_an_adapter_of_any_rank_is_loaded(
    vllm: type[Engine],
    folder: Path,  # noqa: F811
    tmp_path: Path,
    rank: int,
    pattern: dict[str, int],
    taken: int,
) -> None:
    config = {"base_model_name_or_path": str(folder), "r": rank, "rank_pattern": pattern}
    (tmp_path / "adapter_config.json").write_text(json.dumps(config))
    model = open_model(f"vllm:{tmp_path}", ModelOptions())
    list(model.answers(iter(requests(1)), Sampling()))
    (engine,) = vllm.made
    assert (engine.given["enable_lora"], engine.given["max_lora_rank"]) == (True, taken)
    lora = engine.asked[0].lora
    assert lora is not None
    assert lora.given == {"lora_name": "adapter", "lora_int_id": 1, "lora_path": str(tmp_path)}


def test_a_rank_that_vllm_does_not_take_is_told_with_the_way_round(
    vllm: type[Engine],
    folder: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    config = {"base_model_name_or_path": str(folder), "r": 600}
    (tmp_path / "adapter_config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match=r"rank 600.*`pie finetune merge`"):
        list(open_model(f"vllm:{tmp_path}", ModelOptions()).answers(iter(requests(1)), Sampling()))


def test_the_ranks_are_those_of_the_package() -> None:
    assert list(_RANKS) == list(SIGNATURES["vllm.config.lora.MaxLoRARanks"])


def test_sizes_and_memory_go_to_the_engine(
    vllm: type[Engine],
    folder: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pie.core.models.vllm._gpus", lambda: (8, 80e9))
    options = ModelOptions(tensor_parallel=2, gpu_memory=0.5)
    list(open_model(f"vllm:{folder}", options).answers(iter(requests(1)), Sampling()))
    given = vllm.made[0].given
    assert given["tensor_parallel_size"] == 2
    assert given["data_parallel_size"] == 4, "no GPU is left idle"
    assert given["gpu_memory_utilization"] == 0.5


@pytest.mark.parametrize(
    ("gpus", "tensor", "data", "weights", "split"),
    [
        (8, 0, 0, 14e9, (1, 8)),
        (8, 0, 0, 140e9, (4, 2)),
        (8, 0, 2, 14e9, (1, 2)),
        (6, 0, 0, 300e9, (4, 1)),  # 32 heads cannot be split over 5 or 6
        (1, 0, 0, 14e9, (1, 1)),
        (0, 0, 0, 14e9, (1, 1)),
        (4, 4, 0, 14e9, (4, 1)),
    ],
)
def test_all_gpus_are_used(
    gpus: int, tensor: int, data: int, weights: float, split: tuple[int, int]
) -> None:
    assert split_of(gpus, tensor, data, int(weights), 0.9 * 80e9, 32) == split
    with pytest.raises(ModelError, match="more than the"):
        split_of(gpus, gpus + 2, 1, 0, 0, 0)


def test_without_the_package_the_command_that_installs_it_is_told(
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,  # noqa: F811
) -> None:
    monkeypatch.setitem(sys.modules, "vllm", None)
    with pytest.raises(MissingTool, match=r"vllm is not installed; pip install"):
        open_model(f"vllm:{folder}", ModelOptions()).fingerprint()
