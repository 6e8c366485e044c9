"""Models in process: a tiny one with random weights, so that nothing is downloaded."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from finetune.model import fingerprint as model_fingerprint
from pie.core.models import Answer, Failure, ModelError, ModelOptions, Request, Sampling, open_model
from pie.core.prompting.prompts import Form, Prompt

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

WORDS = [f"w{number}" for number in range(60)]
SAMPLING = Sampling(temperature=1.0, max_new_tokens=12)


def make_tokenizer(folder: Path, *, chat: bool) -> Any:
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace

    names = ["<unk>", "<s>", "</s>", *WORDS]
    raw = Tokenizer(WordLevel({word: at for at, word in enumerate(names)}, unk_token="<unk>"))
    raw.pre_tokenizer = Whitespace()
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=raw, unk_token="<unk>", bos_token="<s>", eos_token="</s>"
    )
    if chat:
        tokenizer.chat_template = "{% for m in messages %}w1 {{ m.content }} {% endfor %}w2"
    tokenizer.save_pretrained(folder)
    return tokenizer


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("model")
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=63, hidden_size=32, intermediate_size=32, num_hidden_layers=2,
        num_attention_heads=2, max_position_embeddings=64, bos_token_id=1, eos_token_id=2,
    )  # fmt: skip
    transformers.LlamaForCausalLM(config).save_pretrained(path)
    make_tokenizer(path, chat=False)
    return path


def requests(number: int) -> list[Request]:
    prompts = [Prompt(Form.PLAIN, " ".join(WORDS[at : at * 2 + 3])) for at in range(number)]
    return [Request(f"{at:032x}", one, 0, at % 3, "") for at, one in enumerate(prompts)]


def ask(folder: Path, wanted: list[Request], **options: Any) -> dict[str, Answer]:
    sampling = options.pop("sampling", SAMPLING)
    model = open_model(f"hf:{folder}", ModelOptions(device="cpu", **options))
    got = [one for batch in model.answers(iter(wanted), sampling) for one in batch]
    assert all(isinstance(one, Answer) for one in got)
    return {one.key: one for one in got if isinstance(one, Answer)}


def test_an_answer_does_not_depend_on_what_else_is_in_its_batch(folder: Path) -> None:
    wanted = requests(7)
    alone = ask(folder, wanted, batch_size=1)
    assert len({one.text for one in alone.values()}) > 4
    for batch_size in (3, 7):
        together = ask(folder, wanted[::-1], batch_size=batch_size)
        assert {key: one.text for key, one in together.items()} == {
            key: one.text for key, one in alone.items()
        }


def test_seeds_give_other_answers_and_greedy_ones_do_not(folder: Path) -> None:
    (one,) = requests(1)
    seeds = [Request(f"{seed:032x}", one.prompt, seed, seed, "") for seed in range(6)]
    assert len({answer.text for answer in ask(folder, seeds).values()}) > 3
    greedy = ask(folder, seeds, sampling=Sampling(temperature=0.0, max_new_tokens=8))
    assert len({answer.text for answer in greedy.values()}) == 1


def test_tokens_are_counted_and_the_limit_is_a_reason(folder: Path) -> None:
    for answer in ask(folder, requests(6)).values():
        assert answer.tokens_in is not None
        assert answer.tokens_out is not None
        assert 0 < answer.tokens_out <= 12
        assert answer.finish_reason == "length" if answer.tokens_out == 12 else "stop"


def test_an_answer_ends_before_its_stop_string(folder: Path) -> None:
    (one,) = requests(1)
    text = next(iter(ask(folder, [one]).values())).text
    stop = text.split()[4]
    stopping = Request(one.key, Prompt(Form.PLAIN, one.prompt.text, stop=(stop,)), 0, 0, "")
    assert stopping.prompt.digest != one.prompt.digest
    answer = next(iter(ask(folder, [stopping]).values()))
    assert stop not in answer.text


def test_the_context_is_the_models_own_and_the_form_depends_on_a_chat_template(
    folder: Path, tmp_path: Path
) -> None:
    model = open_model(f"hf:{folder}", ModelOptions())
    assert model.context == 64
    assert model.best_form() is Form.PLAIN
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    make_tokenizer(tmp_path, chat=True)
    chat = open_model(f"hf:{tmp_path}", ModelOptions())
    assert chat.best_form() is Form.CHAT
    assert chat.fingerprint() != model.fingerprint()


def test_an_adapter_is_applied_to_its_base_and_changes_the_fingerprint(
    folder: Path, tmp_path: Path
) -> None:
    peft = pytest.importorskip("peft")
    base = transformers.AutoModelForCausalLM.from_pretrained(folder)
    config = peft.LoraConfig(r=4, target_modules=["q_proj", "v_proj"], init_lora_weights=False)
    adapted = peft.get_peft_model(base, config)
    for name, weights in adapted.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(weights, std=3.0)
    adapted.save_pretrained(tmp_path)
    described = json.loads((tmp_path / "adapter_config.json").read_text())
    assert described["base_model_name_or_path"] == str(folder)
    plain, lora = (open_model(f"hf:{one}", ModelOptions()) for one in (folder, tmp_path))
    assert plain.fingerprint() != lora.fingerprint()
    greedy = Sampling(temperature=0.0, max_new_tokens=8)
    texts = [
        next(iter(ask(one, requests(1), sampling=greedy).values())).text
        for one in (folder, tmp_path)
    ]
    assert texts[0] != texts[1]


def weights_of(folder: Path) -> Path:
    (file,) = folder.glob("*.safetensors")
    return file


def test_a_model_that_lacks_weights_is_not_asked(folder: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    copied = shutil.copytree(folder, tmp_path / "lacking")
    weights = load_file(weights_of(copied))
    del weights["model.layers.1.mlp.up_proj.weight"]
    save_file(weights, weights_of(copied), metadata={"format": "pt"})
    with pytest.raises(ModelError, match=r"lacks 1 of its weights \(model.layers.1.mlp.up_proj"):
        ask(copied, requests(1))


def test_an_adapter_is_not_put_on_another_base_than_it_notes(folder: Path, tmp_path: Path) -> None:
    peft = pytest.importorskip("peft")
    base = transformers.AutoModelForCausalLM.from_pretrained(folder)
    peft.get_peft_model(base, peft.LoraConfig(target_modules=["q_proj"])).save_pretrained(tmp_path)
    (tmp_path / "base_model_fingerprint").write_text(f"{model_fingerprint(folder)}\n")
    assert ask(tmp_path, requests(1))
    (tmp_path / "base_model_fingerprint").write_text("0123456789abcdef\n")
    with pytest.raises(ModelError, match="trained on another base model"):
        ask(tmp_path, requests(1))


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_scores_that_are_no_numbers_are_a_failure_and_no_answer(
    folder: Path, tmp_path: Path, temperature: float
) -> None:
    from safetensors.torch import load_file, save_file

    copied = shutil.copytree(folder, tmp_path / "nan")
    weights = load_file(weights_of(copied))
    weights["model.embed_tokens.weight"][3 + 7] = float("nan")  # of the word w7
    save_file(weights, weights_of(copied), metadata={"format": "pt"})
    wanted = [
        Request(f"{at:032x}", Prompt(Form.PLAIN, text), 0, 0, "")
        for at, text in enumerate(["w1 w2", "w1 w7"])
    ]
    model = open_model(f"hf:{copied}", ModelOptions(device="cpu"))
    sampling = Sampling(temperature=temperature, max_new_tokens=1)
    ((good, bad),) = model.answers(iter(wanted), sampling)
    assert isinstance(good, Answer)
    assert isinstance(bad, Failure)
    assert "no numbers" in bad.reason


@pytest.mark.parametrize("files", [{}, {"adapter_config.json": "{}"}, {"config.json": "{"}])
def test_a_folder_that_is_no_model_is_one_sentence(tmp_path: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(ModelError) as caught:
        open_model(f"hf:{tmp_path}", ModelOptions()).fingerprint()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("within", ["model", "adapter"])
def test_the_folder_of_a_training_names_the_model_in_it(tmp_path: Path, within: str) -> None:
    (tmp_path / within).mkdir()
    with pytest.raises(ModelError, match=f"is the folder of a training, .*{within}"):
        open_model(f"hf:{tmp_path}", ModelOptions()).fingerprint()


def test_gumbel_noise_draws_from_the_models_distribution() -> None:
    from pie.core.models.gumbel import GumbelSampler

    probabilities = torch.tensor([0.5, 0.3, 0.15, 0.05])
    rows = 4000
    scores = probabilities.log().repeat(rows, 1)
    sampler = GumbelSampler([str(seed) for seed in range(rows)], temperature=1.0, top_p=1.0)
    drawn = sampler(None, scores).argmax(dim=-1)
    shares = torch.bincount(drawn, minlength=4) / rows
    assert torch.allclose(shares, probabilities, atol=0.03)
    nucleus = GumbelSampler([str(seed) for seed in range(rows)], temperature=1.0, top_p=0.6)
    drawn = nucleus(None, scores).argmax(dim=-1)
    shares = torch.bincount(drawn, minlength=4) / rows
    assert torch.allclose(shares, torch.tensor([0.625, 0.375, 0, 0]), atol=0.03)
    cold = GumbelSampler(["1"] * 50, temperature=0.01, top_p=1.0)
    assert set(cold(None, scores[:50]).argmax(dim=-1).tolist()) == {0}
