"""The commands of README.md and docs/*.md, taken from the text and run on small generated data.

What is changed: model names, file names, and `--limit`. What is not run has its reason here.
"""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

pytest.importorskip("pyarrow")
pytest.importorskip("tree_sitter_cpp")

from tests.e2e.fork_server import ForkServer
from tests.e2e.pages import PAGES, REPOSITORY, Command, commands
from tests.hub_server import HubServer
from tests.model_server import ModelServer
from tests.unit.flows.dataset.codenet import Sent, looping, rows_of, write_codenet

LEFT_OUT = {
    "pie simulate --pairs test.jsonl --machine judge0 --judge0-runs 3":
        "a server elsewhere; tests/unit/sim/machines/test_judge0.py has a stand-in",
    "pie measure slow.py fast.py -i input.txt --machine judge0 --judge0 http://my-server:2358":
        "the same",
    "export PIE_JUDGE0=http://my-server:2358 PIE_JUDGE0_TOKEN=...": "a shell's own",
    "pip install 'pie-perf-toolkit[serve]'": "installs",
    "pie serve --tests test_cases --workers 8": "serves until stopped; tests/e2e/test_serve.py",
    "python -m verl.trainer.main_ppo custom_reward_function.path=.../pie/service/trainers.py "
    "custom_reward_function.name=compute_score ...": "another project's",
    "python -m openrlhf.cli.train_ppo_ray --remote_rm_url "
    "http://measuring:8000/reward/openrlhf ...": "another project's",
    "make simulate": "installs; CI begins with it",
    "make test": "is what runs this",
    "make loop": "ten minutes; tests/e2e/test_loop.py runs its program at toy size",
    ". .venv/bin/activate": "a shell's own",
    "pie calibrate --pairs test.jsonl --reference gem5": "needs gem5; tests/e2e/test_calibrate.py",
    "pie doctor": "tests/e2e/test_host.py",
    "pie compare runs/before runs/after": "tests/unit/cli/test_compare.py",
    'pie measure "solutions/*.cpp" --tests samples': "tests/e2e/test_measure.py",
    "pie finetune submit hq.chat.jsonl --model gpt-3.5-turbo": "a paid service",
    "export PIE_TESTCASES=/path/to/merged_test_cases": "tests/e2e/test_compat.py",
    "export PYTHONPATH=$(python -c 'import pie.compat.drop_in as place; print(*place.__path__)')":
        "tests/e2e/test_compat.py",
    "python their_script.py": "tests/e2e/test_compat.py",
    "pie selfplay --seeds train.jsonl --known val.jsonl --known test.jsonl --model openai:gpt-4o "
    "--optimiser hf:my-finetuned-model --out selfplay":
        "asks for 10,000 programs; tests/e2e/test_selfplay.py asks for fewer",
    "pie selfplay --seeds train.jsonl --known val.jsonl --known test.jsonl --testcases test_cases "
    "--model openai:gpt-3.5-turbo --optimiser vllm:models/cond/model --out selfplay":
        "asks for 10,000 programs; tests/e2e/test_selfplay.py asks for fewer",
}  # fmt: skip
"""Commands that are not run, each with the reason or the test that runs its like."""
RECIPES_FOLDER = REPOSITORY / "finetune" / "recipes"
RECIPES = ("pie-full", "pie-hq", "pie-lora", "dpo-lora", "grpo-lora")
WORDS = {
    "vllm:codellama/CodeLlama-7b-hf": "replay:recorded.jsonl",
    "codellama/CodeLlama-7b-hf": "base",
    "gpt2": "leaves",
    "codebert-cpp": "encoder",
    **{name: f"{name}.yaml" for name in RECIPES},
}
"""Names of models and recipes, and what stands for them here."""
PREPARED = {
    "pie finetune preferences runs/sampled --out preferences.jsonl": (
        "simulate --pairs sampled.jsonl --testcases test_cases --out runs/sampled"
    ),
    "pie report runs/mine --upper-bound mine/measured.parquet": (
        "simulate --pairs answered.jsonl --testcases mine/test_cases --out runs/mine"
    ),
}
"""What a page takes for granted."""
PROBLEMS = {
    f"p0000{n}": [
        Sent(f"s{n}1", "u1", 10, looping(4000 + n)),
        Sent(f"s{n}2", "u1", 20, looping(40 + n)),
        Sent(f"s{n}3", "u2", 30, looping(4 + n)),
    ]
    for n in range(1, 8)
}
INDEXING = "pie index build --pairs train.jsonl --out train.index"
ROUTES_PAGE = "reproduce-training.md"
REPRODUCED = ("reproduce.md", ROUTES_PAGE)
ALL = [one for page in PAGES for one in commands(page)]
SHORT = {
    "README.md": ("pie measure", "pie dataset check", "pie simulate", "pie report", "pie index"),
    "sampling.md": ("pie generate", "pie simulate", "pie report"),
}
"""What `make test` runs besides the routes to PIE's tables; `make prove` runs all pages."""


