"""`pie generate` without a model, and what it says to options that do not fit together."""

import json
import sys
import types
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pie.cli.app import app

SLOW = '#include <cstdio>\nint main() { puts("{{ 7 * 7 }}"); }\n'


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    rows = [
        {
            "src_id": f"s{number}",
            "tgt_id": f"t{number}",
            "problem_id": f"p{number}",
            "src_code": f"{SLOW}// {number}\n",
            "tgt_code": f"fast {number}\n",
            "tests": [0],
        }
        for number in range(4)
    ]
    path = tmp_path / "test.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def run(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["generate", *map(str, arguments)])


def test_a_dry_run_prints_the_prompt_alone_and_tells_about_it_on_standard_error(
    pairs: Path,
) -> None:
    result = run("--pairs", pairs, "--dry-run", "--row", 2)
    assert result.exit_code == 0
    assert result.stdout == (
        "Given the program below, improve its performance:\n\n### Program:\n"
        f"{SLOW}// 1\n\n\n### Optimized Version:\n"
    )
    assert "row 2, plain form" in result.stderr
    assert "estimated" in result.stderr
    assert list(pairs.parent.iterdir()) == [pairs], "nothing is written"


def test_a_dry_run_as_json_holds_the_messages(pairs: Path) -> None:
    result = run("--pairs", pairs, "--dry-run", "--form", "chat", "--json")
    document = json.loads(result.stdout)
    assert [one["role"] for one in document["prompt"]] == ["system", "user"]
    assert document["fits"] is True
    assert document["tokens"] > 0


def test_few_shot_draws_from_the_examples_and_drops_what_does_not_fit(pairs: Path) -> None:
    command = ("--pairs", pairs, "--dry-run", "--strategy", "few-shot", "--examples", pairs)
    full = json.loads(run(*command, "--json").stdout)
    assert len(full["examples"]) == 2
    assert "s0->t0" not in full["examples"], "never the row's own problem"
    room = full["tokens"] - 1
    less = run(*command, "--json", "--context", room + 10, "--max-new-tokens", 10)
    document = json.loads(less.stdout)
    assert document["examples"] == full["examples"][1:]
    assert document["examples_dropped"] == 1
    assert "TOO LONG" in run(*command, "--context", 20, "--max-new-tokens", 10).stderr


@dataclass(frozen=True)
class Pair:
    src_id: str
    tgt_id: str
    problem_id: str
    src_code: str
    tgt_code: str
    language: str = "cpp"


@dataclass(frozen=True)
class Hit:
    example: Pair


