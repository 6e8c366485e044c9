"""What a user may give to `pie finetune` by mistake: one sentence, exit code 1, no traceback."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from finetune import launch
from pie.cli.app import app

ROW = {"prompt": "p", "completion": "c"}


def invoke(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["finetune", *map(str, arguments)])


def refused(*arguments: object) -> str:
    result = invoke(*arguments)
    assert result.exit_code == 1, result.output
    assert result.stdout == ""
    (sentence,) = result.stderr.splitlines()
    assert sentence.startswith("pie: ")
    assert "; " in sentence, "a remedy follows the reason"
    return str(sentence)


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "recipe.yaml"
    path.write_text(
        f"model: {tmp_path}/model\ntrain: {tmp_path}/rows.jsonl\noutput: {tmp_path}/run\n"
        "launch: {device: cpu}\nprecision: fp32\n"
    )
    (tmp_path / "model").mkdir()
    (tmp_path / "model/config.json").write_text("{}")
    (tmp_path / "model/model.safetensors").write_bytes(b"x")
    (tmp_path / "rows.jsonl").write_text(json.dumps(ROW) + "\n")
    return path


@pytest.mark.parametrize("name", ["--dry-run", "--print"])
def test_a_dry_run_shows_the_line_and_starts_nothing(
    recipe: Path, tmp_path: Path, name: str
) -> None:
    result = invoke("run", "--config", recipe, "--eval", "e.jsonl", name)
    assert result.exit_code == 0
    assert result.stdout.strip() == (
        f"accelerate launch --config_file {launch.CONFIGURATION} --num_machines 1 "
        "--num_processes 1 --mixed_precision no --dynamo_backend no --cpu "
        f"--module finetune.train {recipe} --eval e.jsonl"
    )
    assert not (tmp_path / "run").exists()
    words = json.loads(invoke("run", "--config", recipe, name, "--json").stdout)["words"]
    assert words[:2] == ["accelerate", "launch"]


def test_any_key_is_set_and_none_twice(recipe: Path) -> None:
    set_rate = ("run", "--config", recipe, "--dry-run", "--set", "learning_rate=2e-5")
    assert "--set 'learning_rate=\"2e-5\"'" in invoke(*set_rate).stdout
    assert "both given" in refused(*set_rate, "--model", "m", "--set", "model=n")
    assert "did you mean learning_rate" in refused(*set_rate[:4], "--set", "learning_rte=1")


@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
@pytest.mark.parametrize("option", ["--eval", "--train"])
def test_pairs_in_the_place_of_rows(
    recipe: Path, tmp_path: Path, option: str, dry: tuple[str, ...]
) -> None:
    pairs = tmp_path / "my val.jsonl"
    pairs.write_text('{"problem_id": "p", "src_code": "a", "tgt_code": "b", "tests": [0]}\n')
    (tmp_path / "rows.jsonl").write_text(
        json.dumps({**ROW, "format": "perf-conditioned", "form": "plain"}) + "\n"
    )
    said = refused("run", "-c", recipe, option, pairs, *dry)
    assert f"{option} {pairs} holds pairs" in said
    other = "--format perf-conditioned " if option == "--eval" else ""
    out = tmp_path / "my val.rows.jsonl"
    assert f"`pie finetune data --pairs '{pairs}' {other}--out '{out}'`" in said
    assert not (tmp_path / "run").exists()


def test_pairs_in_the_place_of_preferences_and_prompts(recipe: Path, tmp_path: Path) -> None:
    pairs = tmp_path / "val.jsonl"
    pairs.write_text('{"problem_id": "p", "src_code": "a", "tgt_code": "b", "tests": [0]}\n')
    run = ("run", "-c", recipe, "--train", pairs, "--dry-run", "--set")
    assert "pie finetune preferences RUN --out" in refused(*run, "objective=dpo")
    assert f"`pie finetune data --pairs {pairs} --sampling --out" in refused(*run, "objective=grpo")


def test_a_limit_reaches_the_line_and_only_the_first_rows_are_checked(
    recipe: Path, tmp_path: Path
) -> None:
    run = ("run", "--config", recipe, "--limit", 1)
    assert invoke(*run, "--dry-run").stdout.strip().endswith("--set limit=1")
    assert "names limit twice" in refused(*run, "--set", "limit=2")
    (tmp_path / "rows.jsonl").write_text(json.dumps(ROW) + '\n{"prompt": "p"}\n')
    assert "cannot be made" in refused(*run, "--output", tmp_path / "rows.jsonl/run")


def test_an_unknown_key_of_a_recipe(recipe: Path) -> None:
    recipe.write_text("lerning_rate: 1\n")
    assert "lerning_rate; did you mean learning_rate?" in refused("run", "-c", recipe)


def test_a_base_model_that_is_not_there(recipe: Path, tmp_path: Path) -> None:
    said = refused("run", "-c", recipe, "--model", tmp_path / "gone")
    assert "the base model" in said
    assert "does not exist" in said


def test_a_row_without_a_completion(recipe: Path, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text(json.dumps(ROW) + '\n{"prompt": "p"}\n')
    assert "rows.jsonl:2 has no completion" in refused("run", "-c", recipe)


def test_rows_that_are_not_there(recipe: Path, tmp_path: Path) -> None:
    assert "pie finetune data" in refused("run", "-c", recipe, "--train", tmp_path / "gone")


def test_a_recipe_without_rows_or_output(recipe: Path) -> None:
    recipe.write_text("model: m\n")
    assert "names no train" in refused("run", "-c", recipe)
    assert "names no output" in refused("run", "-c", recipe, "--train", "x")


def test_an_output_that_cannot_be_made(recipe: Path, tmp_path: Path) -> None:
    said = refused("run", "-c", recipe, "--output", tmp_path / "rows.jsonl/run")
    assert "cannot be made" in said


@pytest.mark.parametrize("tags", ["11", "0", "ten"])
def test_a_tag_outside_1_to_10(tmp_path: Path, tags: str) -> None:
    arguments = ("--pairs", "p", "--out", tmp_path / "o.jsonl", "-f", "perf-conditioned")
    assert "not one of 1 to 10" in refused("data", *arguments, "--tags", tags)


def test_tags_alone_ask_in_the_format_that_shows_them(tmp_path: Path) -> None:
    row = {"problem_id": "p", "src_code": "slow", "tgt_code": "fast", "tests": [0]}
    pairs, out = tmp_path / "pairs.jsonl", tmp_path / "o.jsonl"
    pairs.write_text(json.dumps(row) + "\n")
    arguments = ("data", "--pairs", pairs, "--out", out, "--sampling", "--tags", "10,9")
    assert invoke(*arguments).exit_code == 0
    written = [json.loads(line) for line in out.read_text().splitlines()]
    assert {one["format"] for one in written} == {"perf-conditioned"}
    assert len(written) == 2
    assert "shows no tag" in refused(*arguments, "--format", "plain")


def test_a_run_to_merge_that_is_none(tmp_path: Path) -> None:
    assert "neither a run's folder" in refused("merge", tmp_path, "-o", tmp_path / "out")
    assert "dtype 'int4'" in refused("merge", tmp_path, "-o", tmp_path / "out", "--dtype", "int4")


def test_hosted_rows_that_would_be_refused_cost_nothing(tmp_path: Path) -> None:
    rows = tmp_path / "chat.jsonl"
    rows.write_text(json.dumps(ROW) + "\n")
    said = refused("submit", rows, "--model", "m", "--base-url", "http://127.0.0.1:9/v1")
    assert "chat.jsonl:1: it has no list of messages" in said


def test_a_hosted_job_needs_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    assert "OPENAI_API_KEY is not set" in refused("submit", tmp_path, "--model", "m")
    assert "is no address" in refused("submit", tmp_path, "--model", "m", "--base-url", "x")


def test_data_tells_what_was_left_out(tmp_path: Path) -> None:
    row = {"problem_id": "p", "src_code": "slow", "tgt_code": "fast", "tests": [0]}
    pairs = tmp_path / "pairs.jsonl"
    pairs.write_text(json.dumps(row) + "\n" + json.dumps({**row, "tgt_code": "f" * 999}) + "\n")
    out = tmp_path / "o.jsonl"
    result = invoke("data", "--pairs", pairs, "--out", out, "--max-tokens", 200)
    assert result.exit_code == 0
    assert "1 too_long" in result.stdout
    assert "--- in the loss:\nfast\n" in result.stderr
    counts = json.loads(
        invoke("data", "--pairs", pairs, "--out", out, "--max-tokens", 200, "--json").stdout
    )["counts"]
    assert counts[0]["left_out"] == {"too_long": 1}
