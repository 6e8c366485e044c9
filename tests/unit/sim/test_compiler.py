"""The same source gives the same bytes anywhere; what does not compile is a verdict."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sim import compiler
from sim.errors import InputError, MachineFailure, MissingTool
from sim.jobs import ensure_kept
from sim.limits import CompileLimits
from sim.machines.native import Native
from sim.program import Language, Program
from sim.setting import Setting
from sim.toolchain import Toolchain, parse_flags
from sim.verdict import Verdict

LIMITS = CompileLimits()
SOURCE = """#include <cassert>
#include <cstdio>
#include <vector>
static int hidden() { static int calls; return calls++; }
namespace { struct Local { int x = hidden(); } local; }
int main(int argc, char **) {
    assert(argc < 5);
    std::vector<int> v(argc);
    std::printf("%s %s %s %s %d\\n", __FILE__, __DATE__, __TIME__, __TIMESTAMP__, local.x);
}
"""


def cpp(source: str) -> Program:
    return Program(Language.CPP, source)


def test_the_bytes_are_the_same_in_another_cache_folder_environment_and_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digests = set()
    old = os.umask(0o022)
    try:
        for index, mask in enumerate((0o022, 0o077)):
            os.umask(mask)
            folder = tmp_path / ("x" * (1 + 40 * index))
            folder.mkdir()
            monkeypatch.setenv("PIE_CACHE", str(folder / "cache"))
            monkeypatch.setenv("TMPDIR", str(folder))
            monkeypatch.setattr("tempfile.tempdir", None)
            monkeypatch.setenv("LANG", ("C", "de_DE.UTF-8")[index])
            monkeypatch.setenv("CPATH", str(folder))
            monkeypatch.setenv("GCC_COLORS", "error=01;31")
            monkeypatch.chdir(folder)
            made = compiler.build(cpp(SOURCE), Toolchain(), LIMITS)
            assert made.verdict is None, made.detail
            assert made.path.is_relative_to(folder)
            digests.add(made.digest)
            time.sleep(1.1)
    finally:
        os.umask(old)
    assert len(digests) == 1


def test_after_the_cache_was_wiped_the_same_executable_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIE_CACHE", str(tmp_path / "cache"))
    made = compiler.build(cpp(SOURCE), Toolchain(), LIMITS)
    assert made.kept
    shutil.rmtree(tmp_path / "cache")
    assert not made.kept
    ensure_kept(cpp(SOURCE), made, Setting(Native()))
    assert made.kept


def test_an_executable_cut_short_is_not_taken_for_kept(
    tmp_path: Path, fresh_cache: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIE_CACHE", str(fresh_cache(tmp_path / "cache")))
    made = compiler.build(cpp(SOURCE), Toolchain(), LIMITS)
    os.truncate(made.path, 1000)
    assert not made.kept
    ensure_kept(cpp(SOURCE), made, Setting(Native()))
    assert made.path.stat().st_size == made.size


def test_other_bytes_on_building_again_are_our_failure(cache: Path) -> None:
    made = compiler.build(cpp(SOURCE), Toolchain(), LIMITS)
    changed = replace(made, digest="0" * 64)
    with pytest.raises(MachineFailure, match="other bytes"):
        ensure_kept(cpp(SOURCE), changed, Setting(Native()))


@pytest.mark.parametrize(
    ("source", "detail"),
    [
        ("int main() {\n    int x = ;\n}\n", "main.cpp:2:13: error"),
        ("#include <nothing.h>\nint main() {}\n", "main.cpp:1:10: fatal error"),
        ("int f();\nint main() { return f(); }\n", "undefined reference"),
        ("int main() { return 0", "error"),
        ("int main() { #error \x00 }", "error"),
        ("#error the user's own words\n", "the user's own words"),
        ("static_assert(sizeof(int) == 3);\nint main() {}\n", "static assertion failed"),
    ],
)
def test_what_does_not_compile_says_where(cache: Path, source: str, detail: str) -> None:
    made = compiler.build(cpp(source), Toolchain(), LIMITS)
    assert made.verdict is Verdict.COMPILE_ERROR
    assert detail in made.detail
    assert "/tmp" not in made.detail
    assert len(made.detail) <= 300


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("source", ["", " \n\t\n"])
def test_an_empty_program_is_no_code(language: Language, source: str) -> None:
    made = compiler.build(Program(language, source), Toolchain(), LIMITS)
    assert (made.verdict, made.digest) == (Verdict.NO_CODE, "")


@pytest.mark.parametrize("language", Language)
def test_a_source_that_cannot_be_written_as_utf_8_does_not_compile(language: Language) -> None:
    made = compiler.build(Program(language, "int main() {} // \ud800"), Toolchain(), LIMITS)
    assert made.verdict is Verdict.COMPILE_ERROR
    assert "Unicode" in made.detail


def test_a_compiler_out_of_time_is_a_verdict_of_the_program(cache: Path) -> None:
    source = (
        "constexpr long run() { long s = 0; for (long i = 0; i < 1L << 40; i++) s += i;\n"
        "return s; }\n"
        "static_assert(run() > 0);\nint main() {}\n"
    )
    endless = ("-fconstexpr-ops-limit=99999999999", "-fconstexpr-loop-limit=2147483647")
    flags = ("-O3", "-std=c++17", *endless)
    made = compiler.build(cpp(source), Toolchain(flags=flags), CompileLimits(cpu_seconds=1))
    assert made.verdict is Verdict.COMPILE_ERROR
    assert "1 s of CPU time" in made.detail


def test_a_missing_compiler_says_how_to_install_one() -> None:
    with pytest.raises(MissingTool, match=r"g\+\+-99.*apt-get install g\+\+"):
        compiler.build(cpp(SOURCE), Toolchain(compiler="g++-99"), LIMITS)


@pytest.mark.parametrize(
    "change",
    [
        {"flags": ("-O2", "-std=c++17")},
        {"flags": ("-O3", "-std=c++20")},
        {"link": "dynamic"},
    ],
)
def test_every_field_of_the_toolchain_is_a_part_of_the_key(change: dict[str, object]) -> None:
    usual, other = Toolchain(), replace(Toolchain(), **change)  # type: ignore[arg-type]
    assert usual.fingerprint(Language.CPP) != other.fingerprint(Language.CPP)
    keys = {compiler.build_key(cpp(SOURCE), one, LIMITS) for one in (usual, other)}
    assert len(keys) == 2
    contexts = {
        Setting(Native(), toolchain=one).build_context(Language.CPP) for one in (usual, other)
    }
    assert len(contexts) == 2


def test_a_dynamically_linked_program_is_another_executable_and_runs(cache: Path) -> None:
    static = compiler.build(cpp(SOURCE), Toolchain(), LIMITS)
    dynamic = compiler.build(cpp(SOURCE), Toolchain(link="dynamic"), LIMITS)
    assert dynamic.verdict is None
    assert dynamic.size < static.size / 10


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("import time\nprint(1)", True),
        ("from random import choice\n", True),
        ("import os, threading\n", True),
        ("import sys\nprint(sys.argv)\n", False),
        ("timer = 5\nprint(timer)\n", False),
    ],
)
def test_python_that_asks_for_time_or_randomness_is_seen(
    cache: Path, text: str, asks: bool
) -> None:
    made = compiler.build(Program(Language.PYTHON, text), Toolchain(), LIMITS)
    assert made.verdict is None
    assert made.clock_dependent is asks


def test_a_python_script_that_does_not_compile_says_why(cache: Path) -> None:
    made = compiler.build(Program(Language.PYTHON, "def f(:\n"), Toolchain(), LIMITS)
    assert made.verdict is Verdict.COMPILE_ERROR
    assert made.detail == "main.py:1: SyntaxError: invalid syntax"


def test_a_long_integer_in_a_python_script_is_no_error_of_syntax(cache: Path) -> None:
    script = f"x = {'7' * 6000}\nprint(x % 10)\n"
    assert compiler.build(Program(Language.PYTHON, script), Toolchain(), LIMITS).verdict is None


@pytest.mark.parametrize("text", ["-o elsewhere", "@file", "-fplugin=x.so", "-B/tmp", "-wrapper x"])
def test_flags_that_reach_outside_the_build_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="not allowed"):
        parse_flags(text)
