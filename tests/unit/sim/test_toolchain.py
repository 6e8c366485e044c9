"""Where compilers are: looked for once, and again where they have gone."""

import os

import pytest

from sim.errors import MissingTool
from sim.machines.counts import Counts
from sim.program import Language
from sim.setting import Setting
from sim.toolchain import Toolchain


def script(path):
    path.parent.mkdir(exist_ok=True)
    path.write_text("#!/bin/sh\necho one\n")
    path.chmod(0o755)
    return path


def test_a_compiler_that_has_gone_is_missed_and_one_that_came_is_found(tmp_path, monkeypatch):
    first, second = tmp_path / "a/some-compiler", tmp_path / "b/some-compiler"
    monkeypatch.setenv("PATH", f"{first.parent}{os.pathsep}{second.parent}")
    toolchain = Toolchain(compiler="some-compiler")
    with pytest.raises(MissingTool):
        toolchain.compiler_path()
    script(second)
    assert toolchain.compiler_path() == str(second)
    second.unlink()
    with pytest.raises(MissingTool):
        toolchain.compiler_path()
    script(first)
    assert toolchain.compiler_path() == str(first)
    monkeypatch.setenv("PATH", str(second.parent))
    with pytest.raises(MissingTool):
        toolchain.compiler_path()


def test_equal_settings_have_equal_contexts_and_others_have_not(cache):
    one, same = Setting(Counts()), Setting(Counts())
    other = one.bounded(1_000)
    assert one.build_context(Language.PYTHON) == same.build_context(Language.PYTHON)
    assert one.judge_context() == same.judge_context() != other.judge_context()
    assert one.run_context() == other.run_context()