class Workspace:
    """A folder with all files that the pages name."""

    def __init__(self, folder: Path, environment: dict[str, str], server: ForkServer) -> None:
        self.folder, self._environment, self._server = folder, environment, server
        write_codenet(folder / "Project_CodeNet", PROBLEMS)
        contest = {"name": "p00001 Add", "public_tests": {"input": ["7\n"], "output": ["8\n"]}}
        (folder / "code_contests.jsonl").write_text(json.dumps(contest) + "\n")
        shutil.copytree(REPOSITORY / "examples", folder / "examples")
        (folder / "slow.cpp").write_text(looping(4000))
        (folder / "fast.cpp").write_text(looping(4))
        (folder / "input.txt").write_text("4\n")
        (folder / "expected.txt").write_text("5\n")
        self.run("dataset", "build", "Project_CodeNet", "--out", "mine")
        self._write_rows(rows_of(folder / "mine" / "pairs.jsonl"))
        shutil.copytree(folder / "mine" / "test_cases", folder / "test_cases")
        for problem in PROBLEMS:  # a refinement shows one test and judges by the other
            for kind, number in (("input", 8), ("output", 9)):
                (folder / "test_cases" / problem / f"{kind}.1.txt").write_text(f"{number}\n")
        for name in ("measured.parquet", "measured.parquet.manifest.json"):
            shutil.copy(folder / "mine" / name, folder / name)

    def _write_rows(self, rows: list[dict[str, Any]]) -> None:
        def write(name: str, wanted: tuple[str, ...], times: int = 1, **more: Any) -> None:
            chosen = [{**one, **more} for one in rows if one["problem_id"] in wanted] * times
            assert chosen
            path = self.folder / name
            path.write_text("".join(json.dumps(one) + "\n" for one in chosen))

        problems = tuple(PROBLEMS)
        write("train.jsonl", problems[:4])
        # Hosted fine-tuning wants ten rows or more.
        write("train_hq_only.jsonl", problems[:4], times=3)
        write("train_hq_and_synthetic.jsonl", problems[:4])
        write("val.jsonl", problems[4:5])
        write("test.jsonl", problems[5:], fastest_code=looping(3), tests=[0, 1])
        write("recorded.jsonl", problems[5:], generated_answers=[looping(5 + k) for k in range(8)])
        answers = [looping(2), looping(4000)]
        asked = {"strategy": "finetuned", "form": "plain"}
        write("sampled.jsonl", problems[:2], generated_answers=answers, sampling=asked)
        write("answered.jsonl", problems, generated_answers=[looping(2)])
        (self.folder / "selfplay").mkdir()
        write("selfplay/synthetic.jsonl", problems[:1], problem_id="synthetic")

    def run(self, *words: str) -> str:
        """Run `pie` and return what it printed."""
        done = self._server.run(list(words), self.folder, self._environment, 900)
        assert done.returncode == 0, f"pie {' '.join(words)}\n{done.stderr[-3000:]}"
        return done.stdout

    def run_from_page(self, command: Command) -> str:
        """Run a page's command with the names that are here."""
        if command.text in PREPARED:
            self.run(*PREPARED[command.text].split())
        program, *words = [WORDS.get(one, one) for one in command.words]
        assert program == "pie", command
        words = [one.replace("vllm:models/", "hf:models/") for one in words]
        if "runs/test-skylake-1a2b3c4d" in words:
            (made,) = self.folder.glob("runs/test-*")
            words[words.index("runs/test-skylake-1a2b3c4d")] = str(made)
        if words[0] == "generate" and any(one.startswith("hf:") for one in words):
            words += ["--limit", "3" if "tags.rows.jsonl" in words else "1"]
        return self.run(*words)


