"""A model is asked with the very tokens that it was trained on, in plain and in chat form."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from finetune.errors import FinetuneError
from finetune.merge import merge
from finetune.prompt import Form, end_of, read_record
from finetune.recipe import parse
from finetune.rows import read_rows
from finetune.tokens import encode
from finetune.train import train
from pie.core.models import ModelOptions, Request, Sampling, form_of, open_model
from pie.core.models.tokens import token_ids
from pie.core.problem import InputError
from pie.core.prompting.prompts import Prompt, Strategy, render
from pie.core.training.formats import Format
from pie.flows.finetuning.data import Request as Data
from pie.flows.finetuning.data import run
from tests.model_server import ModelServer
from tests.unit.core.models.vllm_stand_in import Engine, stand_in
from tests.unit.finetune.conftest import make_model

transformers = pytest.importorskip("transformers")
TEMPLATE = (
    "{% for m in messages %}{{ m.role }}: {{ m.content | trim }}<s>\n{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% endif %}"
)
"""Ends a turn with another token than the tokeniser's end of sequence."""
SOURCE = "int a = 1; // </s>"
FORMS = pytest.mark.parametrize("form", list(Form))


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_model(tmp_path_factory.mktemp("instruct"))
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def tokenizer(base: Path) -> Any:
    return transformers.AutoTokenizer.from_pretrained(base)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[Form, Path]:
    """Training rows in both forms."""
    folder = tmp_path_factory.mktemp("rows")
    pair = {"problem_id": "p", "src_code": SOURCE, "tgt_code": "int a;", "tests": [0]}
    (folder / "pairs.jsonl").write_text(json.dumps(pair) + "\n")
    for form in Form:
        run(Data(folder / "pairs.jsonl", folder / f"{form}.jsonl", Format.PLAIN, form=form))
    return {form: folder / f"{form}.jsonl" for form in Form}


