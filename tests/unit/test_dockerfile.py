"""`Dockerfile.gem5`, read line by line: there is no Docker engine to build it with."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
TEXT = (REPOSITORY / "Dockerfile.gem5").read_text("utf-8")
KNOWN = {"FROM", "RUN", "COPY", "ENV", "USER", "WORKDIR", "CMD"}


def instructions() -> list[tuple[str, str]]:
    joined = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", TEXT, flags=re.MULTILINE))
    lines = [line.strip() for line in joined.splitlines() if line.strip()]
    return [(word, " ".join(rest.split())) for word, _, rest in (s.partition(" ") for s in lines)]


def of(kind: str) -> list[str]:
    return [rest for word, rest in instructions() if word == kind]


def test_every_instruction_is_a_known_one_and_the_image_is_pinned_by_tag() -> None:
    assert {word for word, _ in instructions()} <= KNOWN
    assert instructions()[0][0] == "FROM"
    assert of("FROM") == ["ghcr.io/gem5/devcontainer:v24-0"]


@pytest.mark.parametrize("command", of("RUN"))
def test_the_shell_parts_are_shell(command: str) -> None:
    done = subprocess.run(["sh", "-n", "-c", command], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_nothing_is_compiled_from_source() -> None:
    assert not re.search(r"\b(scons|cmake|make|git|curl|wget)\b", " ".join(of("RUN")))


def test_what_measuring_needs_is_installed_without_leftovers() -> None:
    install = next(one for one in of("RUN") if "apt-get install" in one)
    assert install.startswith("apt-get update &&")
    assert "--no-install-recommends" in install
    assert install.endswith("rm -rf /var/lib/apt/lists/*")
    assert {"g++", "valgrind", "bubblewrap", "binutils"} <= set(install.split())


def test_everything_that_is_copied_exists_and_everything_that_is_shipped_is_copied() -> None:
    copied = [source for one in of("COPY") for source in one.split()[:-1]]
    assert all((REPOSITORY / source).exists() for source in copied)
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))
    shipped = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    needed = {*shipped, project["project"]["readme"], *project["project"]["license-files"]}
    assert needed <= set(copied)


def test_it_ends_as_a_user_who_is_not_root_and_examines_itself() -> None:
    assert of("USER") == ["pie"]
    last_run = max(at for at, (word, _) in enumerate(instructions()) if word == "RUN")
    assert [word for word, _ in instructions()].index("USER") > last_run
    assert any(one.startswith("useradd") and " pie " in f"{one} " for one in of("RUN"))
    assert json.loads(of("CMD")[0]) == ["pie", "doctor"]


def test_the_toolkit_finds_the_gem5_of_the_image() -> None:
    environment = dict(part.split("=", 1) for one in of("ENV") for part in one.split())
    assert environment["PIE_GEM5"] == "/usr/local/bin/gem5"
    assert "/toolkit/.venv/bin" in environment["PATH"].split(":")
    assert of("WORKDIR") == ["/toolkit", "/data"]
