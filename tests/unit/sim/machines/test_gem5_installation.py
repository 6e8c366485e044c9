"""Which gem5 is taken, where it is looked for, and what is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim import machines
from sim.errors import InputError, MissingTool
from sim.machines import gem5_installation
from sim.machines.gem5 import Gem5


@pytest.mark.parametrize(
    ("version", "isas", "words"),
    [
        ("22.1.0.0", ["X86"], "gem5 22.1.0.0"),
        ("99.0", ["X86"], "gem5 99.0"),
        ("24.0.0.1", ["ARM"], "built without x86 (it has ARM)"),
        ("24.0.0.1", [], "no instruction set"),
    ],
)
def test_another_version_or_instruction_set_is_refused_in_one_sentence(
    version: str, isas: list[str], words: str
) -> None:
    with pytest.raises(MissingTool) as refused:
        gem5_installation.accepted("/some/gem5", version, isas)
    assert words in refused.value.what
    assert "Dockerfile.gem5" in refused.value.remedy


def test_versions_23_and_24_with_x86_are_taken() -> None:
    for version in ("23.0.1.0", "24.0.0.1", "24.1.0.0"):
        assert gem5_installation.accepted("gem5", version, ["ARM", "X86"]) == version


def test_what_is_no_gem5_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "gem5"
    other.write_text("#!/bin/sh\necho hello\n")
    other.chmod(0o755)
    found = Gem5(str(other)).check()
    assert not found.ok
    assert "is not a gem5 that runs here" in found.problem


@pytest.mark.parametrize(
    "line",
    [
        '{"version": 24, "isas": ["X86"], "prefix": "/usr"}',
        '{"version": "24.0", "isas": "X86", "prefix": "/usr"}',
        '{"version": "24.0", "isas": [1], "prefix": "/usr"}',
        '{"version": "24.0", "prefix": "/usr"}',
        '{"version": "24.0", "isas": ["X86"]}',
        '{"version": broken}',
        '{"version": ' + "[" * 99999 + "}",
        '["version"]',
        "",
    ],
)
def test_an_odd_word_of_what_is_no_gem5_is_refused_in_one_sentence(line: str) -> None:
    with pytest.raises(MissingTool, match="does not say what it is"):
        gem5_installation.told("gem5", f"gem5 Simulator System\n{line}\n".encode())


def test_a_gem5_that_does_not_answer_is_refused_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gem5_installation, "PROBE_SECONDS", 1.0)
    silent = tmp_path / "gem5"
    silent.write_text("#!/bin/sh\nexec sleep 600\n")
    silent.chmod(0o755)
    assert "did not say what it is in 1 s" in Gem5(str(silent)).check().problem


@pytest.fixture
def nothing_configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("PIE_GEM5", raising=False)
    monkeypatch.delenv("PIE_CONFIG", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()
    return tmp_path


def executable(path: Path) -> str:
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


def test_gem5_is_found_by_option_variable_configuration_file_and_path_in_this_order(
    nothing_configured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = nothing_configured
    with pytest.raises(MissingTool, match=r"Dockerfile\.gem5"):
        gem5_installation.find()
    on_path = executable(folder / "bin" / "gem5")
    assert gem5_installation.find() == on_path
    (folder / "config" / "pie").mkdir(parents=True)
    by_file = executable(folder / "by_file")
    (folder / "config" / "pie" / "config.toml").write_text(f'gem5 = "{by_file}"\n')
    assert gem5_installation.find() == by_file
    by_variable = executable(folder / "by_variable")
    monkeypatch.setenv("PIE_GEM5", by_variable)
    assert gem5_installation.find() == by_variable
    by_option = executable(folder / "by_option")
    assert gem5_installation.find(by_option) == by_option
    with pytest.raises(MissingTool, match="no gem5 that can be run"):
        gem5_installation.find(str(folder / "nowhere"))


def test_auto_takes_gem5_only_where_the_user_configured_one(
    nothing_configured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    executable(nothing_configured / "bin" / "gem5")
    assert machines.machine("auto").name == machines.DEFAULT
    monkeypatch.setenv("PIE_GEM5", "gem5")
    assert machines.machine("auto").name == "gem5"
    monkeypatch.delenv("PIE_GEM5")
    assert machines.machine("auto", gem5="gem5", gem5_configuration="Tuned") == Gem5(
        "gem5", "Tuned"
    )


@pytest.mark.parametrize("text", ["gem5 = 3\n", "gem5 = \n"])
def test_a_configuration_file_that_cannot_be_used_is_named(
    nothing_configured: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    file = nothing_configured / "mine.toml"
    file.write_text(text)
    monkeypatch.setenv("PIE_CONFIG", str(file))
    with pytest.raises(InputError, match="configuration file"):
        machines.machine("auto")


def test_an_unknown_configuration_of_gem5_is_refused() -> None:
    with pytest.raises(InputError, match="Verbatim, Tuned, Unconstrained"):
        machines.machine("gem5", gem5_configuration="Faster")
