"""Every command on every page names a command and options that there are."""

import shlex
from typing import Any

import pytest
import typer.main

from pie.cli.app import app
from tests.e2e.pages import PAGES, Command, commands, mentioned

NAMED = [one for page in PAGES for one in (*commands(page), *mentioned(page))]
OURS = sorted({one.text for one in NAMED if one.text.startswith("pie ")})


@pytest.mark.parametrize("text", OURS)
def test_the_command_and_its_options_are_there(text: str) -> None:
    words = shlex.split(text.replace("|", " "))[1:]
    command: Any = typer.main.get_command(app)
    while words and words[0] in getattr(command, "commands", ()):
        command = command.commands[words.pop(0)]
    known = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
    known |= {"--help"}
    if hasattr(command, "commands"):
        assert not words or words[0] in ("...", "--help", "--version"), f"no command {words[0]}"
        return
    asked = [word.partition("=")[0] for word in words if word.startswith("-") and word != "-"]
    assert set(asked) <= known, f"unknown options {sorted(set(asked) - known)}"


def test_the_pages_have_commands() -> None:
    assert len(OURS) > 60
    assert {one.page for one in NAMED} >= {"README.md", "reproduce.md", "training.md"}
    assert Command("calibration.md", "pie calibrate --pairs test.jsonl --reference gem5") in NAMED
