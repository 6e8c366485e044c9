import re
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from finetune.errors import FinetuneError
from finetune.kinds import Launch, Lora, Recipe
from finetune.recipe import load, parse, shipped
from pie.cli.app import app

DOCS = Path(__file__).parents[3] / "docs" / "training.md"


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_recipe_is_valid(name: str) -> None:
    given = {"eval": "eval.jsonl"} if name in ("pie-full", "pie-hq") else {}
    assert load(name, given).batch


def test_the_recipe_of_pie_is_the_papers() -> None:
    recipe = load("pie-full", {"eval": "eval.jsonl"})
    assert (recipe.evaluate_every, recipe.save_every, recipe.final) == (50, 50, "best")
    assert (recipe.batch, recipe.learning_rate, recipe.warmup_steps) == (32, 1e-5, 100)
    assert (recipe.epochs, recipe.max_tokens, recipe.precision) == (1, 2000, "bf16")
    assert (recipe.method, recipe.packing, recipe.launch.world) == ("full", False, 8)
    assert recipe.accumulation == 2


@pytest.mark.parametrize(("name", "rank", "rate"), [("pie-lora", 32, 1e-5), ("ecco-lora", 8, 1e-3)])
def test_the_lora_recipes_are_the_papers(name: str, rank: int, rate: float) -> None:
    recipe = load(name)
    assert (recipe.lora.rank, recipe.lora.alpha, recipe.learning_rate) == (rank, 16, rate)


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({"learning_rte": 1}, "unknown key learning_rte; did you mean learning_rate?"),
        ({"lora": {"rnak": 1}}, "unknown key lora.rnak; did you mean lora.rank?"),
        ({"launch": {"gpu": 1}}, "unknown key launch.gpu; remove it"),
        ({"batch": 3, "micro_batch": 2}, "batch 3 is no multiple of micro_batch 2"),
        ({"learning_rate": "fast"}, "learning_rate cannot be 'fast'"),
        ({"learning_rate": float("inf")}, "learning_rate cannot be inf"),
        ({"learning_rate": 1e300}, "learning_rate cannot be 1e+300"),
        ({"weight_decay": 1e300}, "weight_decay cannot be 1e+300"),
        ({"lora": {"rank": 0}}, "lora.rank cannot be 0"),
        ({"patience": 2}, "give `eval`"),
        ({"final": "best"}, "give `eval`, or set final=last"),
        ({"packing": True, "group_by_length": True}, "set packing or group_by_length"),
        ({"launch": {"processes": 2, "replicas": 3}}, "cannot hold launch.replicas: 3 copies"),
        ({"objective": "ppo"}, "unknown objective 'ppo'; choose one of sft, dpo, grpo"),
        ({"method": "qlora", "launch": {"processes": 2}}, "qlora runs in one process"),
        ({"launch": {"nodes": 2}}, "launch.main_address"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(document: dict[str, object], sentence: str) -> None:
    with pytest.raises(FinetuneError) as raised:
        parse(document)
    assert sentence in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("text", ["a: [", "- 1", "a: b: c"])
def test_a_file_that_is_no_recipe_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "r.yaml").write_text(text)
    with pytest.raises(FinetuneError, match=r"r\.yaml"):
        load(str(tmp_path / "r.yaml"))


def test_a_name_that_is_nearly_a_shipped_one_is_suggested() -> None:
    with pytest.raises(FinetuneError, match="did you mean pie-full"):
        load("pie-ful")


def test_overrides_replace_the_files_values(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text("model: a\nlearning_rate: 1e-4\n")
    recipe = load(str(tmp_path / "r.yaml"), {"model": "b"})
    assert (recipe.model, recipe.learning_rate) == ("b", 1e-4)


def test_the_recipe_in_the_docs_is_valid_and_has_every_key(tmp_path: Path) -> None:
    (text,) = re.findall(r"^```yaml\n(.*?)^```$", DOCS.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    mine = tmp_path / "mine.yaml"
    mine.write_text(text)
    document = yaml.safe_load(text)
    for model, section in (
        (Recipe, document),
        (Lora, document["lora"]),
        (Launch, document["launch"]),
    ):
        assert sorted(section) == sorted(model.model_fields)
    assert load(str(mine)).accumulation == 4
    done = CliRunner().invoke(app, ["finetune", "run", "--config", str(mine), "--print"])
    assert done.exit_code == 0, done.stderr
    assert "--num_processes 4" in done.stdout


def test_any_key_can_be_set_on_the_command_line_and_reaches_the_processes(tmp_path: Path) -> None:
    from finetune.launch import line
    from finetune.recipe import settings

    words = ["learning_rate=2e-5", "lora.rank=8", "lora.targets=[q_proj]", "packing=true"]
    changed = load("cpu", settings([*words, "method=lora"]))
    assert (changed.learning_rate, changed.lora.rank, changed.packing) == (2e-5, 8, True)
    assert changed.lora.targets == ("q_proj",)
    assert changed.lora.alpha == 16, "the others of its section stay"
    passed = list(line(changed, "cpu", settings(words)))
    given = [value for flag, value in pairwise(passed) if flag == "--set"]
    assert settings(given) == settings(words)


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("learning_rate", "is no KEY=VALUE"),
        ("learning_rates=1", "did you mean learning_rate"),
        ("lora.rnk=1", "did you mean lora.rank"),
        ("batch=many", "batch cannot be 'many'"),
        ("lora=[", "is not YAML"),
    ],
)
def test_a_setting_that_cannot_be_is_one_sentence(word: str, told: str) -> None:
    from finetune.recipe import settings

    with pytest.raises(FinetuneError, match=told):
        load("cpu", settings([word]))
