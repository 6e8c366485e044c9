"""The interpreter is a setting, with the packages that are installed for it."""

from __future__ import annotations

import sys
import tempfile
import venv
from pathlib import Path

import pytest

from sim import compiler, judge
from sim.comparison import SameOutput
from sim.errors import MissingTool
from sim.limits import CompileLimits, Limits
from sim.machines.counts import Counts
from sim.program import Language, Program, TestCase
from sim.toolchain import Toolchain
from sim.verdict import Verdict

PROGRAM = "import numpy as np\nprint(int(np.arange(int(input())).sum()))\n"
HERE = Toolchain(interpreter=sys.executable)


def judged(source: str, toolchain: Toolchain, folder: Path) -> judge.Judgement:
    given, wanted = folder / "input", folder / "output"
    given.write_text("10\n")
    wanted.write_text("45\n")
    build = compiler.build(Program(Language.PYTHON, source), toolchain, CompileLimits())
    test = TestCase("0", given, wanted, "a", "b")
    (result,) = judge.judge(build, [test], SameOutput(), Limits(), toolchain)
    return result


def test_a_package_of_a_virtual_environment_works_there(tmp_path: Path) -> None:
    pytest.importorskip("numpy", reason="numpy is not installed for this interpreter")
    result = judged(PROGRAM, HERE, tmp_path)
    assert result.verdict is Verdict.ACCEPTED, result.detail
    if not Counts().check().ok:
        pytest.skip("needs valgrind and gcc to be measured")
    build = compiler.build(Program(Language.PYTHON, PROGRAM), HERE, CompileLimits())
    run = Counts().measure(build, tmp_path / "input", Limits(), HERE)
    assert run.stdout == b"45\n"
    assert (run.instructions or 0) > 1_000_000  # the import is the program's own


def test_an_environment_in_tmp_is_seen_there(tmp_path: Path) -> None:
    """The guest has a /tmp of its own, which would hide it."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        venv.create(folder, symlinks=True)
        (packages,) = Path(folder, "lib").glob("python3*/site-packages")
        (packages / "forty_five.py").write_text("VALUE = 45\n")
        toolchain = Toolchain(interpreter=f"{folder}/bin/python")
        program = "import os, forty_five\nprint(forty_five.VALUE, end='')\n"
        result = judged(program, toolchain, tmp_path)
    assert result.verdict is Verdict.ACCEPTED, result.detail


def test_a_missing_module_is_named(tmp_path: Path) -> None:
    result = judged("import no_such_module\n", Toolchain(), tmp_path)
    assert result.verdict is Verdict.RUNTIME_ERROR
    assert "No module named 'no_such_module'" in result.detail


def test_another_interpreter_is_another_fingerprint() -> None:
    if Toolchain().interpreter_path() == HERE.interpreter_path():
        pytest.skip("there is one interpreter only")
    system, here = (one.fingerprint(Language.PYTHON) for one in (Toolchain(), HERE))
    assert system != here


@pytest.mark.parametrize("path", ["/no/such/python", "/bin/true"])
def test_what_is_no_interpreter_is_said_in_one_sentence(path: str) -> None:
    with pytest.raises(MissingTool, match="no Python"):
        Toolchain(interpreter=path).fingerprint(Language.PYTHON)
