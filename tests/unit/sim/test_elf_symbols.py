"""Symbols of ELF files: those of a linked program, and nothing of what is none."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from sim.elf_symbols import is_placed, symbols


@pytest.fixture
def linked(tmp_path: Path) -> bytes:
    if shutil.which("gcc") is None:
        pytest.skip("needs gcc")
    source = tmp_path / "a.c"
    source.write_text("int twice(int n) { return 2 * n; }\nint main() { return twice(0); }\n")
    program = tmp_path / "a"
    subprocess.run(["gcc", "-no-pie", "-o", str(program), str(source)], check=True)
    return program.read_bytes()


def test_a_function_has_its_address_and_size(linked: bytes) -> None:
    found = symbols(linked, ["twice", "main", "missing"])
    assert set(found) == {"twice", "main"}
    (address, size), (behind, _size) = found["twice"], found["main"]
    assert 0x400000 < address < address + size <= behind
    assert is_placed(linked)


def test_what_a_file_only_asks_for_has_no_address(linked: bytes) -> None:
    assert symbols(linked, ["__libc_start_main"]) == {}


@pytest.mark.parametrize("cut", [0, 10, 63, 200, -100])
def test_a_file_that_is_cut_or_none_has_no_symbols(linked: bytes, cut: int) -> None:
    assert symbols(linked[:cut], ["twice"]) == {}
    assert symbols(b"#!/bin/sh\n" + linked[:cut], ["twice"]) == {}