def test_retrieval_shows_the_nearest_pair_last(
    pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Opened:
        fingerprint = "f"

        def nearest(self, code: str, k: int, problem_id: str) -> list[Hit]:
            assert "// 0" in code
            assert problem_id == "p0"
            names = ["near", "far", "farther", "farthest"][:k]
            return [Hit(Pair(name, "t", "other", f"slow {name}", "fast")) for name in names]

    module = types.ModuleType("pie.flows.examples")
    module.open_examples = lambda _path: Opened()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pie.flows.examples", module)
    command = ("--pairs", pairs, "--dry-run", "--strategy", "retrieval", "--index", tmp_path)
    text = run(*command, "--k", 2).stdout
    assert text.index("slow far") < text.index("slow near") < text.index("// 0")
    assert "farther" not in text


def test_rows_without_an_allowed_neighbour_are_counted_and_told_once(
    pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.model_server import ModelServer

    class Opened:
        fingerprint = "f"

        def nearest(self, code: str, k: int, problem_id: str) -> list[Any]:
            return []

    module = types.ModuleType("pie.flows.examples")
    module.open_examples = lambda _path: Opened()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pie.flows.examples", module)
    rows = len(pairs.read_text().splitlines())
    out = tmp_path / "out"
    command = ("--pairs", pairs, "--strategy", "retrieval", "--index", tmp_path, "--out", out)
    with ModelServer() as server:
        told = run(*command, "--model", "openai:m", "--base-url", server.url).stderr
    assert told.count("no example of another problem") == 1
    assert f"{rows} rows with no example" in told
    assert json.loads((out / "summary.json").read_text())["examples_missing"] == rows


def test_rows_with_fewer_examples_than_asked_for_are_counted_and_told(
    pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.model_server import ModelServer

    class Opened:
        fingerprint = "f"

        def nearest(self, code: str, k: int, problem_id: str) -> list[Any]:
            pair = Pair("near", "t", "other", "slow near", "fast")
            return [Hit(pair)] * (1 if problem_id == "p0" else k)

    module = types.ModuleType("pie.flows.examples")
    module.open_examples = lambda _path: Opened()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pie.flows.examples", module)
    rows = len(pairs.read_text().splitlines())
    out = tmp_path / "out"
    command = ("--pairs", pairs, "--strategy", "retrieval", "--index", tmp_path, "--k", 2)
    assert "1 example of the 2 asked for" in run(*command, "--dry-run").stderr
    with ModelServer() as server:
        model = ("--model", "openai:m", "--base-url", server.url, "--out", out)
        told = run(*command, *model).stderr
    assert f"1 of {rows} rows with fewer than 2 examples of other problems to show" in told
    summary = json.loads((out / "summary.json").read_text())
    assert (summary["examples_missing"], summary["examples_short"]) == (0, 1)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--model", "gpt-4"], "not of the form backend:name"),
        ([], "no model is named"),
        (["--model", "replay:x", "--strategy", "magic"], "unknown strategy 'magic'"),
        (["--model", "replay:x", "--form", "poem"], "unknown form 'poem'"),
        (["--model", "replay:x", "--strategy", "few-shot"], "needs --examples"),
        (["--model", "replay:x", "--strategy", "retrieval"], "needs --index"),
        (["--model", "replay:x", "--index", "i"], "--index is for --strategy retrieval"),
        (["--model", "replay:x", "--score", "3"], "--score is for --strategy perf-conditioned"),
        (["--model", "replay:x", "--body", "{"], "--body is not JSON"),
        (["--model", "replay:x", "--body", "[]"], "--body is not a JSON object"),
        (["--model", "replay:x", "--context", "100"], "no room for an answer"),
        (["--model", "replay:nowhere.jsonl"], "nowhere.jsonl does not exist"),
        (["--model", "openai:x", "--base-url", "nowhere"], "no address of a server"),
        (["--model", "hf:/nowhere/at/all"], "cannot be loaded"),
        (["--model", "openai:x", "--tokenizer", "/nowhere/at/all", "--context", "4000"], "loaded"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_does_not_fit_is_one_sentence(
    pairs: Path, options: list[str], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(pairs.parent)
    monkeypatch.setenv("OPENAI_API_KEY", "x")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    result = run("--pairs", pairs, *options)
    assert result.exit_code == 1, result.output
    last = result.stderr.strip().splitlines()[-1]
    assert last.startswith("pie: ")
    assert told in last
    assert "Traceback" not in result.output


def test_rows_that_cannot_be_used_are_told_and_strict_stops(pairs: Path) -> None:
    recorded = pairs.with_name("recorded.jsonl")
    rows = [json.loads(line) for line in pairs.read_text().splitlines()]
    recorded.write_text(
        "".join(json.dumps({**row, "generated_answers": ["int main() {}"]}) + "\n" for row in rows)
    )
    pairs.write_text(pairs.read_text() + '{"src_code": "x"}\nnonsense\n')
    command = ("--pairs", pairs, "--model", f"replay:{recorded}", "--samples", 1)
    result = run(*command, "--out", pairs.parent / "run")
    assert result.exit_code == 0, result.output
    assert ":5: left out: the field problem_id is missing" in result.stderr
    assert ":6: left out: the line is not JSON" in result.stderr
    strict = run(*command, "--out", pairs.parent / "strict", "--strict")
    assert strict.exit_code == 1
    assert "2 rows cannot be used" in strict.stderr


def test_the_cost_is_of_all_tokens_at_the_given_prices(pairs: Path) -> None:
    from tests.model_server import ModelServer

    with ModelServer() as server:
        result = run(
            *("--pairs", pairs, "--model", "openai:m", "--base-url", server.url, "--samples", 5),
            *("--price-in", 3, "--price-out", 15, "--out", pairs.parent / "run", "--json"),
        )
    assert result.exit_code == 0, result.output
    summary = json.loads(result.stdout)
    assert (summary["tokens_in"], summary["tokens_out"]) == (2000, 400)
    assert summary["cost"] == pytest.approx((2000 * 3 + 400 * 15) / 1e6)


def test_a_report_on_answers_says_what_comes_first(pairs: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "manifest.json").write_text('{"kind": "generations"}')
    result = CliRunner().invoke(app, ["report", str(tmp_path / "run")])
    assert result.exit_code == 1
    assert "pie simulate --pairs" in result.stderr
    errors = CliRunner().invoke(app, ["report", str(tmp_path / "run"), "--errors"])
    assert errors.exit_code == 1
    assert "pie simulate" in errors.stderr


@pytest.mark.parametrize("package", ["tree_sitter", "httpx"])
def test_a_missing_package_is_told_with_what_installs_it(
    pairs: Path, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setenv("OPENAI_API_KEY", "x")
    result = run("--pairs", pairs, "--model", "openai:m", "--out", pairs.parent / "run")
    assert result.exit_code == 1
    assert f"{package} is not installed; pip install" in result.stderr


@pytest.mark.parametrize("strategy", ["instruction", "few-shot"])
def test_half_a_character_in_a_row_or_an_example_is_no_bug_of_ours(
    pairs: Path, tmp_path: Path, strategy: str
) -> None:
    from tests.model_server import ModelServer

    pairs.write_text(pairs.read_text().replace("// ", "// \\ud800"))
    options = ("--examples", pairs) if strategy == "few-shot" else ()
    command = ("--pairs", pairs, "--strategy", strategy, *options)
    shown = run(*command, "--dry-run")
    assert (shown.exit_code, "\ufffd" in shown.stdout) == (0, True)
    with ModelServer() as server:
        model = ("--model", "openai:m", "--base-url", server.url, "--out", tmp_path / "out")
        assert run(*command, *model).exit_code == 0


def test_the_number_of_answers_is_the_sum_of_how_their_programs_were_found(
    pairs: Path, tmp_path: Path
) -> None:
    from tests.model_server import ModelServer

    command = ("--pairs", pairs, "--model", "openai:m", "--samples", 3)
    twin = {**json.loads(pairs.read_text().splitlines()[0]), "src_id": "twin"}
    with ModelServer() as server:
        alone = run(*command, "--base-url", server.url, "--out", tmp_path / "alone").stdout
        pairs.write_text(pairs.read_text() + json.dumps(twin) + "\n")
        shared = run(*command, "--base-url", server.url, "--out", tmp_path / "shared").stdout
    assert alone.splitlines()[0] == "12 answers of rows, by how a program was found:"
    told = "15 answers of rows (12 asked for: rows with equal prompts share theirs)"
    assert shared.splitlines()[0] == f"{told}, by how a program was found:"
    assert "      15 fenced" in shared
