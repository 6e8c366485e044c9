"""Advice that works where it is given: a hint that fails is worse than none."""

import os
import re
from pathlib import Path

import pytest

from sim import remedies, sandbox
from sim.remedies import allowing_namespaces, installing


@pytest.mark.parametrize("user", [0, 1000])
@pytest.mark.parametrize("lists", [True, False])
def test_the_line_that_installs_needs_nothing_that_is_not_there(
    user: int, lists: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setattr(remedies, "_LISTS", tmp_path)
    if lists:
        (tmp_path / "mirror.example_debian_dists_bookworm_main_Packages").touch()
    line = installing("g++").removeprefix("install it with: ")
    assert line.endswith("apt-get install g++")
    assert ("sudo" in line) == (user != 0)
    assert ("apt-get update &&" in line) == (not lists)


@pytest.mark.parametrize("root", [True, False])
@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (
            {"kernel/apparmor_restrict_unprivileged_userns": "1"},
            "sysctl kernel.apparmor_restrict_unprivileged_userns=0",
        ),
        ({"kernel/unprivileged_userns_clone": "0"}, "sysctl kernel.unprivileged_userns_clone=1"),
        ({"user/max_user_namespaces": "0"}, "sysctl user.max_user_namespaces=15000"),
    ],
)
def test_a_setting_is_named_where_it_is_the_cause(
    root: bool, settings: dict[str, str], line: str
) -> None:
    advice = allowing_namespaces(root=root, container=False, settings=settings)
    assert line in advice
    assert ("sudo" in advice) == (not root)
    assert "run as root" not in advice


def test_a_setting_that_allows_them_is_not_to_blame() -> None:
    settings = {
        "kernel/apparmor_restrict_unprivileged_userns": "0",
        "kernel/unprivileged_userns_clone": "1",
        "user/max_user_namespaces": "63000",
    }
    advice = allowing_namespaces(root=False, container=False, settings=settings)
    assert "sysctl" not in advice
    assert advice.startswith("run as root")


def test_root_is_not_told_to_become_root_and_a_container_how_to_be_started() -> None:
    assert "run as root" not in allowing_namespaces(root=True, container=False, settings={})
    assert "--privileged" in allowing_namespaces(root=True, container=True, settings={})


def test_who_has_bubblewrap_is_not_told_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIE_SANDBOX", raising=False)
    monkeypatch.setattr(sandbox, "level", lambda: "partial")
    monkeypatch.setattr(sandbox.shutil, "which", lambda _name: "/usr/bin/bwrap")
    assert "install" not in sandbox.remedy_for_partial()
    assert sandbox.remedy_for_partial() in sandbox.why_partial()
    monkeypatch.setattr(sandbox.shutil, "which", lambda _name: None)
    assert re.search(r"apt-get install bubblewrap$", sandbox.remedy_for_partial())
    monkeypatch.setenv("PIE_SANDBOX", "partial")
    assert sandbox.remedy_for_partial() == "unset PIE_SANDBOX"