@pytest.fixture
def workspace(
    tmp_path: Path, environment: dict[str, str], fork_server: ForkServer
) -> Iterator[Workspace]:
    with ModelServer() as server, HubServer() as hub:
        names = {
            **hub.environment,
            "OPENAI_BASE_URL": server.url,
            "OPENAI_API_KEY": "none",
            "OMP_NUM_THREADS": "1",
        }
        # Only what a page names is on the path of `pie`.
        kept = {name: value for name, value in os.environ.items() if name != "PIE_GEM5"}
        yield Workspace(tmp_path, {**kept, **environment, **names}, fork_server)


def add_models(folder: Path) -> None:
    """Write a tiny model, a tiny encoder, and the recipes with what a CPU needs."""
    from tests.unit.finetune.conftest import make_model
    from tests.unit.retrieval.conftest import _save_model

    make_model(folder / "base", positions=2048)
    (folder / "encoder").mkdir()
    _save_model(folder / "encoder", 3, 0)
    for name in RECIPES:
        recipe = yaml.safe_load((RECIPES_FOLDER / f"{name}.yaml").read_text())
        recipe |= {"model": "base", "precision": "fp32", "batch": 2, "micro_batch": 1, "epochs": 1}
        recipe |= {"warmup_steps": 0, "max_steps": 2, "launch": {"device": "cpu"}}
        if name == "grpo-lora":
            recipe |= {"answers": 2, "micro_batch": 2, "max_new_tokens": 8}
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(recipe))


def test_every_command_is_run_or_has_a_reason_that_is_still_needed() -> None:
    texts = {one.text for one in ALL}
    assert set(LEFT_OUT) <= texts, "reasons for commands that no page has"
    assert set(PREPARED) <= texts
    assert all(one.text.startswith("pie ") for one in ALL if one.text not in LEFT_OUT)


@pytest.mark.slow
def test_what_a_reader_tries_first_works_as_it_stands(workspace: Workspace) -> None:
    for command in ALL:
        wanted = SHORT.get(command.page, ())
        if command.text.startswith(wanted or "-") and command.text not in LEFT_OUT:
            printed = workspace.run_from_page(command)
            if command.text.startswith("pie generate"):
                # The last line is the next command, and works as it is printed.
                hint = printed.strip().splitlines()[-1]
                assert hint.startswith("Measure them with: pie simulate")
                program, *words = Command("", hint.partition(": ")[2]).words
                assert program == "pie"
                workspace.run(*words, "--out", "runs/hinted")


@pytest.mark.slow
def test_table_4s_route_from_data_to_report_by_the_pages_commands(workspace: Workspace) -> None:
    """All pairs with their score tag; the other rows' routes differ in names only."""
    pytest.importorskip("torch")
    add_models(workspace.folder)
    route = [one for one in ALL if one.page == ROUTES_PAGE and "cond" in one.text][:6]
    assert [one.words[1:3] for one in route] == [
        ["finetune", "data"], ["finetune", "data"], ["finetune", "run"],
        ["generate", "--pairs"], ["simulate", "--pairs"], ["report", "runs/cond"],
    ]  # fmt: skip
    *_before, printed = [workspace.run_from_page(one) for one in route]
    # At Best@8: a tiny model writes nothing right, but every answer was measured.
    assert "best@8" in printed
    answers = rows_of(workspace.folder / "runs" / "cond" / "pairs.jsonl")
    assert [len(one["generations"]) for one in answers] == [8]


@pytest.mark.slow
@pytest.mark.parametrize(
    "page",
    [
        # The routes to PIE's tables are tried by every `make test`.
        pytest.param(page.name, marks=() if page.name in REPRODUCED else pytest.mark.prove)
        for page in PAGES
        if commands(page)
    ],
)
def test_every_command_of_a_page_works(workspace: Workspace, page: str) -> None:
    pytest.importorskip("torch")
    add_models(workspace.folder)
    mine = [one for one in ALL if one.page == page]
    if not any(one.text.startswith(INDEXING) for one in mine):  # another page has made the index
        mine = [next(one for one in ALL if one.text.startswith(INDEXING)), *mine]
    for command in mine:
        if command.text not in LEFT_OUT:
            printed = workspace.run_from_page(command)
            if command.text.endswith("--by-tag"):
                assert all(f"{tag}/10" in printed for tag in (10, 9, 8))
