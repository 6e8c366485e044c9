"""Every form of instruction that g++ can emit is executed once: the model knows all of them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from sim.limits import Limits
from sim.machines.skylake import Skylake
from sim.toolchain import Toolchain
from sim.verdict import Verdict
from tests.unit.sim.machines.conftest import kept
from tests.unit.sim.skylake import executed
from tests.unit.sim.skylake.encoding_space import Form, disassembler, forms

FEW = ("c5fc584610", "c5fc294610", "c4e26192040e", "0f38f04610", "660ff7c2", "0fa3c2", "480fc74e10")


def unknown_after(machine: Skylake, folder: Path, tried: list[Form]) -> tuple[int, int]:
    """Return how many instructions were unknown, and how many the translator refused."""
    source, made, stdin = folder / "main.cpp", folder / "main", folder / "input"
    source.write_text(executed.program(tried))
    stdin.write_text("")
    compiler = shutil.which("g++")
    assert compiler is not None
    subprocess.run([compiler, "-O1", "-w", "-static", "-o", made, source], check=True)
    run = machine.measure(kept(made), stdin, Limits(), Toolchain())
    assert run.verdict is Verdict.ACCEPTED, run.detail
    assert run.stdout is not None
    return run.counters["unknown"], int(run.stdout)


def test_an_access_without_an_operation_would_be_seen(machine: Skylake, tmp_path: Path) -> None:
    reads = disassembler()
    tried = [Form(code, next(reads.disasm(code, 0x400000))) for code in map(bytes.fromhex, FEW)]
    assert unknown_after(machine, tmp_path, tried) == (0, 0)


@pytest.mark.prove
def test_every_form_is_known(
    machine: Skylake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program steps over what Valgrind's translator lacks (refused by name elsewhere)."""
    monkeypatch.setattr("sim.machines.instruction_sets.unhandled", lambda _log: None)
    tried = executed.executable([*forms()])
    assert len(tried) > 2800
    unknown, refused = unknown_after(machine, tmp_path, tried)
    assert unknown == 0
    assert refused < 0.04 * len(tried)
