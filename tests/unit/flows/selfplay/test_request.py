"""What `pie selfplay` refuses before anything is asked or run."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pie.core.models import ModelOptions
from pie.core.problem import InputError
from pie.core.prompting.prompts import Form, Strategy
from pie.flows.dataset.measuring import Measuring
from pie.flows.selfplay.options import Chosen, open_asking, strategy_of
from pie.flows.selfplay.request import Request
from sim.machines.cachegrind import Cachegrind
from sim.machines.counts import Counts
from sim.machines.native import Native
from sim.setting import Setting

CHOSEN = Chosen("replay:x", "", 1.0, 0.9, 100, 5, 0, "auto", 1000)


def request(machine: Any = None, **more: Any) -> Request:
    asking = open_asking(CHOSEN, ModelOptions())
    measuring = Measuring(Setting(machine or Counts()))
    return Request(Path("s"), Path("o"), asking, asking, measuring, **more)


def test_the_defaults_are_the_papers() -> None:
    made = request()
    made.check()
    assert (made.proposals, made.calls) == (10_000, 2_000)
    assert (made.bases, made.inputs) == (10, 20)
    assert (made.at_least, made.per_class) == (5.0, 3)


@pytest.mark.parametrize(
    ("more", "option"),
    [
        ({"at_least": 0.0}, "--at-least"),
        ({"at_least": float("nan")}, "--at-least"),
        ({"at_least": float("inf")}, "--at-least"),
        ({"near_duplicate": 1.5}, "--near-duplicate"),
        ({"inputs": 1}, "--distinct-outputs"),
        ({"machine": Native()}, "--machine"),
        ({"machine": Cachegrind()}, "machine 'counts', or say --trust-programs"),
        ({"strategy": Strategy.RETRIEVAL}, "perf-conditioned"),
    ],
)
def test_what_cannot_be_right_is_refused_with_its_option(more: dict[str, Any], option: str) -> None:
    with pytest.raises(InputError, match=option):
        request(**more).check()


def test_cachegrind_is_taken_on_the_users_word() -> None:
    request(machine=Cachegrind(), trust_programs=True).check()


def test_numbers_that_only_choose_among_what_is_found_are_no_part_of_the_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "s").write_text("{}\n")
    (tmp_path / "x").write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Setting, "fingerprint", lambda _self, _languages: {})
    made = request()
    setting = made.setting([])
    same = replace(made, proposals=5, at_least=2.0, per_class=1).setting([])
    assert same == setting
    assert replace(made, mutate=1).setting([]) != setting


def test_a_prompt_has_the_smaller_of_its_limit_and_the_contexts_room() -> None:
    assert open_asking(CHOSEN, ModelOptions()).room == 1000
    assert open_asking(CHOSEN, ModelOptions(context=500)).room == 400
    assert open_asking(replace(CHOSEN, prompt_tokens=None), ModelOptions()).room is None


def test_the_form_is_the_models_unless_given() -> None:
    assert open_asking(CHOSEN, ModelOptions()).form is Form.PLAIN
    assert open_asking(replace(CHOSEN, form="chat"), ModelOptions()).form is Form.CHAT


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"top_p": 0.0}, "top-p"),
        ({"form": "verse"}, "unknown form"),
        ({"model": "gpt"}, "backend:name"),
    ],
)
def test_a_model_that_cannot_be_asked_so_is_refused(more: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        open_asking(replace(CHOSEN, **more), ModelOptions())


def test_a_context_without_room_for_an_answer_is_refused() -> None:
    with pytest.raises(InputError, match="--max-new-tokens"):
        open_asking(CHOSEN, ModelOptions(context=100))


def test_an_unknown_strategy_is_refused() -> None:
    assert strategy_of("finetuned") is Strategy.FINETUNED
    with pytest.raises(InputError, match="unknown strategy"):
        strategy_of("luck")