@pytest.fixture(scope="module")
def adapters(
    base: Path, written: dict[Form, Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[Form, Path]:
    made = {}
    for form, rows in written.items():
        output = tmp_path_factory.mktemp("runs") / form
        recipe = {
            "model": str(base), "train": str(rows), "output": str(output), "method": "lora",
            "lora": {"rank": 4}, "batch": 1, "max_tokens": 250, "precision": "fp32",
            "warmup_steps": 0, "launch": {"device": "cpu"},
        }  # fmt: skip
        made[form] = train(parse(recipe)).folder
    return made


def asked_in(form: Form) -> Prompt:
    return render(Strategy.FINETUNED, form, SOURCE)


def learned_prompt(rows: Path, tokenizer: Any) -> list[int]:
    ((tokens, _apart),) = encode(read_rows(rows), tokenizer)
    ids: list[int] = tokens.ids[: tokens.prompt].tolist()
    return ids


@FORMS
def test_sampling_and_training_read_the_same_tokens(
    form: Form, written: dict[Form, Path], tokenizer: Any
) -> None:
    assert learned_prompt(written[form], tokenizer) == token_ids(tokenizer, asked_in(form))


@FORMS
def test_vllm_is_given_the_tokens_of_training(
    form: Form,
    written: dict[Form, Path],
    adapters: dict[Form, Path],
    tokenizer: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stand_in(monkeypatch)
    model = open_model(f"vllm:{adapters[form]}", ModelOptions())
    assert form_of("auto", model, trained=True) is form
    wanted = [Request("0" * 32, asked_in(form), 0, 0, "")]
    list(model.answers(iter(wanted), Sampling()))
    (asked,) = Engine.made[-1].asked
    assert asked.prompt["prompt_token_ids"] == learned_prompt(written[form], tokenizer)
    assert asked.params.given["stop_token_ids"] == [end_of(tokenizer, form)]


@FORMS
def test_a_server_is_sent_what_becomes_the_tokens_of_training(
    form: Form, written: dict[Form, Path], adapters: dict[Form, Path], tokenizer: Any
) -> None:
    with ModelServer() as server:
        options = ModelOptions(base_url=server.url, tokenizer=adapters[form])
        model = open_model("openai:served", options)
        assert form_of("auto", model, trained=True) is form
        wanted = [Request("0" * 32, asked_in(form), 0, 0, "")]
        list(model.answers(iter(wanted), Sampling()))
    ((path, _headers, body),) = server.bodies
    if form is Form.PLAIN:
        assert path.endswith("/v1/completions")
        sent = tokenizer(body["prompt"], split_special_tokens=True)["input_ids"]
    else:
        assert path.endswith("/v1/chat/completions")
        row = json.loads(written[form].read_text())
        assert body["messages"] == row["prompt"]
        sent = token_ids(tokenizer, asked_in(form))
    assert sent == learned_prompt(written[form], tokenizer)


@FORMS
def test_adapter_and_merged_model_tell_the_form_and_a_contradiction_is_refused(
    form: Form, base: Path, adapters: dict[Form, Path], tokenizer: Any, tmp_path: Path
) -> None:
    merged = merge(adapters[form], tmp_path / "merged").folder
    last = merge(adapters[form].parent / "checkpoints/step-0000001", tmp_path / "last").folder
    other = next(one for one in Form if one is not form)
    end = end_of(tokenizer, form)
    assert (end == tokenizer.eos_token_id) is (form is Form.PLAIN)
    for folder in (adapters[form], merged, last):
        told = read_record(folder / "prompt_form.json")
        assert told is not None
        assert (told.form, told.ends) == (form, (end,))
        model = open_model(f"hf:{folder}", ModelOptions())
        assert form_of("auto", model, trained=True) is form
        assert form_of(form, model) is form
        with pytest.raises(
            InputError, match=f"was trained in {form} form, and --form says {other}"
        ):
            form_of(other, model)
    settings = json.loads((merged / "generation_config.json").read_text())
    ends = settings["eos_token_id"]
    assert end in (ends if isinstance(ends, list) else [ends])


def test_nothing_is_guessed_for_a_way_of_asking_that_models_are_trained_for(
    base: Path, tmp_path: Path
) -> None:
    unknown = open_model(f"hf:{base}", ModelOptions())
    assert form_of("auto", unknown) is Form.CHAT
    with pytest.raises(InputError, match="nothing tells in which form"):
        form_of("auto", unknown, trained=True)
    served = open_model("openai:mine", ModelOptions(base_url="http://127.0.0.1:9/v1"))
    with pytest.raises(InputError, match="nothing tells in which form"):
        form_of("auto", served, trained=True)
    hosted = open_model("openai:ft:gpt", ModelOptions(base_url="https://api.openai.com/v1"))
    assert form_of("auto", hosted, trained=True) is Form.CHAT
    old = shutil.copytree(base, tmp_path / "old")
    (old / "base_model_fingerprint").write_text("x")  # written when there were plain rows only
    assert form_of("auto", open_model(f"hf:{old}", ModelOptions()), trained=True) is Form.PLAIN
    (old / "prompt_form.json").write_text('{"form": "spoken"}')
    with pytest.raises(InputError, match="does not say in which form"):
        form_of("auto", open_model(f"hf:{old}", ModelOptions()))


def test_rows_of_two_forms_are_not_trained_on_together(
    base: Path, written: dict[Form, Path], tmp_path: Path
) -> None:
    mixed = tmp_path / "mixed.jsonl"
    mixed.write_text(written[Form.PLAIN].read_text() + written[Form.CHAT].read_text())
    with pytest.raises(FinetuneError, match=r"mixed.jsonl:2 is in chat form"):
        list(read_rows(mixed))
    recipe = {
        "model": str(base), "train": str(written[Form.PLAIN]), "eval": str(written[Form.CHAT]),
        "output": str(tmp_path / "run"), "max_tokens": 250, "precision": "fp32",
        "launch": {"device": "cpu"},
    }  # fmt: skip
    with pytest.raises(FinetuneError, match=r"rows in plain form and .* in chat form"):
        train(parse(recipe))


def test_a_chats_completion_ends_its_turn_and_is_all_that_is_learned(
    written: dict[Form, Path], tokenizer: Any
) -> None:
    ((tokens, _apart),) = encode(read_rows(written[Form.CHAT]), tokenizer)
    assert tokenizer.decode(tokens.ids[tokens.prompt :].tolist()) == "int a;<s>"
    hosted = written[Form.CHAT].with_name("hosted.jsonl")
    row = json.loads(written[Form.CHAT].read_text())
    hosted.write_text(json.dumps({"messages": [*row["prompt"], *row["completion"]]}) + "\n")
    ((again, _apart),) = encode(read_rows(hosted), tokenizer)
    assert again.ids.tolist() == tokens.ids.tolist()


def test_a_tokeniser_that_ends_every_text_does_not_end_a_prompt(tokenizer: Any) -> None:
    from tokenizers.processors import TemplateProcessing

    before = tokenizer.backend_tokenizer.post_processor
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", tokenizer.eos_token_id)]
    )
    try:
        assert tokenizer.eos_token_id not in token_ids(tokenizer, Prompt(Form.PLAIN, "int x;"))
    finally:
        tokenizer.backend_tokenizer.post_processor = before
