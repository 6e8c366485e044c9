"""The command line before any work: help, usage errors, and what it costs to ask."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pie import __version__
from pie.cli.app import app

COMMANDS = [
    ["simulate"],
    ["generate"],
    ["refine"],
    ["selfplay"],
    ["measure"],
    ["equal"],
    ["report"],
    ["compare"],
    ["history"],
    ["plot"],
    ["view"],
    ["serve"],
    ["calibrate"],
    ["doctor"],
    ["index"],
    ["index", "build"],
    ["index", "search"],
    ["index", "stats"],
    ["cache"],
    ["cache", "info"],
    ["cache", "prune"],
    ["dataset"],
    ["dataset", "check"],
    ["dataset", "import"],
    ["dataset", "tests"],
    ["dataset", "measure"],
    ["dataset", "build"],
    ["dataset", "pairs"],
    ["dataset", "fastest"],
    ["dataset", "tag"],
    ["dataset", "split"],
    ["dataset", "hq"],
    ["dataset", "card"],
    ["dataset", "tasks"],
    ["dataset", "strengthen"],
    ["dataset", "strength"],
    ["merge"],
    ["finetune"],
    ["finetune", "data"],
    ["finetune", "run"],
    ["finetune", "merge"],
    ["finetune", "submit"],
    ["finetune", "preferences"],
    ["finetune", "push"],
    ["finetune", "pull"],
]
HEAVY = {
    "torch", "transformers", "faiss", "datasets", "trl", "peft", "accelerate", "numpy", "pydantic",
    "matplotlib", "dask", "distributed", "httpx", "sqlite3", "yaml", "jinja2", "pyarrow",
    "tree_sitter", "sim", "pie.core",
}  # fmt: skip
VALUES = {"pie.flows", "pie.flows.generation", "pie.flows.generation.settings"}
"""What of the flows holds an option's type and default, and imports nothing itself."""


@pytest.mark.parametrize("option", ["-h", "--help"])
@pytest.mark.parametrize("command", [[], *COMMANDS], ids=" ".join)
def test_help_is_everywhere_and_begins_with_an_example(command: list[str], option: str) -> None:
    result = CliRunner().invoke(app, [*command, option])
    assert result.exit_code == 0
    assert f"Example: pie {' '.join(command)}".rstrip() in result.output


def test_every_command_is_in_this_test() -> None:
    names = {one.name for one in app.registered_commands} | {
        one.name for one in app.registered_groups
    }
    assert names == {command[0] for command in COMMANDS}


def test_the_example_in_the_help_of_simulate_is_a_file_of_the_project() -> None:
    repository = Path(__file__).parents[3]
    text = CliRunner().invoke(app, ["simulate", "-h"]).output
    assert "examples/test.jsonl" in text
    assert (repository / "examples/test.jsonl").is_file()


@pytest.mark.parametrize(
    "arguments",
    [
        ["simulat"],
        ["simulate"],
        ["generate", "--model", "replay:x"],
        ["refine", "--strategy", "soap"],
        ["dataset", "check"],
        ["simulate", "--pairs"],
        ["simulate", "--pairs", "x", "--unknown"],
        ["simulate", "--pairs", "x", "-j", "-1"],
        ["simulate", "--pairs", "x", "-j", "many"],
        ["simulate", "--pairs", "x", "--memory-limit", "0"],
        ["measure"],
        ["report"],
        ["report", "x", "--format", "pdf"],
        ["report", "x", "--not-measured-limit", "2"],
        ["cache", "prune", "--results-older-than", "-1"],
        ["dataset", "pairs"],
        ["dataset", "tag", "x"],
        ["dataset", "hq", "x", "--per-problem", "0"],
        ["dataset", "split", "x", "--near-duplicates", "perhaps"],
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_is_two(arguments: list[str]) -> None:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert result.stdout == ""


def test_without_a_command_the_help_is_shown() -> None:
    assert "Commands" in CliRunner().invoke(app, []).output


def test_the_version_is_told() -> None:
    result = CliRunner().invoke(app, ["--version"])
    assert (result.exit_code, result.stdout) == (0, f"pie {__version__}\n")


def cpu_seconds(code: str) -> float:
    """Return the CPU time of one run of Python."""

    def used() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    before = used()
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    return used() - before


def test_help_costs_little_more_than_importing_the_command_line_library() -> None:
    asked = "import sys; sys.argv = ['pie', '--help']; from pie.cli import main; main()"
    # Side by side, and the least of five ratios: a neighbour on the core slows down either.
    assert min(cpu_seconds(asked) / cpu_seconds("import typer") for _ in range(5)) < 2.5


@pytest.mark.parametrize("command", [[], *COMMANDS], ids=" ".join)
def test_help_imports_nothing_heavy(command: list[str]) -> None:
    program = (
        "import json, sys\n"
        f"sys.argv = {['pie', *command, '--help']!r}\n"
        "from pie.cli import main\n"
        "try:\n"
        "    main()\n"
        "finally:\n"
        "    print(json.dumps(sorted(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    # Typer itself takes pydantic to convert a command's parameters.
    allowed = {"pydantic"} if command else set()
    loaded = set(json.loads(done.stderr))
    assert HEAVY & loaded <= allowed, "see the imports of pie/cli"
    assert {one for one in loaded if one.startswith("pie.flows")} <= VALUES


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_commands_and_options(shell: str) -> None:
    words = {"_TYPER_COMPLETE_ARGS": "pie mea", "COMP_WORDS": "pie mea", "COMP_CWORD": "1"}
    words |= {"_PIE_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    program = "import sys; sys.argv = ['pie']; from pie.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, **words}, capture_output=True, text=True
    )
    assert "measure" in done.stdout
    assert "simulate" not in done.stdout
